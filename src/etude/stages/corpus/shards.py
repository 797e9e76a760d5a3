"""The last shards of a corpus: documents written as Parquet, under ids that nothing else has."""

import hashlib
import os
from collections.abc import Iterator
from pathlib import Path

import msgspec
import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from etude.stages.corpus.batch import ROW, SCHEMA, SIGNAL, with_column
from etude.stages.corpus.workroom import Workroom, document_columns, read_documents


class ShardSettings(msgspec.Struct, frozen=True, kw_only=True):
    """What the writing of shards is told."""

    folder: str
    number: int
    """The last pass, whose documents are written."""
    shard_bytes: int
    signals: tuple[str, ...]
    """Columns of signals that every shard has."""


class ShardUnit(msgspec.Struct, frozen=True, kw_only=True):
    """Parts that are written together."""

    number: int
    parts: tuple[int, ...]


class WrittenShard(msgspec.Struct, frozen=True, kw_only=True):
    """One Parquet file, made and waiting to be taken in."""

    name: str
    n_rows: int
    n_bytes: int
    """Text in it, UTF-8."""


def write_shards(settings: str, unit: str) -> str:
    """Write the documents of some parts as Parquet files; settings, unit and answer are JSON."""
    told = msgspec.json.decode(settings, type=ShardSettings)
    wanted = msgspec.json.decode(unit, type=ShardUnit)
    room = Workroom(Path(told.folder))
    renamed = _renamed(room)
    documents = (
        _conform(_rename(batch, renamed), told.signals)
        for batch in _documents_of(room, told.number, wanted.parts)
    )
    batch = next(documents, None)
    written: list[WrittenShard] = []
    while batch is not None:
        name = f"shard-{wanted.number:05}-{len(written):03}.parquet"
        draft = room.folder / f"{name}.{os.getpid()}.draft"
        n_rows = n_bytes = 0
        with pq.ParquetWriter(str(draft), batch.schema, compression="zstd") as writer:
            while batch is not None and n_bytes < told.shard_bytes:
                writer.write_batch(batch)
                n_rows += batch.num_rows
                n_bytes += text_bytes(batch)
                batch = next(documents, None)
        draft.replace(room.folder / name)
        written.append(WrittenShard(name=name, n_rows=n_rows, n_bytes=n_bytes))
    return msgspec.json.encode(written).decode()


def find_signals(room: Workroom, number: int, n_parts: int) -> tuple[str, ...]:
    """Return the signals that the documents of a pass have, in any part, in a settled order."""
    found: dict[str, None] = {}
    for part in range(n_parts):
        for name in document_columns(room.documents(number, part)):
            if name.startswith(SIGNAL):
                found[name] = None
    return tuple(found)


def text_bytes(batch: pa.RecordBatch) -> int:
    """Return the size of a batch's texts, UTF-8."""
    total: int | None = pc.sum(pc.cast(pc.binary_length(batch.column("text")), pa.int64())).as_py()
    return total or 0


def _conform(batch: pa.RecordBatch, signals: tuple[str, ...]) -> pa.RecordBatch:
    """Return the columns that every shard has: those of documents, and every signal."""
    there = set(batch.schema.names)
    arrays = [batch.column(name) for name in SCHEMA.names]
    arrays += [
        batch.column(name) if name in there else pa.nulls(batch.num_rows, pa.float32())
        for name in signals
    ]
    fields = [*SCHEMA, *(pa.field(name, pa.float32()) for name in signals)]
    return pa.RecordBatch.from_arrays(arrays, schema=pa.schema(fields))


def hash_ids(batch: pa.RecordBatch) -> npt.NDArray[np.uint64]:
    """Return a 64-bit hash of each document's id, uint64 [rows]."""
    hashes = (
        int.from_bytes(hashlib.blake2b(word.encode(), digest_size=8).digest())
        for word in batch.column("id").to_pylist()
    )
    return np.fromiter(hashes, dtype=np.uint64, count=batch.num_rows)


def ids_file(room: Workroom, part: int) -> Path:
    """Where the hashed ids of a part lie."""
    return room.folder / "pass-0" / f"{part:05}.ids.npy"


def find_repeated_ids(room: Workroom, n_parts: int) -> int:
    """Note which ids occur more than once, and the first document of each; return how many."""
    hashes = [np.load(ids_file(room, part)) for part in range(n_parts)]
    rows = [
        np.arange(len(found), dtype=np.uint64) + np.uint64(part << 32)
        for part, found in enumerate(hashes)
    ]
    every = np.concatenate([*hashes, np.zeros(0, np.uint64)])
    numbers = np.concatenate([*rows, np.zeros(0, np.uint64)])
    values, first, counts = np.unique(every, return_index=True, return_counts=True)
    again = counts > 1
    np.save(renamed_file(room), np.stack([values[again], numbers[first[again]]], axis=1))
    return int(again.sum())


def renamed_file(room: Workroom) -> Path:
    """Where the ids that occur more than once lie: hash and the row that keeps the id."""
    return room.folder / "renamed.npy"


def _renamed(room: Workroom) -> dict[int, int]:
    path = renamed_file(room)
    return {int(h): int(row) for h, row in np.load(path)} if path.exists() else {}


def _rename(batch: pa.RecordBatch, renamed: dict[int, int]) -> pa.RecordBatch:
    """Give documents whose id another one has already an id of their own."""
    if not renamed:
        return batch
    hashes = hash_ids(batch).tolist()
    if not any(h in renamed for h in hashes):
        return batch
    rows = batch.column(ROW).to_pylist()
    ids = [
        f"{word}#{row:x}" if renamed.get(h, row) != row else word
        for word, h, row in zip(batch.column("id").to_pylist(), hashes, rows, strict=True)
    ]
    return with_column(batch, "id", pa.array(ids, pa.string()))


def _documents_of(room: Workroom, number_: int, parts: tuple[int, ...]) -> Iterator[pa.RecordBatch]:
    for part in parts:
        yield from read_documents(room.documents(number_, part))
