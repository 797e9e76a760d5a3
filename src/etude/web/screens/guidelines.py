"""The guidelines: the newest version, older ones, what changed, and the panel of other pages."""

from starlette.responses import HTMLResponse, Response

from etude.web.asking import Ask, Screen
from etude.web.markdown import markdown
from etude.web.projects import examples, guidelines
from etude.web.projects.changes import changes
from etude.web.templates import render

_MISSING = "there is no such version of the guidelines"


def _show(ask: Ask) -> Response:
    wanted = ask.form.whole("version")
    with ask.db.read() as tx:
        newest = guidelines.newest(tx, ask.project.id)
        shown = guidelines.at_version(tx, ask.project.id, wanted) if wanted else newest
        versions = guidelines.versions(tx, ask.project.id)
        its_examples = examples.of_project(tx, ask.project.id)
    if wanted and shown is None:
        return ask.refuse(404, _MISSING)
    return ask.page(
        "guidelines.html",
        shown=shown,
        newest=newest,
        versions=versions,
        examples=its_examples,
        markdown=markdown,
    )


def _changes(ask: Ask) -> Response:
    new, old = ask.form.whole("to"), ask.form.whole("from")
    with ask.db.read() as tx:
        after = guidelines.at_version(tx, ask.project.id, new)
        before = guidelines.at_version(tx, ask.project.id, old or new - 1)
        versions = guidelines.versions(tx, ask.project.id)
    if after is None or before is None:
        return ask.refuse(404, _MISSING)
    return ask.page(
        "guidelines_changes.html",
        before=before,
        after=after,
        versions=versions,
        places=changes(before.text, after.text),
    )


def _panel(ask: Ask) -> Response:
    """Answer with what the panel on other pages shows: no page, only its inside."""
    with ask.db.read() as tx:
        newest = guidelines.newest(tx, ask.project.id)
        its_examples = examples.of_project(tx, ask.project.id)
    inside = render(
        "guidelines_panel.html",
        project=ask.project,
        newest=newest,
        examples=its_examples,
        markdown=markdown,
    )
    return HTMLResponse(inside)


SCREENS = (
    Screen(path="/projects/{project}/guidelines", answer=_show, needs="member"),
    Screen(path="/projects/{project}/guidelines/changes", answer=_changes, needs="member"),
    Screen(path="/projects/{project}/guidelines/panel", answer=_panel, needs="member"),
)
