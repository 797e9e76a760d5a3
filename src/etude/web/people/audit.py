"""The audit log: who did what to what, and when. Rows are added; the database refuses the rest."""

import msgspec

from etude.web.database import Transaction, new_id


class Entry(msgspec.Struct, frozen=True, kw_only=True):
    """One line of the log."""

    at: float
    action: str
    """Such as `project.open` or `account.sign-in-failed`."""
    subject: str
    """Id or name of what it was done to."""
    detail: str
    name: str = ""
    """Of whoever did it; empty for nobody known."""


def note(
    tx: Transaction,
    action: str,
    *,
    now: float,
    account_id: str = "",
    project_id: str = "",
    subject: str = "",
    detail: str = "",
) -> None:
    """Add a line to the log, in the transaction that does what it tells."""
    tx.run(
        "INSERT INTO audit (id, at, account_id, project_id, action, subject, detail)"
        " VALUES (:id, :at, :account, :project, :action, :subject, :detail)",
        id=new_id(),
        at=now,
        account=account_id,
        project=project_id,
        action=action,
        subject=subject,
        detail=detail[:2000],
    )


def entries(
    tx: Transaction, project_id: str | None, *, limit: int = 200, before: float = 1e18
) -> list[Entry]:
    """Return lines of a project, or of the whole app when `None`; newest first."""
    return tx.all(
        Entry,
        "SELECT audit.at, audit.action, audit.subject, audit.detail,"
        " COALESCE(accounts.name, '') AS name"
        " FROM audit LEFT JOIN accounts ON accounts.id = audit.account_id"
        " WHERE (:anywhere = 1 OR audit.project_id = :project) AND audit.at < :before"
        " ORDER BY audit.at DESC LIMIT :limit",
        anywhere=int(project_id is None),
        project=project_id or "",
        before=before,
        limit=limit,
    )
