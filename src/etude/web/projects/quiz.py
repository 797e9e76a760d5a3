"""Quiz: questions about the guidelines, to be answered rightly before work begins."""

import msgspec

from etude.errors import ConfigError
from etude.web.database import Transaction, new_id
from etude.web.people import audit
from etude.web.projects.guidelines import newest
from etude.web.projects.project import Project

MIN_CHOICES = 2
MAX_CHOICES = 6
MAX_QUESTIONS = 50


class Question(msgspec.Struct, frozen=True, kw_only=True):
    """One question with one right answer."""

    question: str
    """Markdown."""
    choices: tuple[str, ...]
    answer: int
    """Place of the right choice, from 0."""
    why: str = ""
    """Why it is right; shown after a try."""


class _Row(msgspec.Struct, frozen=True):
    question: str
    choices: str
    answer: int
    why: str


class Answered(msgspec.Struct, frozen=True, kw_only=True):
    """How one question was answered in a try; kept whole, since questions change."""

    question: str
    chosen: str
    right: str
    why: str

    @property
    def good(self) -> bool:
        """Whether it was answered rightly."""
        return self.chosen == self.right


class Attempt(msgspec.Struct, frozen=True, kw_only=True):
    """One try of one person."""

    id: str
    guidelines: int
    """Version that was in force."""
    answers: str
    n_right: int
    n_asked: int
    passed: bool
    at: float

    def answered(self) -> list[Answered]:
        """Return how each question was answered, in order."""
        return msgspec.json.decode(self.answers, type=list[Answered])


def questions(tx: Transaction, project_id: str) -> list[Question]:
    """Return the questions of a project, in order."""
    rows = tx.all(
        _Row,
        "SELECT question, choices, answer, why FROM quiz_questions"
        " WHERE project_id = :project ORDER BY place, id",
        project=project_id,
    )
    return [
        Question(
            question=row.question,
            choices=msgspec.json.decode(row.choices, type=tuple[str, ...]),
            answer=row.answer,
            why=row.why,
        )
        for row in rows
    ]


def may_work(tx: Transaction, project: Project, account_id: str) -> bool:
    """Whether someone knows enough to begin.

    They do when the project has no quiz, when they lead it and so know the answers, and when they
    passed under the last version of the guidelines that asked for the quiz again, or a later one.
    """
    return bool(
        tx.number(
            "SELECT CASE WHEN NOT EXISTS (SELECT 1 FROM quiz_questions WHERE project_id = :project)"
            " OR EXISTS (SELECT 1 FROM memberships WHERE project_id = :project"
            " AND account_id = :account AND role = 'lead')"
            " OR EXISTS (SELECT 1 FROM quiz_attempts WHERE project_id = :project"
            " AND account_id = :account AND passed = 1 AND guidelines >="
            " (SELECT COALESCE(MAX(version), 0) FROM guidelines"
            " WHERE project_id = :project AND requalify = 1)) THEN 1 ELSE 0 END",
            project=project.id,
            account=account_id,
        )
    )


def attempts(tx: Transaction, project_id: str, account_id: str) -> list[Attempt]:
    """Return the tries of a person, the newest first."""
    return tx.all(
        Attempt,
        "SELECT id, guidelines, answers, n_right, n_asked, passed, at FROM quiz_attempts"
        " WHERE project_id = :project AND account_id = :account ORDER BY at DESC, id",
        project=project_id,
        account=account_id,
    )


def tries_left(tx: Transaction, project: Project, account_id: str) -> int:
    """Return how often a person may still try under the newest guidelines."""
    now_valid = newest(tx, project.id)
    used = tx.number(
        "SELECT COUNT(*) FROM quiz_attempts WHERE project_id = :project"
        " AND account_id = :account AND guidelines = :version",
        project=project.id,
        account=account_id,
        version=now_valid.version if now_valid else 0,
    )
    return max(0, project.settings.quiz_tries - int(used))


def take(
    tx: Transaction, project: Project, account_id: str, chosen: list[int], now: float
) -> Attempt:
    """Mark a try and keep it.

    Raises:
        ConfigError: There is no quiz, no try is left, or not every question was answered.
    """
    asked = questions(tx, project.id)
    if not asked:
        raise ConfigError("this project has no quiz")
    # Two tries at once take turns here, so that neither counts the tries before the other's.
    tx.run("UPDATE projects SET state = state WHERE id = :project", project=project.id)
    if not tries_left(tx, project, account_id):
        raise ConfigError("no try is left; ask the lead of the project")
    if len(chosen) != len(asked) or not all(
        0 <= choice < len(one.choices) for choice, one in zip(chosen, asked, strict=False)
    ):
        raise ConfigError("answer every question")
    answered = [
        Answered(
            question=one.question,
            chosen=one.choices[choice],
            right=one.choices[one.answer],
            why=one.why,
        )
        for choice, one in zip(chosen, asked, strict=True)
    ]
    n_right = sum(one.good for one in answered)
    in_force = newest(tx, project.id)
    attempt = Attempt(
        id=new_id(),
        guidelines=in_force.version if in_force else 0,
        answers=msgspec.json.encode(answered).decode(),
        n_right=n_right,
        n_asked=len(asked),
        passed=n_right >= project.settings.quiz_pass * len(asked) - 1e-9,
        at=now,
    )
    tx.run(
        "INSERT INTO quiz_attempts (id, project_id, account_id, guidelines, answers, n_right,"
        " n_asked, passed, at) VALUES (:id, :project, :account, :guidelines, :answers, :n_right,"
        " :n_asked, :passed, :at)",
        id=attempt.id,
        project=project.id,
        account=account_id,
        guidelines=attempt.guidelines,
        answers=attempt.answers,
        n_right=n_right,
        n_asked=attempt.n_asked,
        passed=int(attempt.passed),
        at=now,
    )
    audit.note(
        tx,
        "quiz.pass" if attempt.passed else "quiz.fail",
        now=now,
        account_id=account_id,
        project_id=project.id,
        detail=f"{n_right} of {attempt.n_asked}, guidelines {attempt.guidelines}",
    )
    return attempt


def check(question: Question, number: int) -> None:
    """Refuse a question that cannot be asked.

    Raises:
        ConfigError: It is empty, has too few or equal choices, or no right one.
    """
    where = f"question {number}"
    if not question.question.strip():
        raise ConfigError(f"{where} asks nothing")
    if not MIN_CHOICES <= len(question.choices) <= MAX_CHOICES:
        raise ConfigError(f"{where} needs {MIN_CHOICES} to {MAX_CHOICES} choices")
    if len({choice.strip() for choice in question.choices}) < len(question.choices):
        raise ConfigError(f"{where} has the same choice twice")
    if not 0 <= question.answer < len(question.choices):
        raise ConfigError(f"{where}: say which choice is right")


def set_questions(
    tx: Transaction, project_id: str, asked: list[Question], *, by: str, now: float
) -> None:
    """Replace the questions; who has passed stays qualified.

    Raises:
        ConfigError: A question cannot be asked, or there are too many.
    """
    if len(asked) > MAX_QUESTIONS:
        raise ConfigError(f"a quiz has at most {MAX_QUESTIONS} questions")
    for number, question in enumerate(asked, 1):
        check(question, number)
    tx.run("DELETE FROM quiz_questions WHERE project_id = :project", project=project_id)
    for place, question in enumerate(asked):
        tx.run(
            "INSERT INTO quiz_questions (id, project_id, place, question, choices, answer, why)"
            " VALUES (:id, :project, :place, :question, :choices, :answer, :why)",
            id=new_id(),
            project=project_id,
            place=place,
            question=question.question.strip(),
            choices=msgspec.json.encode(question.choices).decode(),
            answer=question.answer,
            why=question.why.strip(),
        )
    audit.note(
        tx,
        "quiz.change",
        now=now,
        account_id=by,
        project_id=project_id,
        detail=f"{len(asked)} questions",
    )
