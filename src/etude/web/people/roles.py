"""Roles: what someone may do in a project."""

from typing import Literal, get_args

from etude.web.database import Transaction

Role = Literal["lead", "writer", "rater", "reviewer", "viewer"]
ROLES: tuple[Role, ...] = get_args(Role)
ROLE_SENTENCES: dict[Role, str] = {
    "lead": "sets the project up, invites people, sees and exports everything",
    "writer": "writes demonstrations",
    "rater": "compares answers",
    "reviewer": "accepts or sends back what was written, and settles disagreements",
    "viewer": "sees progress and results, changes nothing",
}


def roles_in(tx: Transaction, project_id: str, account_id: str) -> frozenset[Role]:
    """Return the roles of a person in a project; none where they are no member."""
    found = tx.texts(
        "SELECT role FROM memberships WHERE project_id = :project AND account_id = :account",
        project=project_id,
        account=account_id,
    )
    return frozenset(role for role in ROLES if role in found)


def add_roles(
    tx: Transaction, project_id: str, account_id: str, roles: frozenset[Role], now: float
) -> None:
    """Give a person further roles in a project."""
    for role in roles:
        tx.run(
            "INSERT INTO memberships (project_id, account_id, role, since)"
            " VALUES (:project, :account, :role, :now)"
            " ON CONFLICT (project_id, account_id, role) DO NOTHING",
            project=project_id,
            account=account_id,
            role=role,
            now=now,
        )


def take_roles(tx: Transaction, project_id: str, account_id: str) -> None:
    """Take all roles of a person in a project; what they made stays."""
    tx.run(
        "DELETE FROM memberships WHERE project_id = :project AND account_id = :account",
        project=project_id,
        account=account_id,
    )


def read_roles(names: list[str]) -> frozenset[Role]:
    """Return the roles that a form or an invitation names; unknown ones are left out."""
    return frozenset(role for role in ROLES if role in names)
