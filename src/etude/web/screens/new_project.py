"""A new project: its name, and a ready way to begin with. Whoever makes it leads it."""

from starlette.responses import Response

from etude.errors import ConfigError
from etude.web.asking import Ask, Screen
from etude.web.people import audit
from etude.web.people.roles import add_roles
from etude.web.projects import project as projects
from etude.web.projects.presets import PRESETS, preset


def _show(ask: Ask) -> Response:
    return _page(ask)


def _page(ask: Ask, wrong: str = "") -> Response:
    return ask.page(
        "new_project.html",
        status=422 if wrong else 200,
        wrong=wrong,
        name=ask.form.text("name"),
        chosen=ask.form.text("preset"),
        presets=PRESETS,
    )


def _make(ask: Ask) -> Response:
    try:
        chosen = preset(ask.form.text("preset"))
        with ask.db.write() as tx:
            made = projects.create(
                tx,
                ask.form.text("name"),
                chosen.kind,
                chosen.settings,
                by=ask.account.id,
                now=ask.now,
            )
            add_roles(tx, made.id, ask.account.id, frozenset({"lead"}), ask.now)
            audit.note(
                tx,
                "project.make",
                now=ask.now,
                account_id=ask.account.id,
                project_id=made.id,
                subject=made.name,
                detail=f"{made.kind}, from {chosen.title!r}",
            )
    except ConfigError as error:
        return _page(ask, str(error))
    return ask.go(f"/projects/{made.id}")


SCREENS = (
    Screen(path="/projects/new", answer=_show, needs="admin"),
    Screen(path="/projects/new", answer=_make, needs="admin", method="POST"),
)
