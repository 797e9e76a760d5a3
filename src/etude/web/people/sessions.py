"""Sessions: a random token in a cookie, its hash in the database, fresh at each sign-in."""

import hashlib
import secrets

from etude.web.database import Transaction
from etude.web.people.accounts import COLUMNS, Account

IDLE_S = 12 * 3600
LIFE_S = 14 * 24 * 3600
_SEEN_EVERY_S = 300


def token_hash(token: str) -> str:
    """Return what the database keeps of a token: whoever reads it there cannot use it."""
    return hashlib.sha256(token.encode()).hexdigest()


def form_token(token: str) -> str:
    """Return what every form of this session carries: unknown to any other site."""
    return hashlib.sha256(b"form\0" + token.encode()).hexdigest()


def begin(tx: Transaction, account_id: str, now: float) -> str:
    """Begin a session; return its token, which nothing keeps but the cookie."""
    token = secrets.token_urlsafe(32)
    tx.run(
        "INSERT INTO sessions (token_hash, account_id, created_at, seen_at)"
        " VALUES (:hash, :account, :now, :now)",
        hash=token_hash(token),
        account=account_id,
        now=now,
    )
    return token


class Caller(Account, frozen=True, kw_only=True):
    """Whose session it is, and since when it has not been marked as in use."""

    seen_at: float

    def is_stale(self, now: float) -> bool:
        """Whether the session was last marked as in use some while ago."""
        return self.seen_at < now - _SEEN_EVERY_S


def account_of(tx: Transaction, token: str, now: float) -> Caller | None:
    """Return whose session this is; `None` when it is unknown, ended, idle or too old."""
    if not token:
        return None
    return tx.one(
        Caller,
        f"SELECT {COLUMNS}, sessions.seen_at FROM sessions"  # noqa: S608
        " JOIN accounts ON accounts.id = sessions.account_id"
        " WHERE sessions.token_hash = :hash AND sessions.ended_at IS NULL"
        " AND sessions.seen_at > :idle AND sessions.created_at > :old"
        " AND accounts.disabled_at IS NULL",
        hash=token_hash(token),
        idle=now - IDLE_S,
        old=now - LIFE_S,
    )


def touch(tx: Transaction, token: str, now: float) -> None:
    """Mark a session as in use."""
    tx.run(
        "UPDATE sessions SET seen_at = :now WHERE token_hash = :hash",
        now=now,
        hash=token_hash(token),
    )


def end(tx: Transaction, token: str, now: float) -> None:
    """End a session."""
    tx.run(
        "UPDATE sessions SET ended_at = :now WHERE token_hash = :hash AND ended_at IS NULL",
        now=now,
        hash=token_hash(token),
    )


def end_all(tx: Transaction, account_id: str, now: float) -> None:
    """End all sessions of an account."""
    tx.run(
        "UPDATE sessions SET ended_at = :now WHERE account_id = :account AND ended_at IS NULL",
        now=now,
        account=account_id,
    )
