"""Questions to the lead: about an item or the guidelines. Answers are for everybody."""

import msgspec

from etude.errors import ConfigError
from etude.web.database import Transaction, new_id
from etude.web.people import audit

MAX_TEXT = 5000
_PER_DAY = 50


class Asked(msgspec.Struct, frozen=True, kw_only=True):
    """One question, and the answer if there is one."""

    id: str
    item_id: str | None
    account_id: str
    name: str
    """Of whoever asked; shown to leads and themselves."""
    text: str
    answer: str
    answerer: str
    created_at: float
    answered_at: float | None


def of_project(
    tx: Transaction,
    project_id: str,
    account_id: str,
    *,
    everything: bool,
    limit: int = 100,
    offset: int = 0,
) -> list[Asked]:
    """Return questions: those without an answer first, then the latest.

    Args:
        tx: A transaction.
        project_id: The project.
        account_id: Who looks.
        everything: Whether others' open questions are shown too.
        limit: How many at most.
        offset: How many are left out at the beginning.
    """
    return tx.all(
        Asked,
        "SELECT questions.id, questions.item_id, questions.account_id, accounts.name,"
        " questions.text, questions.answer, COALESCE(leads.name, '') AS answerer,"
        " questions.created_at, questions.answered_at FROM questions"
        " JOIN accounts ON accounts.id = questions.account_id"
        " LEFT JOIN accounts AS leads ON leads.id = questions.answered_by"
        " WHERE questions.project_id = :project AND (:everything = 1"
        " OR questions.answered_at IS NOT NULL OR questions.account_id = :account)"
        " ORDER BY CASE WHEN questions.answered_at IS NULL THEN 0 ELSE 1 END,"
        " questions.created_at DESC, questions.id LIMIT :limit OFFSET :offset",
        project=project_id,
        account=account_id,
        everything=int(everything),
        limit=limit,
        offset=offset,
    )


def ask(
    tx: Transaction, project_id: str, account_id: str, text: str, *, item_id: str, now: float
) -> str:
    """Keep a question; return its id. With an item it is about that, else the guidelines.

    Raises:
        ConfigError: It asks nothing, the item is of another project, or there are very many.
    """
    text = text.strip()
    if not text:
        raise ConfigError("write what you want to know")
    if len(text) > MAX_TEXT:
        raise ConfigError(f"a question has at most {MAX_TEXT:,} characters")
    if item_id and not tx.number(
        "SELECT COUNT(*) FROM items WHERE id = :item AND project_id = :project",
        item=item_id,
        project=project_id,
    ):
        raise ConfigError("there is no such item in this project")
    n_today = tx.number(
        "SELECT COUNT(*) FROM questions WHERE project_id = :project AND account_id = :account"
        " AND created_at > :since",
        project=project_id,
        account=account_id,
        since=now - 24 * 3600,
    )
    if n_today >= _PER_DAY:
        raise ConfigError(f"you asked {_PER_DAY} questions today; talk to the lead")
    question_id = new_id()
    tx.run(
        "INSERT INTO questions (id, project_id, item_id, account_id, text, created_at)"
        " VALUES (:id, :project, :item, :account, :text, :now)",
        id=question_id,
        project=project_id,
        item=item_id or None,
        account=account_id,
        text=text,
        now=now,
    )
    audit.note(
        tx,
        "question.ask",
        now=now,
        account_id=account_id,
        project_id=project_id,
        subject=item_id,
        detail=text[:200],
    )
    return question_id


def answer(
    tx: Transaction, project_id: str, question_id: str, text: str, *, by: str, now: float
) -> bool:
    """Answer a question, or change the answer; `False` where the project has no such question.

    Raises:
        ConfigError: The answer is empty or too long.
    """
    text = text.strip()
    if not text or len(text) > MAX_TEXT:
        raise ConfigError(f"an answer has 1 to {MAX_TEXT:,} characters")
    done = tx.run(
        "UPDATE questions SET answer = :answer, answered_by = :by, answered_at = :now"
        " WHERE id = :id AND project_id = :project",
        answer=text,
        by=by,
        now=now,
        id=question_id,
        project=project_id,
    )
    if done:
        audit.note(
            tx,
            "question.answer",
            now=now,
            account_id=by,
            project_id=project_id,
            subject=question_id,
            detail=text[:200],
        )
    return bool(done)
