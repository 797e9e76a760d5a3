"""Workroom: where an unfinished corpus lies, and what one part of it leaves there."""

import os
import shutil
from collections.abc import Iterator
from pathlib import Path
from types import TracebackType
from typing import Generic, Self, TypeVar

import msgspec
import pyarrow as pa
import pyarrow.parquet as pq

from etude.errors import EtudeError, RecordError
from etude.stages.corpus.batch import ROW, SCHEMA, SIGNAL
from etude.stages.corpus.spill import Spill
from etude.store.columns import Columns, read_batches

RowT = TypeVar("RowT", bound=msgspec.Struct)
_PENDING_ROWS = 1000


class Workroom:
    """The files of an unfinished corpus. Each appears whole, by one rename."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    @property
    def recipe(self) -> Path:
        """What is being made here."""
        return self.folder / "recipe.json"

    def answers(self, number: int) -> Path:
        """Folder of what the parts of a pass said when they were done."""
        return self.folder / f"pass-{number}" / "done"

    def documents(self, number: int, part: int) -> Path:
        """The documents that a pass left of a part; missing where none are left."""
        return self.folder / f"pass-{number}" / f"{part:05}.arrow"

    def rows(self, number: int, part: int, table: str) -> Path:
        """Rows of a side table that a pass made of a part; missing where there are none."""
        return self.folder / f"pass-{number}" / f"{part:05}.{table}.parquet"

    def spill(self, index: int) -> Spill:
        """What the comparing step at that place in the recipe gathered."""
        return Spill(self.folder / f"spill-{index}")

    def settled(self, index: int) -> Path:
        """Mark that the comparing step has decided."""
        return self.folder / f"spill-{index}.settled"

    @property
    def shards_done(self) -> Path:
        """Folder of what is known of the shards that were written."""
        return self.folder / "shards-done"

    def forget_documents(self, number: int) -> None:
        """Remove the documents of a pass that is no longer read."""
        for path in (self.folder / f"pass-{number}").glob("*.arrow"):
            path.unlink(missing_ok=True)

    def clear(self) -> None:
        """Remove everything."""
        shutil.rmtree(self.folder, ignore_errors=True)


class BatchFile:
    """Batches written to an Arrow file. It is there once it was left without an error."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self._draft = path.with_suffix(f".{os.getpid()}.draft")
        self._writer: pa.RecordBatchFileWriter | None = None
        self._schema: pa.Schema | None = None

    def __enter__(self) -> Self:
        self.path.parent.mkdir(parents=True, exist_ok=True)
        return self

    def write(self, batch: pa.RecordBatch) -> None:
        """Add a batch; its columns must be those of the first.

        Raises:
            EtudeError: It has other columns.
        """
        batch = batch.select([name for name in batch.schema.names if _lasts(name)])
        if self._writer is None:
            self._schema = batch.schema
            options = pa.ipc.IpcWriteOptions(compression="lz4")
            self._writer = pa.ipc.new_file(str(self._draft), batch.schema, options=options)
        if batch.schema != self._schema:
            raise EtudeError(
                f"a step added columns to some batches only: {_difference(batch, self._schema)}"
            )
        self._writer.write_batch(batch)

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        if self._writer is not None:
            self._writer.close()
        if error is not None:
            self._draft.unlink(missing_ok=True)
        elif self._writer is not None:
            self._draft.replace(self.path)
        else:
            self.path.unlink(missing_ok=True)


def read_documents(path: Path) -> Iterator[pa.RecordBatch]:
    """Yield the batches of a file that `BatchFile` wrote; none where there is no file.

    Raises:
        RecordError: The file is damaged.
    """
    if not path.exists():
        return
    try:
        with pa.memory_map(str(path)) as source, pa.ipc.open_file(source) as file:
            for index in range(file.num_record_batches):
                yield file.get_batch(index)
    except (OSError, pa.ArrowException) as cause:
        raise RecordError(f"{path}: damaged: {cause}; remove it and run again") from cause


def document_columns(path: Path) -> list[str]:
    """Return the names of the columns of a file that `BatchFile` wrote; none without a file.

    Raises:
        RecordError: The file is damaged.
    """
    if not path.exists():
        return []
    try:
        with pa.memory_map(str(path)) as source, pa.ipc.open_file(source) as file:
            return [str(name) for name in file.schema.names]
    except (OSError, pa.ArrowException) as cause:
        raise RecordError(f"{path}: damaged: {cause}; remove it and run again") from cause


def _lasts(name: str) -> bool:
    """Whether a column outlasts the pass: it is one of documents, their number, or a signal."""
    return name in SCHEMA.names or name == ROW or name.startswith(SIGNAL)


class RowFile(Generic[RowT]):
    """Rows of a side table written as they come. The file is there once it was left."""

    def __init__(self, path: Path, record: type[RowT]) -> None:
        self.path = path
        self.n_rows = 0
        self._columns = Columns(record)
        self._draft = path.with_suffix(f".{os.getpid()}.draft")
        self._pending: list[RowT] = []
        self._writer: pq.ParquetWriter | None = None

    def __enter__(self) -> Self:
        self.path.parent.mkdir(parents=True, exist_ok=True)
        return self

    def add(self, row: RowT) -> None:
        """Add one row."""
        self._pending.append(row)
        self.n_rows += 1
        if len(self._pending) >= _PENDING_ROWS:
            self._flush()

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        if error is None:
            self._flush()
        if self._writer is not None:
            self._writer.close()
        if error is not None:
            self._draft.unlink(missing_ok=True)
        elif self._writer is not None:
            self._draft.replace(self.path)
        else:
            self.path.unlink(missing_ok=True)

    def _flush(self) -> None:
        if not self._pending:
            return
        if self._writer is None:
            self._writer = pq.ParquetWriter(
                str(self._draft), self._columns.schema, compression="zstd"
            )
        self._writer.write_table(self._columns.table(self._pending, self.path.name))
        self._pending.clear()


def read_rows(path: Path, record: type[RowT]) -> Iterator[RowT]:
    """Yield the rows of a file that `RowFile` wrote; none where there is no file."""
    if path.exists():
        yield from Columns(record).read(path)


def row_batches(path: Path) -> Iterator[pa.RecordBatch]:
    """Yield a side table in batches; none where there is no file."""
    if path.exists():
        yield from read_batches(path)


def _difference(batch: pa.RecordBatch, schema: pa.Schema | None) -> str:
    known = set(schema.names) if schema is not None else set()
    return ", ".join(sorted(known ^ set(batch.schema.names))) or "other types"
