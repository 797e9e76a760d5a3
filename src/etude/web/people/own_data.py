"""What the app keeps about someone: to be shown, changed and taken away by themselves."""

from typing import TypeVar

import msgspec

from etude.errors import ConfigError
from etude.web.database import Transaction
from etude.web.people import audit
from etude.web.people.accounts import Account
from etude.web.people.sessions import IDLE_S, LIFE_S, token_hash

_RowT = TypeVar("_RowT")


class Profile(msgspec.Struct, frozen=True, kw_only=True):
    """What someone says of themselves."""

    name: str
    languages: str = ""
    country: str = ""


class Session(msgspec.Struct, frozen=True, kw_only=True):
    """A browser that is signed in."""

    created_at: float
    seen_at: float
    this: bool


class Kept(msgspec.Struct, frozen=True, kw_only=True):
    """How much is kept about someone."""

    n_ratings: int
    n_writings: int
    n_reviews: int
    n_questions: int
    n_tries: int
    n_turns: int
    active_s: float
    n_log: int


class _Line(msgspec.Struct, frozen=True, kw_only=True):
    project: str
    body: str
    created_at: float
    state: str = ""


class _Turn(msgspec.Struct, frozen=True, kw_only=True):
    project: str
    item_id: str
    purpose: str
    state: str
    skip_reason: str
    active_s: float
    created_at: float
    done_at: float | None


class _Membership(msgspec.Struct, frozen=True, kw_only=True):
    project: str
    role: str
    since: float


class _Said(msgspec.Struct, frozen=True, kw_only=True):
    project: str
    text: str
    answer: str
    created_at: float


class _Reviewed(msgspec.Struct, frozen=True, kw_only=True):
    project: str
    verdict: str
    comments: str
    created_at: float


class _Tried(msgspec.Struct, frozen=True, kw_only=True):
    project: str
    guidelines: int
    answers: str
    n_right: int
    n_asked: int
    at: float


class _Logged(msgspec.Struct, frozen=True, kw_only=True):
    at: float
    action: str
    subject: str
    detail: str


class OwnData(msgspec.Struct, frozen=True, kw_only=True):
    """Everything kept about someone; bodies are JSON as they are stored."""

    account: Account
    memberships: list[_Membership]
    turns: list[_Turn]
    ratings: list[_Line]
    writings: list[_Line]
    reviews: list[_Reviewed]
    quiz_tries: list[_Tried]
    questions: list[_Said]
    sessions: list[Session]
    log: list[_Logged]


def set_profile(tx: Transaction, account: Account, profile: Profile, now: float) -> None:
    """Change what someone says of themselves.

    Raises:
        ConfigError: The name is empty.
    """
    name = profile.name.strip()[:100]
    if not name:
        raise ConfigError("say what others may call you")
    tx.run(
        "UPDATE accounts SET name = :name, languages = :languages, country = :country"
        " WHERE id = :id",
        name=name,
        languages=profile.languages.strip()[:100],
        country=profile.country.strip()[:60],
        id=account.id,
    )
    audit.note(tx, "account.profile", now=now, account_id=account.id, subject=account.email)


def sessions_of(tx: Transaction, account_id: str, token: str, now: float) -> list[Session]:
    """Return the sessions of an account that still hold, the last used first."""
    return tx.all(
        Session,
        "SELECT created_at, seen_at, CASE WHEN token_hash = :hash THEN 1 ELSE 0 END AS this"
        " FROM sessions WHERE account_id = :account AND ended_at IS NULL"
        " AND seen_at > :idle AND created_at > :old ORDER BY seen_at DESC, created_at DESC",
        hash=token_hash(token),
        account=account_id,
        idle=now - IDLE_S,
        old=now - LIFE_S,
    )


def kept(tx: Transaction, account_id: str) -> Kept:
    """Return how much is kept about someone."""
    found = tx.one(
        Kept,
        "SELECT (SELECT COUNT(*) FROM ratings WHERE account_id = :a) AS n_ratings,"
        " (SELECT COUNT(*) FROM writings WHERE account_id = :a) AS n_writings,"
        " (SELECT COUNT(*) FROM reviews WHERE account_id = :a) AS n_reviews,"
        " (SELECT COUNT(*) FROM questions WHERE account_id = :a) AS n_questions,"
        " (SELECT COUNT(*) FROM quiz_attempts WHERE account_id = :a) AS n_tries,"
        " (SELECT COUNT(*) FROM assignments WHERE account_id = :a) AS n_turns,"
        " (SELECT COALESCE(SUM(active_s), 0) FROM assignments WHERE account_id = :a) AS active_s,"
        " (SELECT COUNT(*) FROM audit WHERE account_id = :a) AS n_log",
        a=account_id,
    )
    if found is None:
        raise ConfigError("your data cannot be counted")
    return found


def own_data(tx: Transaction, account: Account, token: str, now: float) -> OwnData:
    """Return everything kept about someone, for themselves."""

    def rows(row_type: type[_RowT], table: str, columns: str) -> list[_RowT]:
        return tx.all(
            row_type,
            f"SELECT projects.name AS project, {columns} FROM {table}"  # noqa: S608 - all ours
            f" JOIN projects ON projects.id = {table}.project_id"
            f" WHERE {table}.account_id = :account",
            account=account.id,
        )

    return OwnData(
        account=account,
        memberships=rows(_Membership, "memberships", "role, since"),
        turns=rows(
            _Turn,
            "assignments",
            "item_id, purpose, assignments.state, skip_reason, active_s, assignments.created_at,"
            " done_at",
        ),
        ratings=rows(
            _Line,
            "ratings",
            "body, ratings.created_at,"
            " CASE WHEN withdrawn_at IS NULL THEN 'stands' ELSE 'withdrawn' END AS state",
        ),
        writings=rows(_Line, "writings", "body, writings.created_at, writings.state"),
        reviews=rows(_Reviewed, "reviews", "verdict, comments, reviews.created_at"),
        quiz_tries=rows(
            _Tried, "quiz_attempts", "guidelines, answers, n_right, n_asked, quiz_attempts.at"
        ),
        questions=rows(_Said, "questions", "text, answer, questions.created_at"),
        sessions=sessions_of(tx, account.id, token, now),
        log=tx.all(
            _Logged,
            "SELECT at, action, subject, detail FROM audit WHERE account_id = :account"
            " ORDER BY at, id",
            account=account.id,
        ),
    )
