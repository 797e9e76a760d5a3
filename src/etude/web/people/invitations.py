"""Invitations: a link that lets one person in, once, for a week. Nobody joins without one.

The app sends no mail: whoever invites copies the link. A link can also reset a password.
"""

import secrets
from typing import Literal

import msgspec

from etude.web.database import Transaction, new_id
from etude.web.people.roles import Role, read_roles
from etude.web.people.sessions import token_hash

LIFE_S = 7 * 24 * 3600
RESET_LIFE_S = 24 * 3600


class Invitation(msgspec.Struct, frozen=True, kw_only=True):
    """An invitation that was made."""

    id: str
    purpose: Literal["join", "reset"]
    email: str
    """Whom it is for; empty when anyone with the link may come."""
    admin: bool
    project_id: str | None
    roles: str
    account_id: str | None
    """Whose password it resets."""
    created_at: float
    expires_at: float
    used_at: float | None = None
    withdrawn_at: float | None = None

    def named_roles(self) -> frozenset[Role]:
        """Return the roles it gives."""
        return read_roles(self.roles.split(","))


_COLUMNS = (
    "id, purpose, email, admin, project_id, roles, account_id, created_at, expires_at,"
    " used_at, withdrawn_at"
)


class Terms(msgspec.Struct, frozen=True, kw_only=True):
    """What an invitation offers."""

    purpose: Literal["join", "reset"] = "join"
    email: str = ""
    admin: bool = False
    project_id: str | None = None
    roles: frozenset[Role] = frozenset()
    account_id: str | None = None
    invited_by: str = ""


def invite(tx: Transaction, terms: Terms, now: float) -> str:
    """Make an invitation; return its token, which is shown once and kept nowhere."""
    token = secrets.token_urlsafe(24)
    tx.run(
        "INSERT INTO invitations (id, token_hash, purpose, email, admin, project_id, roles,"
        " account_id, invited_by, created_at, expires_at) VALUES (:id, :hash, :purpose, :email,"
        " :admin, :project, :roles, :account, :by, :now, :expires)",
        id=new_id(),
        hash=token_hash(token),
        purpose=terms.purpose,
        email=terms.email,
        admin=int(terms.admin),
        project=terms.project_id,
        roles=",".join(sorted(terms.roles)),
        account=terms.account_id,
        by=terms.invited_by,
        now=now,
        expires=now + (RESET_LIFE_S if terms.purpose == "reset" else LIFE_S),
    )
    return token


def open_invitation(tx: Transaction, token: str, now: float) -> Invitation | None:
    """Return the invitation of a link; `None` when unknown, used, withdrawn or too old."""
    return tx.one(
        Invitation,
        f"SELECT {_COLUMNS} FROM invitations WHERE token_hash = :hash AND used_at IS NULL"  # noqa: S608
        " AND withdrawn_at IS NULL AND expires_at > :now",
        hash=token_hash(token),
        now=now,
    )


def use(tx: Transaction, invitation: Invitation, account_id: str, now: float) -> bool:
    """Mark an invitation as used; `False` when someone else was quicker."""
    return (
        tx.run(
            "UPDATE invitations SET used_at = :now, account_id = :account"
            " WHERE id = :id AND used_at IS NULL AND withdrawn_at IS NULL",
            now=now,
            account=account_id,
            id=invitation.id,
        )
        == 1
    )


def withdraw(tx: Transaction, project_id: str, invitation_id: str, now: float) -> bool:
    """Withdraw an invitation to a project that nobody has used."""
    return (
        tx.run(
            "UPDATE invitations SET withdrawn_at = :now WHERE id = :id"
            " AND project_id = :project AND used_at IS NULL AND withdrawn_at IS NULL",
            now=now,
            id=invitation_id,
            project=project_id,
        )
        == 1
    )


def of_project(tx: Transaction, project_id: str) -> list[Invitation]:
    """Return the invitations to a project, newest first."""
    return tx.all(
        Invitation,
        f"SELECT {_COLUMNS} FROM invitations WHERE project_id = :project ORDER BY created_at DESC",  # noqa: S608
        project=project_id,
    )
