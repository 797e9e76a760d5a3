"""How people did in the quiz, and which questions they miss."""

from collections import Counter

import msgspec

from etude.web.database import Transaction
from etude.web.people import audit
from etude.web.projects.project import Project
from etude.web.projects.quiz import Answered, may_work


class Result(msgspec.Struct, frozen=True, kw_only=True):
    """One person's tries."""

    account_id: str
    name: str
    n_tries: int
    best: float
    """Share of right answers in the best try."""
    last_at: float
    may_work: bool = False


class Missed(msgspec.Struct, frozen=True, kw_only=True):
    """A question, and how often it was answered wrongly."""

    question: str
    n_wrong: int
    n_asked: int


def of_project(tx: Transaction, project: Project) -> list[Result]:
    """Return the results of members who tried, the latest first."""
    found = tx.all(
        Result,
        "SELECT accounts.id AS account_id, accounts.name, COUNT(*) AS n_tries,"
        " MAX(1.0 * n_right / n_asked) AS best, MAX(at) AS last_at"
        " FROM quiz_attempts JOIN accounts ON accounts.id = quiz_attempts.account_id"
        " WHERE quiz_attempts.project_id = :project GROUP BY accounts.id, accounts.name"
        " ORDER BY last_at DESC",
        project=project.id,
    )
    return [
        msgspec.structs.replace(each, may_work=may_work(tx, project, each.account_id))
        for each in found
    ]


def hardest(tx: Transaction, project_id: str, limit: int = 5) -> list[Missed]:
    """Return the questions that are missed most often, over all tries."""
    asked: Counter[str] = Counter()
    wrong: Counter[str] = Counter()
    for answers in tx.texts(
        "SELECT answers FROM quiz_attempts WHERE project_id = :project ORDER BY at DESC LIMIT 2000",
        project=project_id,
    ):
        for one in msgspec.json.decode(answers, type=list[Answered]):
            asked[one.question] += 1
            wrong[one.question] += not one.good
    ranked = sorted(wrong, key=lambda question: (-wrong[question] / asked[question], question))
    return [
        Missed(question=question, n_wrong=wrong[question], n_asked=asked[question])
        for question in ranked[:limit]
        if wrong[question]
    ]


def forget_failures(
    tx: Transaction, project_id: str, account_id: str, *, by: str, now: float
) -> bool:
    """Give someone all tries again: those that failed count under no version any more."""
    done = tx.run(
        "UPDATE quiz_attempts SET guidelines = -1 WHERE project_id = :project"
        " AND account_id = :account AND passed = 0 AND guidelines >= 0",
        project=project_id,
        account=account_id,
    )
    if done:
        audit.note(
            tx,
            "quiz.tries-again",
            now=now,
            account_id=by,
            project_id=project_id,
            subject=account_id,
        )
    return bool(done)
