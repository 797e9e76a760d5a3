"""The audit log, page by page."""

import msgspec

from etude.web.database import Transaction

_LATEST = "9" * 20


class Logged(msgspec.Struct, frozen=True, kw_only=True):
    """One line of the log."""

    id: str
    at: float
    action: str
    subject: str
    detail: str
    name: str
    """Of whoever did it; empty for nobody known."""
    project: str
    """Name of the project; empty for what is of none."""


class Wanted(msgspec.Struct, frozen=True, kw_only=True):
    """Which lines are asked for."""

    project_id: str | None
    """Lines of this project; of the whole app when `None`."""
    account_id: str = ""
    """Lines of what this person did; empty for everybody's."""
    action: str = ""
    """What the action begins with, such as `member.`; empty for all."""
    before: str = ""
    """Id of the line before which the page begins, itself left out; empty for the newest."""
    limit: int = 100


def log_page(tx: Transaction, wanted: Wanted) -> list[Logged]:
    """Return lines of the log, newest first."""
    last = tx.one(
        _Place,
        "SELECT at, id FROM audit WHERE id = :id AND (:anywhere = 1 OR project_id = :project)",
        id=wanted.before,
        anywhere=int(wanted.project_id is None),
        project=wanted.project_id or "",
    )
    return tx.all(
        Logged,
        "SELECT audit.id, audit.at, audit.action, audit.subject, audit.detail,"
        " COALESCE(accounts.name, '') AS name, COALESCE(projects.name, '') AS project"
        " FROM audit LEFT JOIN accounts ON accounts.id = audit.account_id"
        " LEFT JOIN projects ON projects.id = audit.project_id"
        " WHERE (:anywhere = 1 OR audit.project_id = :project)"
        " AND (:account = '' OR audit.account_id = :account)"
        " AND substr(audit.action, 1, :length) = :action"
        " AND (audit.at < :at OR (audit.at = :at AND audit.id < :id))"
        " ORDER BY audit.at DESC, audit.id DESC LIMIT :limit",
        anywhere=int(wanted.project_id is None),
        project=wanted.project_id or "",
        account=wanted.account_id,
        action=wanted.action,
        length=len(wanted.action),
        at=last.at if last else 1e18,
        id=last.id if last else _LATEST,
        limit=wanted.limit,
    )


class _Place(msgspec.Struct, frozen=True):
    at: float
    id: str
