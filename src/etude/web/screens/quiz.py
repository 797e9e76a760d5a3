"""The quiz: taking it, and seeing what was wrong and why."""

import hashlib

import msgspec
from starlette.responses import Response

from etude.errors import ConfigError
from etude.web.asking import Ask, Screen
from etude.web.markdown import markdown
from etude.web.projects import guidelines, quiz
from etude.web.projects.quiz import Question

_PATH = "/projects/{project}/quiz"


def _digest(asked: list[Question]) -> str:
    """Return what tells whether the questions are those that someone answered."""
    return hashlib.sha256(msgspec.json.encode(asked)).hexdigest()[:16]


def _check_same(asked: list[Question], digest: str) -> None:
    if digest != _digest(asked):
        raise ConfigError("the lead changed the quiz meanwhile; answer it once more")


def _show(ask: Ask) -> Response:
    return _page(ask)


def _page(ask: Ask, wrong: str = "") -> Response:
    with ask.db.read() as tx:
        asked = quiz.questions(tx, ask.project.id)
        tries = quiz.attempts(tx, ask.project.id, ask.account.id)
        left = quiz.tries_left(tx, ask.project, ask.account.id)
        may_work = quiz.may_work(tx, ask.project, ask.account.id)
        newest = guidelines.newest(tx, ask.project.id)
    n_needed = -int(-(ask.project.settings.quiz_pass * len(asked) - 1e-9) // 1)
    return ask.page(
        "quiz.html",
        status=422 if wrong else 200,
        wrong=wrong,
        asked=asked,
        digest=_digest(asked),
        chosen=[ask.form.text(f"q{number}") for number in range(len(asked))],
        tries=tries,
        left=left,
        again=ask.form.flag("again"),
        may_work=may_work,
        newest=newest,
        n_needed=n_needed,
        markdown=markdown,
    )


def _take(ask: Ask) -> Response:
    try:
        with ask.db.write() as tx:
            asked = quiz.questions(tx, ask.project.id)
            _check_same(asked, ask.form.text("digest"))
            chosen = [
                ask.form.whole(f"q{number}", default=-1, low=-1) for number in range(len(asked))
            ]
            attempt = quiz.take(tx, ask.project, ask.account.id, chosen, ask.now)
    except ConfigError as error:
        return _page(ask, str(error))
    said = "You passed the quiz." if attempt.passed else ""
    return ask.go(f"/projects/{ask.project.id}/quiz", said)


SCREENS = (
    Screen(path=_PATH, answer=_show, needs="member"),
    Screen(path=_PATH, answer=_take, needs="member", method="POST"),
)
