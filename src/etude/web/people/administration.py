"""Administration: who may make projects, and which accounts are closed."""

import msgspec

from etude.errors import ConfigError
from etude.web.database import Transaction
from etude.web.people import accounts, audit, sessions
from etude.web.people.accounts import COLUMNS, Account


class Listed(msgspec.Struct, frozen=True, kw_only=True):
    """An account, as administrators see it."""

    account: Account
    n_projects: int
    last_seen: float | None


class _Seen(msgspec.Struct, frozen=True):
    id: str
    n_projects: int
    last_seen: float | None


def all_accounts(tx: Transaction) -> list[Listed]:
    """Return all accounts, by name."""
    seen = {
        each.id: each
        for each in tx.all(
            _Seen,
            "SELECT accounts.id, (SELECT COUNT(DISTINCT project_id) FROM memberships"
            " WHERE memberships.account_id = accounts.id) AS n_projects,"
            " (SELECT MAX(seen_at) FROM sessions WHERE sessions.account_id = accounts.id)"
            " AS last_seen FROM accounts",
        )
    }
    found = tx.all(Account, f"SELECT {COLUMNS} FROM accounts ORDER BY name, id")  # noqa: S608
    return [
        Listed(account=each, n_projects=seen[each.id].n_projects, last_seen=seen[each.id].last_seen)
        for each in found
    ]


def set_admin(tx: Transaction, account_id: str, *, admin: bool, by: str, now: float) -> bool:
    """Let someone make projects, or no more; `False` where there is no such account.

    Raises:
        ConfigError: Nobody would be left.
    """
    account = accounts.by_id(tx, account_id)
    if account is None:
        return False
    tx.run("UPDATE accounts SET admin = :admin WHERE id = :id", admin=int(admin), id=account_id)
    _keep_an_admin(tx)
    if admin:
        # A link made before could otherwise make its holder an administrator.
        _withdraw_resets(tx, account_id, now)
    action = "account.admin" if admin else "account.no-admin"
    audit.note(tx, action, now=now, account_id=by, subject=account.email)
    return True


def set_disabled(tx: Transaction, account_id: str, *, disabled: bool, by: str, now: float) -> bool:
    """Close an account or open it again; `False` where there is no such account.

    Raises:
        ConfigError: Nobody could make projects any more.
    """
    account = accounts.by_id(tx, account_id)
    if account is None:
        return False
    accounts.set_disabled(tx, account_id, now if disabled else None)
    if disabled:
        _keep_an_admin(tx)
        sessions.end_all(tx, account_id, now)
        _withdraw_resets(tx, account_id, now)
    action = "account.disable" if disabled else "account.enable"
    audit.note(tx, action, now=now, account_id=by, subject=account.email)
    return True


def _keep_an_admin(tx: Transaction) -> None:
    # Asked after the change and with the rows held, so that the last two cannot go at once.
    held = tx.run("UPDATE accounts SET admin = admin WHERE admin = 1 AND disabled_at IS NULL")
    if not held:
        raise ConfigError("someone must be left who may make projects")


def _withdraw_resets(tx: Transaction, account_id: str, now: float) -> None:
    tx.run(
        "UPDATE invitations SET withdrawn_at = :now WHERE account_id = :account"
        " AND purpose = 'reset' AND used_at IS NULL AND withdrawn_at IS NULL",
        now=now,
        account=account_id,
    )
