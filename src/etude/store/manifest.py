"""Manifest: what a data set holds, down to the byte, and how it was made."""

import hashlib
from pathlib import Path

import msgspec

from etude.errors import ConfigError
from etude.records import (
    AnswerKey,
    BrokenRecord,
    Comparison,
    Demonstration,
    Document,
    DroppedDocument,
    DuplicateCopy,
    Episode,
    FamilyAudit,
    Grade,
    Preference,
    Problem,
    Rating,
    Reference,
    SolveRate,
    StepCount,
    Tally,
    Task,
    Workspace,
)

FORMAT = 1
"""Version of the layout on disk; a reader refuses a newer one."""
NAME = "manifest.json"
TABLES: dict[str, type[msgspec.Struct]] = {
    "tasks": Task,
    "workspaces": Workspace,
    "keys": AnswerKey,
    "episodes": Episode,
    "grades": Grade,
    "documents": Document,
    "dropped": DroppedDocument,
    "broken": BrokenRecord,
    "funnel": StepCount,
    "tallies": Tally,
    "duplicates": DuplicateCopy,
    "problems": Problem,
    "references": Reference,
    "audits": FamilyAudit,
    "solve_rates": SolveRate,
    "demonstrations": Demonstration,
    "comparisons": Comparison,
    "ratings": Rating,
    "preferences": Preference,
}
"""Every table a data set can hold, and the type of its rows."""

ID_FIELDS = ("id", "episode_id", "task_id", "problem_id", "family")
"""Fields that tell the rows of a table apart; the first one that a type has."""


class Counts(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What went in and what became of it."""

    n_in: int = 0
    """Candidates that were looked at."""
    n_kept: int = 0
    """Rows of the main table."""
    dropped: dict[str, int] = {}
    """Candidates that were dropped, by reason."""


class Shard(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """One Parquet file of a table."""

    name: str
    """Path within the data set, with forward slashes."""
    n_rows: int
    size_bytes: int
    sha256: str


class HeldFile(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """One further file, named after its content."""

    name: str
    size_bytes: int
    sha256: str


class Manifest(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What a data set holds and how it was made."""

    format: int = FORMAT
    record: str
    """What one row of the main table is, such as `task`."""
    recipe: str
    """Every setting it was made with, resolved, as JSON."""
    code_version: str
    """Version of Etude that wrote it."""
    created: str
    """When, in UTC, ISO 8601. Not part of the digest."""
    parents: tuple[str, ...] = ()
    """Digests of the data sets it was made from."""
    counts: Counts = Counts()
    tables: dict[str, tuple[Shard, ...]] = {}
    files: tuple[HeldFile, ...] = ()

    @property
    def digest(self) -> str:
        """sha256 of everything but the time: equal data sets have equal digests."""
        timeless = msgspec.structs.replace(self, created="")
        return hashlib.sha256(msgspec.json.encode(timeless, order="deterministic")).hexdigest()

    @property
    def main_table(self) -> str:
        """Name of the table that holds the records themselves."""
        return f"{self.record}s"

    def encode(self) -> bytes:
        """Return the manifest as it stands on disk."""
        return msgspec.json.format(msgspec.json.encode(self), indent=1) + b"\n"


class _Stamp(msgspec.Struct):
    """The one field that every format has."""

    format: int


def read_manifest(folder: Path) -> Manifest:
    """Return the manifest of the data set in `folder`.

    Raises:
        ConfigError: There is none, it is damaged, or it is of a newer format.
    """
    path = folder / NAME
    try:
        raw = path.read_bytes()
    except FileNotFoundError as cause:
        what = "holds no manifest.json, so it is no data set" if folder.is_dir() else "is not there"
        raise ConfigError(f"{folder}: {what}") from cause
    except OSError as cause:
        raise ConfigError(f"{path}: {cause.strerror}") from cause
    try:
        stamp = msgspec.json.decode(raw, type=_Stamp)
        if stamp.format > FORMAT:
            raise ConfigError(
                f"{folder}: data set of format {stamp.format}, this Etude reads up to {FORMAT}; "
                "install a newer one"
            )
        return msgspec.json.decode(raw, type=Manifest)
    except msgspec.DecodeError as cause:
        raise ConfigError(f"{path}: damaged: {cause}") from cause


def digest_file(path: Path) -> str:
    """Return the sha256 of a file, in hexadecimal."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
