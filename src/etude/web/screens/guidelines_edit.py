"""Writing the guidelines: a new version with a preview, and the examples beside it."""

import msgspec
from starlette.responses import Response

from etude.errors import ConfigError
from etude.web.asking import Ask, Screen
from etude.web.markdown import markdown
from etude.web.projects import examples, guidelines, quiz
from etude.web.projects.examples import NewExample
from etude.web.projects.guidelines import MAX_TEXT, Draft

_PATH = "/projects/{project}/guidelines"
_NO_EXAMPLE = "there is no such example"


class _Text(msgspec.Struct):
    text: str


def _edit(ask: Ask, wrong: str = "") -> Response:
    with ask.db.read() as tx:
        newest = guidelines.newest(tx, ask.project.id)
        has_quiz = bool(quiz.questions(tx, ask.project.id))
    sent = "text" in ask.form.fields
    return ask.page(
        "guidelines_edit.html",
        status=422 if wrong else 200,
        wrong=wrong,
        newest=newest,
        text=ask.form.text("text") if sent else newest.text if newest else "",
        note=ask.form.text("note"),
        requalify=ask.form.flag("requalify"),
        has_quiz=has_quiz,
        markdown=markdown,
    )


def _show_edit(ask: Ask) -> Response:
    return _edit(ask)


def _preview(ask: Ask) -> Response:
    try:
        text = msgspec.json.decode(ask.body, type=_Text).text
    except (msgspec.DecodeError, UnicodeError) as error:
        raise ConfigError('send {"text": …}') from error
    return ask.json({"html": str(markdown(text[:MAX_TEXT]))})


def _publish(ask: Ask) -> Response:
    draft = Draft(
        text=ask.form.text("text"),
        note=ask.form.text("note"),
        requalify=ask.form.flag("requalify"),
        based_on=ask.form.whole("based_on"),
    )
    try:
        with ask.db.write() as tx:
            made = guidelines.publish(tx, ask.project.id, draft, by=ask.account.id, now=ask.now)
    except ConfigError as error:
        return _edit(ask, str(error))
    return ask.go(f"/projects/{ask.project.id}/guidelines", f"Version {made.version} is published.")


def _new(ask: Ask) -> NewExample:
    return NewExample(
        good=ask.form.text("good") == "1",
        title=ask.form.text("title"),
        text=ask.form.text("text"),
        why=ask.form.text("why"),
    )


def _examples(ask: Ask, wrong: str = "") -> Response:
    with ask.db.read() as tx:
        found = examples.of_project(tx, ask.project.id)
    return ask.page(
        "guidelines_examples.html",
        status=422 if wrong else 200,
        wrong=wrong,
        examples=found,
        form=ask.form,
        typed_in=ask.request.path_params.get("example", "new") if wrong else "",
    )


def _show_examples(ask: Ask) -> Response:
    return _examples(ask)


def _add_example(ask: Ask) -> Response:
    try:
        with ask.db.write() as tx:
            examples.add(tx, ask.project.id, _new(ask), by=ask.account.id, now=ask.now)
    except ConfigError as error:
        return _examples(ask, str(error))
    return _back(ask, "The example is there.")


def _change_example(ask: Ask) -> Response:
    example, what = ask.part("example"), ask.form.text("do", "change")
    try:
        with ask.db.write() as tx:
            if what == "remove":
                done = examples.remove(tx, ask.project.id, example, by=ask.account.id, now=ask.now)
            elif what == "up":
                done = examples.move_up(tx, ask.project.id, example)
            else:
                done = examples.change(
                    tx, ask.project.id, example, _new(ask), by=ask.account.id, now=ask.now
                )
    except ConfigError as error:
        return _examples(ask, str(error))
    if not done:
        return ask.refuse(404, _NO_EXAMPLE)
    said = {"remove": "The example is gone.", "up": "The example moved up."}
    return _back(ask, said.get(what, "The example is changed."))


def _back(ask: Ask, said: str) -> Response:
    return ask.go(f"/projects/{ask.project.id}/guidelines/examples", said)


SCREENS = (
    Screen(path=f"{_PATH}/edit", answer=_show_edit, needs=("lead",)),
    Screen(path=f"{_PATH}/edit", answer=_publish, needs=("lead",), method="POST"),
    Screen(path=f"{_PATH}/preview", answer=_preview, needs=("lead",), method="POST"),
    Screen(path=f"{_PATH}/examples", answer=_show_examples, needs=("lead",)),
    Screen(path=f"{_PATH}/examples", answer=_add_example, needs=("lead",), method="POST"),
    Screen(
        path=f"{_PATH}/examples/{{example}}",
        answer=_change_example,
        needs=("lead",),
        method="POST",
    ),
)
