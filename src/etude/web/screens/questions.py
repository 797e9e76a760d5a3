"""Questions: what people ask the lead, and the answers, which everybody may read."""

import msgspec
from starlette.responses import Response

from etude.errors import ConfigError
from etude.web.asking import Ask, Screen
from etude.web.markdown import markdown
from etude.web.projects import questions

_PATH = "/projects/{project}/questions"
_PER_PAGE = 50


class _Sent(msgspec.Struct):
    text: str
    item: str = ""


def _show(ask: Ask) -> Response:
    return _page(ask)


def _page(ask: Ask, wrong: str = "", about: str = "") -> Response:
    start = ask.form.whole("start")
    with ask.db.read() as tx:
        found = questions.of_project(
            tx,
            ask.project.id,
            ask.account.id,
            everything=ask.may("lead"),
            limit=_PER_PAGE + 1,
            offset=start,
        )
    return ask.page(
        "questions.html",
        status=422 if wrong else 200,
        wrong=wrong,
        about=about,
        asked=found[:_PER_PAGE],
        start=start,
        more=start + _PER_PAGE if len(found) > _PER_PAGE else 0,
        typed=ask.form.text("text") if wrong else "",
        item=ask.form.text("item"),
        markdown=markdown,
    )


def _sent(ask: Ask) -> _Sent:
    if not ask.body:
        return _Sent(text=ask.form.text("text"), item=ask.form.text("item"))
    try:
        return msgspec.json.decode(ask.body, type=_Sent)
    except (msgspec.DecodeError, UnicodeError) as error:
        raise ConfigError('send {"text": …, "item": …}') from error


def _ask(ask: Ask) -> Response:
    sent = _sent(ask)
    try:
        with ask.db.write() as tx:
            made = questions.ask(
                tx,
                ask.project.id,
                ask.account.id,
                sent.text.replace("\0", ""),
                item_id=sent.item.replace("\0", ""),
                now=ask.now,
            )
    except ConfigError as error:
        if ask.wants_json():
            return ask.refuse(422, str(error))
        return _page(ask, str(error), about="new")
    if ask.wants_json():
        return ask.json({"id": made})
    return ask.go(f"/projects/{ask.project.id}/questions", "The lead sees your question now.")


def _answer(ask: Ask) -> Response:
    question = ask.part("question")
    try:
        with ask.db.write() as tx:
            done = questions.answer(
                tx,
                ask.project.id,
                question,
                ask.form.text("text"),
                by=ask.account.id,
                now=ask.now,
            )
    except ConfigError as error:
        return _page(ask, str(error), about=question)
    if not done:
        return ask.refuse(404, "there is no such question")
    return ask.go(f"/projects/{ask.project.id}/questions", "Everybody can read the answer now.")


SCREENS = (
    Screen(path=_PATH, answer=_show, needs="member"),
    Screen(path=_PATH, answer=_ask, needs="member", method="POST"),
    Screen(path=f"{_PATH}/{{question}}/answer", answer=_answer, needs=("lead",), method="POST"),
)
