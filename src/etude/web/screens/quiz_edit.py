"""Writing the quiz, and how people did in it."""

from starlette.responses import Response

from etude.errors import ConfigError
from etude.web.asking import Ask, Form, Screen
from etude.web.projects import quiz, quiz_results
from etude.web.projects.quiz import MAX_CHOICES, MAX_QUESTIONS, Question

_PATH = "/projects/{project}/quiz/edit"
_BLANK = Question(question="", choices=(), answer=-1)


def _show(ask: Ask) -> Response:
    with ask.db.read() as tx:
        asked = quiz.questions(tx, ask.project.id)
    return _page(ask, asked)


def _page(ask: Ask, asked: list[Question], wrong: str = "") -> Response:
    with ask.db.read() as tx:
        people = quiz_results.of_project(tx, ask.project)
        hard = quiz_results.hardest(tx, ask.project.id)
    return ask.page(
        "quiz_edit.html",
        status=422 if wrong else 200,
        wrong=wrong,
        asked=asked,
        blank=_BLANK,
        n_choices=MAX_CHOICES,
        people=people,
        hard=hard,
    )


def _read(form: Form) -> list[Question]:
    """Return the questions of a form; a row without any text is left out."""
    found = []
    for number in range(MAX_QUESTIONS + 1):
        if f"question-{number}" not in form.fields:
            continue
        given = [form.text(f"choice-{number}-{place}").strip() for place in range(MAX_CHOICES)]
        right = form.text(f"right-{number}")
        kept = [place for place, text in enumerate(given) if text]
        question = Question(
            question=form.text(f"question-{number}")[:5000],
            choices=tuple(given[place][:1000] for place in kept),
            answer=kept.index(int(right)) if right in map(str, kept) else -1,
            why=form.text(f"why-{number}")[:5000],
        )
        if question.question.strip() or question.choices or question.why.strip():
            found.append(question)
    return found


def _save(ask: Ask) -> Response:
    asked = _read(ask.form)
    try:
        with ask.db.write() as tx:
            quiz.set_questions(tx, ask.project.id, asked, by=ask.account.id, now=ask.now)
    except ConfigError as error:
        return _page(ask, asked, str(error))
    return ask.go(f"/projects/{ask.project.id}/quiz/edit", "The quiz is saved.")


def _grant(ask: Ask) -> Response:
    with ask.db.write() as tx:
        done = quiz_results.forget_failures(
            tx, ask.project.id, ask.form.text("account"), by=ask.account.id, now=ask.now
        )
    if not done:
        return ask.refuse(404, "there is no such member with tries")
    return ask.go(f"/projects/{ask.project.id}/quiz/edit", "They may try again.")


SCREENS = (
    Screen(path=_PATH, answer=_show, needs=("lead",)),
    Screen(path=_PATH, answer=_save, needs=("lead",), method="POST"),
    Screen(path=f"{_PATH}/grant", answer=_grant, needs=("lead",), method="POST"),
)
