"""Dataset: a folder of tables with a manifest, read. Nothing here writes."""

import difflib
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Self, TypeVar

import msgspec

from etude.errors import ConfigError
from etude.records import AnswerKey, Document, Episode, Grade, Task, Workspace
from etude.store._verify import find_problems
from etude.store.columns import Batch, Columns, read_batches, read_column
from etude.store.manifest import ID_FIELDS, TABLES, Manifest, Shard, read_manifest

RecordT = TypeVar("RecordT", bound=msgspec.Struct)


class Dataset:
    """Named tables of records in one folder. The manifest says what belongs to it."""

    def __init__(self, path: Path, manifest: Manifest) -> None:
        self.path = path
        self.manifest = manifest

    @classmethod
    def open(cls, path: Path) -> Self:
        """Return the data set in the folder `path`.

        Raises:
            ConfigError: It is not there, is no data set, or was written by a newer Etude.
        """
        return cls(path, read_manifest(path))

    def tables(self) -> list[str]:
        """Names of the tables that can be read here; answer keys may have been withheld."""
        return [name for name in self.manifest.tables if not self.withheld(name)]

    def withheld(self, table: str) -> bool:
        """Whether the table was made but its folder taken away, as one does with answer keys."""
        shards = self.manifest.tables.get(table, ())
        return bool(shards) and not (self.path / shards[0].name).parent.exists()

    def rows(self, table: str, record: type[RecordT]) -> Iterator[RecordT]:
        """Yield the rows of a table, in order.

        Raises:
            ConfigError: There is no such table.
            RecordError: A shard is damaged or a row does not fit `record`.
        """
        for shard in self._shards(table):
            yield from Columns(record).read(self.path / shard.name)

    def tasks(self) -> Iterator[Task]:
        """Yield the tasks."""
        return self.rows("tasks", Task)

    def workspaces(self) -> Iterator[Workspace]:
        """Yield where each task starts."""
        return self.rows("workspaces", Workspace)

    def keys(self) -> Iterator[AnswerKey]:
        """Yield the answer keys: for graders only."""
        return self.rows("keys", AnswerKey)

    def episodes(self) -> Iterator[Episode]:
        """Yield the episodes."""
        return self.rows("episodes", Episode)

    def grades(self) -> Iterator[Grade]:
        """Yield the grades."""
        return self.rows("grades", Grade)

    def documents(self) -> Iterator[Document]:
        """Yield the documents. `batches` is the way to read many."""
        return self.rows("documents", Document)

    def batches(self, table: str, columns: Sequence[str] | None = None) -> Iterator[Batch]:
        """Yield a table as Arrow record batches, in order, with every column of its shards.

        Args:
            table: Name of the table.
            columns: Only these; a column that a shard does not have is left out.

        Raises:
            ConfigError: There is no such table.
            RecordError: A shard is damaged.
        """
        for shard in self._shards(table):
            yield from read_batches(self.path / shard.name, columns)

    def n_rows(self, table: str) -> int:
        """Number of rows of a table, as the manifest says.

        Raises:
            ConfigError: There is no such table.
        """
        return sum(shard.n_rows for shard in self._shards(table))

    def ids(self, table: str) -> list[str]:
        """Ids of the rows of a table, in order.

        Raises:
            ConfigError: There is no such table.
            RecordError: A shard is damaged.
        """
        column = id_field(TABLES[table]) if table in TABLES else ""
        return [
            value
            for shard in self._shards(table)
            for value in read_column(self.path / shard.name, column)
        ]

    def find(self, table: str, row_id: str, record: type[RecordT]) -> RecordT:
        """Return the row of a table with that id.

        Raises:
            ConfigError: There is no such table or row; the message names ids that are near.
            RecordError: A shard is damaged or the row does not fit `record`.
        """
        known: list[str] = []
        for shard in self._shards(table):
            path = self.path / shard.name
            ids = read_column(path, id_field(record))
            if row_id in ids:
                return Columns(record).read_row(path, ids.index(row_id))
            known += ids
        close = difflib.get_close_matches(row_id, known, n=3, cutoff=0.3) or known[:3]
        near = f"; near it are {', '.join(close)}" if close else ""
        raise ConfigError(f"{self.path}: {table} has no {row_id!r} among {len(known)} rows{near}")

    def verify(self) -> list[str]:
        """Read every byte and return what is not as it was written, a line each; empty if all is.

        A table whose folder was taken away whole is not a problem.
        """
        return find_problems(self.path, self.manifest)

    def _shards(self, table: str) -> tuple[Shard, ...]:
        if table not in self.manifest.tables:
            known = ", ".join(self.manifest.tables) or "none"
            raise ConfigError(f"{self.path}: has no table {table!r} (it has: {known})")
        if self.withheld(table):
            raise ConfigError(f"{self.path}: the table {table!r} was withheld from this copy")
        return self.manifest.tables[table]


def id_field(record: type[msgspec.Struct]) -> str:
    """Name of the field that tells rows of this type apart."""
    names = record.__struct_fields__
    return next(name for name in ID_FIELDS if name in names)
