"""Project: one thing that people are asked for, from set-up to the last export."""

from typing import Literal

import msgspec

from etude.errors import ConfigError
from etude.web.database import Transaction, new_id
from etude.web.people.roles import Role, read_roles
from etude.web.projects.settings import Settings, read_settings, write_settings

ProjectKind = Literal["write", "rate"]
ProjectState = Literal["setup", "open", "paused", "closed"]


class Project(msgspec.Struct, frozen=True, kw_only=True):
    """One project."""

    id: str
    name: str
    kind: ProjectKind
    state: ProjectState
    settings: Settings
    created_at: float


class _Row(msgspec.Struct, frozen=True, kw_only=True):
    id: str
    name: str
    kind: ProjectKind
    state: ProjectState
    settings: str
    created_at: float


_COLUMNS = (
    "projects.id, projects.name, projects.kind, projects.state, projects.settings,"
    " projects.created_at"
)


def _project(row: _Row) -> Project:
    return Project(
        id=row.id,
        name=row.name,
        kind=row.kind,
        state=row.state,
        settings=read_settings(row.settings),
        created_at=row.created_at,
    )


def create(
    tx: Transaction, name: str, kind: ProjectKind, settings: Settings, *, by: str, now: float
) -> Project:
    """Make a project in set-up; whoever makes it is to be given a role by the caller.

    Raises:
        ConfigError: The name is empty or taken.
    """
    name = name.strip()[:120]
    if not name:
        raise ConfigError("a project needs a name")
    if tx.number("SELECT COUNT(*) FROM projects WHERE name = :name", name=name):
        raise ConfigError(f"there is a project called {name!r}; take another name")
    project = Project(
        id=new_id(), name=name, kind=kind, state="setup", settings=settings, created_at=now
    )
    tx.run(
        "INSERT INTO projects (id, name, kind, state, settings, created_by, created_at)"
        " VALUES (:id, :name, :kind, 'setup', :settings, :by, :now)",
        id=project.id,
        name=name,
        kind=kind,
        settings=write_settings(settings),
        by=by,
        now=now,
    )
    return project


def by_id(tx: Transaction, project_id: str) -> Project | None:
    """Return the project with this id."""
    row = tx.one(_Row, f"SELECT {_COLUMNS} FROM projects WHERE id = :id", id=project_id)  # noqa: S608
    return None if row is None else _project(row)


class _Membership(_Row, frozen=True, kw_only=True):
    role: str


def of_member(
    tx: Transaction, project_id: str, account_id: str
) -> tuple[Project | None, frozenset[Role]]:
    """Return a project and what someone is in it; `None` where they are nothing in it."""
    rows = tx.all(
        _Membership,
        f"SELECT {_COLUMNS}, memberships.role FROM memberships"  # noqa: S608
        " JOIN projects ON projects.id = memberships.project_id"
        " WHERE memberships.project_id = :project AND memberships.account_id = :account",
        project=project_id,
        account=account_id,
    )
    if not rows:
        return None, frozenset()
    return _project(rows[0]), read_roles([row.role for row in rows])


def of_account(tx: Transaction, account_id: str) -> list[Project]:
    """Return the projects that someone is a member of, open ones first."""
    rows = tx.all(
        _Row,
        f"SELECT {_COLUMNS} FROM projects WHERE id IN"  # noqa: S608
        " (SELECT project_id FROM memberships WHERE account_id = :account)"
        " ORDER BY CASE state WHEN 'open' THEN 0 WHEN 'paused' THEN 1 WHEN 'setup' THEN 2"
        " ELSE 3 END, created_at DESC",
        account=account_id,
    )
    return [_project(row) for row in rows]


def set_state(tx: Transaction, project_id: str, state: ProjectState) -> None:
    """Open, pause or close a project."""
    tx.run("UPDATE projects SET state = :state WHERE id = :id", state=state, id=project_id)


def set_settings(tx: Transaction, project_id: str, settings: Settings) -> None:
    """Change how a project asks; what was made before stays as it is."""
    tx.run(
        "UPDATE projects SET settings = :settings WHERE id = :id",
        settings=write_settings(settings),
        id=project_id,
    )
