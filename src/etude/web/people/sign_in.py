"""Signing in: who is it, and how often may they guess."""

import msgspec

from etude.web.database import Database
from etude.web.people import accounts, audit, sessions

WINDOW_S = 900
PER_ACCOUNT = 8
"""Wrong passwords for one address within the window, after which even the right one waits."""
PER_PLACE = 40
"""Wrong passwords from one network address within the window."""


class Outcome(msgspec.Struct, frozen=True, kw_only=True):
    """What came of trying to sign in."""

    token: str = ""
    """The new session's; empty when refused."""
    wait_s: int = 0
    """How long to wait, where there were too many tries."""


def sign_in(database: Database, email: str, password: str, place: str, now: float) -> Outcome:
    """Try to begin a session.

    Every try counts before the password is looked at, so many at once are not better than one
    after the other.
    """
    email = email.strip().casefold()[:254]
    keys = {f"account:{email}": PER_ACCOUNT, f"place:{place}": PER_PLACE}
    with database.write() as tx:
        tx.alone("sign-in")
        tx.run("DELETE FROM sign_in_attempts WHERE at < :old", old=now - WINDOW_S)
        for key, most in keys.items():
            if tx.number("SELECT COUNT(*) FROM sign_in_attempts WHERE key = :key", key=key) >= most:
                oldest = tx.number("SELECT MIN(at) FROM sign_in_attempts WHERE key = :key", key=key)
                return Outcome(wait_s=max(1, round(oldest + WINDOW_S - now)))
        for key in keys:
            tx.run("INSERT INTO sign_in_attempts (key, at) VALUES (:key, :now)", key=key, now=now)
    with database.read() as tx:
        account = accounts.find(tx, email)
        holds = accounts.password_holds(tx, account, password)
    with database.write() as tx:
        if account is None or not holds or account.disabled_at is not None:
            audit.note(tx, "account.sign-in-failed", now=now, subject=email, detail=place)
            return Outcome()
        for key in keys:
            # Only this try is taken back: a neighbour's wrong guesses go on counting.
            tx.run(
                "DELETE FROM sign_in_attempts WHERE key = :key"
                " AND (at = :now OR key LIKE 'account:%')",
                key=key,
                now=now,
            )
        audit.note(tx, "account.sign-in", now=now, account_id=account.id, detail=place)
        return Outcome(token=sessions.begin(tx, account.id, now))
