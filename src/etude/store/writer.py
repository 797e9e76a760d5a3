"""DatasetWriter: a data set that becomes visible all at once, or not at all.

Shards are named after their number and content, so a new data set never overwrites a file of the
one it replaces. Everything is put in place first; then the manifest is exchanged by one rename,
which is the moment the new data set begins; then what only the old one named is removed.
"""

import re
import shutil
from collections.abc import Iterable
from datetime import UTC, datetime
from pathlib import Path
from types import TracebackType
from typing import Self

import msgspec

from etude import __version__
from etude.errors import ConfigError, RecordError
from etude.store._atomic import sync_file, sync_folder, write_whole
from etude.store._lock import Lock
from etude.store.columns import Columns, column_names, count_rows
from etude.store.journal import JOURNAL
from etude.store.manifest import (
    NAME,
    TABLES,
    Counts,
    HeldFile,
    Manifest,
    Shard,
    digest_file,
    read_manifest,
)

_DRAFT = ".draft"
WORK = ".work"
"""Folder within a data set for what long work keeps until it is finished."""
_JOURNAL = {JOURNAL, f".{JOURNAL}.lock"}
_OURS = {_DRAFT, WORK, *_JOURNAL}
"""What may lie in the folder before there is a data set."""
_SHARD = re.compile(r"\d{5}-[0-9a-f]{8}\.parquet")


class DatasetWriter:
    """Writes one data set. Until `finish` returns, readers see what was there before."""

    def __init__(self, path: Path, *, record: str, shard_rows: int = 512) -> None:
        """Prepare to write records of one type to the folder `path`.

        Args:
            path: Folder of the data set; may hold one already, which is then replaced.
            record: What a row of the main table is: `task`, `episode` or `grade`.
            shard_rows: Rows of one shard; the last may hold fewer.
        """
        if f"{record}s" not in TABLES:
            raise ConfigError(f"no data set is made of {record!r}")
        self.path = path
        self.record = record
        self.shard_rows = shard_rows
        self._old: Manifest | None = None
        self._rows: dict[str, list[msgspec.Struct]] = {}
        self._shards: dict[str, list[Shard]] = {}
        self._files: dict[str, HeldFile] = {}
        self._lock: Lock | None = None

    def __enter__(self) -> Self:
        """Take the folder.

        Raises:
            ConfigError: It is a file, holds something else, cannot be written to, or is being
                written by another process. Nothing was touched.
        """
        self._old = _check_folder(self.path)
        draft = self.path / _DRAFT
        try:
            draft.mkdir(parents=True, exist_ok=True)
        except OSError as cause:
            raise ConfigError(f"cannot write {self.path}: {cause.strerror}") from cause
        self._lock = Lock(draft / "lock", self.path)
        for left in draft.iterdir():
            if left.is_dir():
                shutil.rmtree(left)
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        if self._lock is None:
            return
        shutil.rmtree(self.path / _DRAFT, ignore_errors=True)
        self._lock.release()
        self._lock = None
        if not any(self.path.iterdir()):
            self.path.rmdir()

    def write(self, table: str, rows: Iterable[msgspec.Struct]) -> None:
        """Add rows to a table.

        Raises:
            RecordError: The table does not exist or a row is not of its type.
        """
        if table not in TABLES:
            raise RecordError(f"no data set has a table {table!r} (known: {', '.join(TABLES)})")
        pending = self._rows.setdefault(table, [])
        self._shards.setdefault(table, [])
        for row in rows:
            if not isinstance(row, TABLES[table]):
                raise RecordError(f"table {table} holds no {type(row).__name__}")
            pending.append(row)
            if len(pending) >= self.shard_rows:
                self._flush(table)

    def holds_file(self, name: str) -> bool:
        """Whether the data set that is being replaced holds this file, so that it can stay."""
        return self._held(name) is not None

    def keep_file(self, name: str) -> None:
        """Take over a file from the data set that is being replaced.

        Raises:
            ConfigError: It holds no such file.
        """
        held = self._held(name)
        if held is None:
            raise ConfigError(f"{self.path} holds no {name}")
        self._files[name] = held

    def add_file(self, name: str, source: Path) -> None:
        """Add a copy of the file `source` as `name`, which must say what its content is.

        When the data set that is being replaced holds a file of that name, that one stays.

        Raises:
            ConfigError: `source` cannot be read or the copy cannot be written.
        """
        if self.holds_file(name):
            self.keep_file(name)
            return
        draft = self.path / _DRAFT / name
        try:
            draft.parent.mkdir(parents=True, exist_ok=True)
            shutil.copyfile(source, draft)
        except OSError as cause:
            raise ConfigError(f"cannot copy {source} to {self.path}: {cause.strerror}") from cause
        self._files[name] = HeldFile(
            name=name, size_bytes=draft.stat().st_size, sha256=digest_file(draft)
        )

    def add_shard(self, table: str, path: Path) -> None:
        """Move a Parquet file, made elsewhere on the same disk, to the end of a table.

        Raises:
            ConfigError: The disk takes no more.
            RecordError: The file cannot be read, or does not have the columns of the table.
        """
        self._flush(table)
        missing = set(Columns(TABLES[table]).schema.names) - set(column_names(path))
        if missing:
            raise RecordError(f"{path}: a shard of {table} needs {', '.join(sorted(missing))}")
        self._take_in(table, path, count_rows(path))

    def finish(
        self, *, recipe: str, counts: Counts | None = None, parents: Iterable[str] = ()
    ) -> Manifest:
        """Make everything written so far the data set in this folder.

        Args:
            recipe: Every setting it was made with, as JSON.
            counts: What went in and was dropped; `n_kept` is counted here.
            parents: Digests of the data sets it was made from.

        Raises:
            ConfigError: The disk is full or not writable; the old data set is as it was.
        """
        main = f"{self.record}s"
        self.write(main, ())
        for table in [*self._rows]:
            self._flush(table)
        n_kept = sum(shard.n_rows for shard in self._shards[main])
        manifest = Manifest(
            record=self.record,
            recipe=recipe,
            code_version=__version__,
            created=datetime.now(UTC).isoformat(timespec="seconds"),
            parents=tuple(parents),
            counts=msgspec.structs.replace(counts or Counts(n_in=n_kept), n_kept=n_kept),
            tables={table: tuple(shards) for table, shards in self._shards.items()},
            files=tuple(self._files[name] for name in sorted(self._files)),
        )
        try:
            self._place(manifest)
            write_whole(self.path / NAME, manifest.encode())
            self._sweep(manifest)
        except OSError as cause:
            raise ConfigError(f"cannot write {self.path}: {cause.strerror}") from cause
        self._old = manifest
        return manifest

    def _held(self, name: str) -> HeldFile | None:
        for file in self._old.files if self._old else ():
            path = self.path / name
            if file.name == name and path.is_file() and path.stat().st_size == file.size_bytes:
                return file
        return None

    def _flush(self, table: str) -> None:
        """Write the pending rows of a table as one shard of the draft."""
        self._shards.setdefault(table, [])
        rows = self._rows.get(table)
        if not rows:
            return
        draft = self.path / _DRAFT / f"{table}.parquet"
        try:
            draft.parent.mkdir(parents=True, exist_ok=True)
            Columns(TABLES[table]).write(rows, draft)
        except OSError as cause:
            raise ConfigError(f"cannot write {self.path}: {cause.strerror}") from cause
        self._take_in(table, draft, len(rows))
        rows.clear()

    def _take_in(self, table: str, made: Path, n_rows: int) -> None:
        """Make a finished Parquet file the next shard of the draft."""
        folder = "shards" if table == f"{self.record}s" else table
        number = len(self._shards[table])
        try:
            sha256 = digest_file(made)
            name = f"{folder}/{number:05}-{sha256[:8]}.parquet"
            path = self.path / _DRAFT / name
            path.parent.mkdir(parents=True, exist_ok=True)
            made.rename(path)
            size_bytes = path.stat().st_size
        except OSError as cause:
            raise ConfigError(f"cannot write {self.path}: {cause.strerror}") from cause
        self._shards[table].append(
            Shard(name=name, n_rows=n_rows, size_bytes=size_bytes, sha256=sha256)
        )

    def _place(self, manifest: Manifest) -> None:
        """Move every drafted file to where the manifest says, and make it last."""
        folders = set()
        for name in sorted(_names(manifest)):
            draft, target = self.path / _DRAFT / name, self.path / name
            if draft.exists():
                sync_file(draft)
                target.parent.mkdir(parents=True, exist_ok=True)
                draft.replace(target)
                folders.add(target.parent)
        for folder in folders:
            sync_folder(folder)
        sync_folder(self.path)

    def _sweep(self, manifest: Manifest) -> None:
        """Remove what the old data set named and this one does not, and lost shards."""
        stale = _names(self._old) if self._old else set()
        for folder in {"shards", *TABLES}:
            found = (self.path / folder).glob("*.parquet")
            stale |= {f"{folder}/{path.name}" for path in found if _SHARD.fullmatch(path.name)}
        for name in stale - _names(manifest):
            (self.path / name).unlink(missing_ok=True)
        # A writer that was killed while it exchanged the manifest leaves its draft of it.
        for draft in self.path.glob(f".{NAME}.*"):
            draft.unlink(missing_ok=True)


def _names(manifest: Manifest) -> set[str]:
    """Paths of all files of a data set."""
    shards = {shard.name for table in manifest.tables.values() for shard in table}
    return shards | {file.name for file in manifest.files}


def _check_folder(path: Path) -> Manifest | None:
    """Return the manifest of the data set to replace, or `None` where there is none yet.

    Raises:
        ConfigError: The folder is not ours to write to.
    """
    if not path.exists():
        return None
    if not path.is_dir():
        raise ConfigError(f"{path} is a file; a data set needs a folder")
    try:
        there = {entry.name for entry in path.iterdir()}
    except OSError as cause:
        raise ConfigError(f"cannot read {path}: {cause.strerror}") from cause
    if NAME in there:
        return read_manifest(path)
    keys = path / "keys"
    if keys.is_dir() and {entry.name for entry in keys.iterdir()} <= _JOURNAL:
        there.discard("keys")
    if not {_DRAFT, WORK} & there and not there <= _OURS:
        raise ConfigError(f"{path} holds something else and no data set; name a new folder")
    return None
