"""Guidelines: what people go by, in versions that are never changed once they are published."""

import msgspec

from etude.errors import ConfigError
from etude.web.database import Transaction
from etude.web.people import audit

MAX_TEXT = 200_000


class Guidelines(msgspec.Struct, frozen=True, kw_only=True):
    """One published version."""

    project_id: str
    version: int
    """1 for the first."""
    text: str
    """Markdown."""
    note: str
    """What is new in it."""
    published_at: float
    requalify: bool = False
    """Whether everyone takes the quiz again under this version."""
    by: str = ""
    """Name of whoever published it."""


class Draft(msgspec.Struct, frozen=True, kw_only=True):
    """What is to be published."""

    text: str
    note: str = ""
    requalify: bool = False
    based_on: int | None = None
    """Version that it was written from; `None` skips the check that nobody was quicker."""


_SELECT = (
    "SELECT guidelines.project_id, guidelines.version, guidelines.text, guidelines.note,"
    " guidelines.published_at, guidelines.requalify, accounts.name AS by FROM guidelines"
    " JOIN accounts ON accounts.id = guidelines.published_by"
    " WHERE guidelines.project_id = :project"
)


def newest(tx: Transaction, project_id: str) -> Guidelines | None:
    """Return the version that holds now; `None` before the first."""
    return tx.one(
        Guidelines, f"{_SELECT} ORDER BY guidelines.version DESC LIMIT 1", project=project_id
    )


def at_version(tx: Transaction, project_id: str, version: int) -> Guidelines | None:
    """Return a version; `None` where there is no such one."""
    return tx.one(
        Guidelines,
        f"{_SELECT} AND guidelines.version = :version",
        project=project_id,
        version=version,
    )


def versions(tx: Transaction, project_id: str) -> list[Guidelines]:
    """Return all versions, the newest first."""
    return tx.all(Guidelines, f"{_SELECT} ORDER BY guidelines.version DESC", project=project_id)


def publish(tx: Transaction, project_id: str, draft: Draft, *, by: str, now: float) -> Guidelines:
    """Publish a new version; work that is under way stays under the one it began with.

    Raises:
        ConfigError: It says nothing, says nothing new, is too long, or another version was
            published since it was begun.
    """
    text = draft.text.strip("\n")
    # Two leads who publish at once take turns here.
    tx.run("UPDATE projects SET state = state WHERE id = :project", project=project_id)
    before = newest(tx, project_id)
    last = before.version if before else 0
    if not text.strip():
        raise ConfigError("the guidelines are empty; write what people are to go by")
    if len(text) > MAX_TEXT:
        raise ConfigError(f"guidelines have at most {MAX_TEXT:,} characters, these {len(text):,}")
    if draft.based_on is not None and draft.based_on != last:
        raise ConfigError(
            f"version {last} was published since you began; compare yours with it, then publish"
        )
    if before and before.text == text:
        raise ConfigError(f"nothing differs from version {last}")
    tx.run(
        "INSERT INTO guidelines (project_id, version, text, note, published_by, published_at,"
        " requalify) VALUES (:project, :version, :text, :note, :by, :now, :requalify)",
        project=project_id,
        version=last + 1,
        text=text,
        note=draft.note.strip()[:500],
        by=by,
        now=now,
        requalify=int(draft.requalify),
    )
    audit.note(
        tx,
        "guidelines.publish",
        now=now,
        account_id=by,
        project_id=project_id,
        subject=f"version {last + 1}",
        detail=draft.note.strip() + (" (quiz again)" if draft.requalify else ""),
    )
    published = at_version(tx, project_id, last + 1)
    if published is None:
        raise ConfigError("the guidelines were not published; try again")
    return published
