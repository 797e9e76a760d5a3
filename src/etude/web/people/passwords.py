"""Changing one's own password, with the old one; guesses are counted as at signing in."""

from etude.errors import ConfigError
from etude.web.database import Database
from etude.web.people import accounts, audit, sessions
from etude.web.people.accounts import Account
from etude.web.people.sign_in import PER_ACCOUNT, WINDOW_S


def change_password(database: Database, account: Account, old: str, new: str, now: float) -> str:
    """Change a password and end all sessions; return the token of a fresh one.

    Raises:
        ConfigError: The old password is wrong, was guessed at too often, or the new one is weak.
    """
    key = f"account:{account.email}"
    with database.write() as tx:
        tx.alone("sign-in")
        n_tries = tx.number(
            "SELECT COUNT(*) FROM sign_in_attempts WHERE key = :key AND at > :old",
            key=key,
            old=now - WINDOW_S,
        )
        if n_tries >= PER_ACCOUNT:
            raise ConfigError("too many wrong passwords; try again in a quarter of an hour")
        tx.run("INSERT INTO sign_in_attempts (key, at) VALUES (:key, :now)", key=key, now=now)
    with database.read() as tx:
        holds = accounts.password_holds(tx, account, old)
    if not holds:
        raise ConfigError("that is not your password")
    accounts.check_password(new, account.email)
    with database.write() as tx:
        tx.run("DELETE FROM sign_in_attempts WHERE key = :key", key=key)
        accounts.set_password(tx, account, new)
        sessions.end_all(tx, account.id, now)
        audit.note(
            tx, "account.new-password", now=now, account_id=account.id, subject=account.email
        )
        return sessions.begin(tx, account.id, now)
