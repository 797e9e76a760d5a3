"""First pass of packing: every document is encoded once and put into the bucket of its place.

The order of the whole corpus is drawn document by document: a number of chance decides the
bucket, and the order within it. So a bucket at a time is all that is ever in memory, and sources
may be read, or read again after a crash, one by one.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any, NamedTuple

import msgspec
import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from etude.errors import RecordError
from etude.stages.corpus.tokens.arrange import Documents, ends, take
from etude.stages.corpus.tokens.encode import Encoder
from etude.stages.corpus.tokens.shuffle import mix
from etude.store import Dataset, write_whole

REPEATS = "signal_repeats"
"""Column with how often a document is to occur; null is once."""
MOST_ROUNDS = 1000
_FLUSH_TOKENS = 1 << 24
_ROW_BITS = 32
_BYTES_PER_TOKEN = 3.5
_INDEX = np.dtype([("key", "<u8"), ("row", "<u8"), ("n", "<u4")])


class Rounds(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """How the order of a corpus is divided."""

    n_rounds: int
    """Passes over the data. A document that is repeated occurs at most once in each."""
    n_buckets: int
    """Buckets of one round."""


class Gathered(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What became of one source."""

    n_documents: int
    n_left_out: int
    n_copies: int
    n_text_bytes: int
    n_tokens: int
    n_flushes: int


class Marks(NamedTuple):
    """The token that parts documents."""

    end_of_text: int
    at_start: bool
    """Before each document instead of after it."""


def plan_rounds(data: Dataset, bucket_tokens: int) -> Rounds:
    """Decide how many rounds and buckets there are, without reading any text.

    Raises:
        RecordError: A shard is damaged.
    """
    most, copies, rows = 1.0, 0.0, 0
    for batch in data.batches("documents", [REPEATS, "id"]):
        repeats = _repeats(batch)
        rows += len(repeats)
        copies += float(repeats.sum())
        most = max(most, float(repeats.max(initial=0.0)))
    n_rounds = min(int(np.ceil(most)), MOST_ROUNDS)
    tokens = text_bytes(data) / _BYTES_PER_TOKEN * (copies / rows if rows else 1.0)
    return Rounds(n_rounds=n_rounds, n_buckets=max(1, round(tokens / n_rounds / bucket_tokens)))


def source_names(data: Dataset) -> list[str]:
    """Return the names of the shards that documents are read from."""
    return [shard.name for shard in data.manifest.tables.get("documents", ())]


def text_bytes(data: Dataset) -> int:
    """Return about how much text a data set has, from what its shards say of themselves.

    Raises:
        RecordError: A shard is damaged.
    """
    total = 0
    for name in source_names(data):
        path = data.path / name
        try:
            meta = pq.read_metadata(path)
        except (OSError, pa.ArrowException) as cause:
            raise RecordError(f"{path}: {' '.join(str(cause).split())}") from cause
        at = [n for n in range(meta.num_columns) if meta.schema.column(n).path == "text"]
        groups = [meta.row_group(group) for group in range(meta.num_row_groups)]
        total += sum(group.column(n).total_uncompressed_size for group in groups for n in at)
    return total


class Gatherer:
    """Encodes sources into a folder, and reads buckets from it."""

    def __init__(self, folder: Path, rounds: Rounds, seed: int) -> None:
        self.folder = folder
        self.rounds = rounds
        self.seed = seed

    def done(self, number: int) -> Gathered | None:
        """Return what became of a source, if it was gathered before."""
        path = self.folder / f"{number:05}.json"
        return msgspec.json.decode(path.read_bytes(), type=Gathered) if path.exists() else None

    def gather(
        self, number: int, batches: Iterator[pa.RecordBatch], encoder: Encoder, marks: Marks
    ) -> Gathered:
        """Encode a source; it counts as gathered once all of it was."""
        flush = _Flush(self, number)
        for batch in batches:
            flush.add(batch, encoder, marks)
        flush.write()
        write_whole(self.folder / f"{number:05}.json", msgspec.json.encode(flush.gathered()))
        return flush.gathered()

    def bucket(self, number: int, dtype: np.dtype[Any]) -> Documents:
        """Return the documents of a bucket in their final order."""
        tokens, index = [np.zeros(0, dtype=dtype)], [np.zeros(0, dtype=_INDEX)]
        for path in sorted(self.folder.glob("*.bounds.npy")):
            bounds = np.load(path, mmap_mode="r")
            (first, last), (begin, end) = bounds[:, number : number + 2]
            stem = path.name.removesuffix(".bounds.npy")
            if first == last:
                continue
            index.append(np.load(self.folder / f"{stem}.index.npy", mmap_mode="r")[first:last])
            tokens.append(
                np.fromfile(
                    self.folder / f"{stem}.tokens",
                    dtype=dtype,
                    count=int(end - begin),
                    offset=int(begin) * dtype.itemsize,
                )
            )
        rows = np.concatenate(index)
        documents = Documents(np.concatenate(tokens), ends(rows["n"]))
        return take(documents, np.lexsort((rows["row"], rows["key"])))

    def copies(self, rows: npt.NDArray[np.uint64], repeats: npt.NDArray[np.float64]) -> _Copies:
        """Return in which round and bucket each copy of each document lies."""
        n_rounds = self.rounds.n_rounds
        whole = np.floor(repeats)
        extra = mix(rows, self.seed) >> np.uint64(11) < (repeats - whole) * float(1 << 53)
        counts = np.minimum(whole.astype(np.int64) + extra, n_rounds)
        owner = np.repeat(np.arange(len(rows)), counts)
        nth = np.arange(len(owner)) - np.repeat(ends(counts)[:-1], counts)
        # Copies are spread evenly over the rounds from a first one that chance decides.
        first = (mix(rows, self.seed + 1) % np.uint64(n_rounds)).astype(np.int64)
        round_ = (first[owner] + nth * n_rounds // np.maximum(counts[owner], 1)) % n_rounds
        key = mix(rows[owner] * np.uint64(MOST_ROUNDS) + round_.astype(np.uint64), self.seed + 2)
        n_buckets = np.uint64(self.rounds.n_buckets)
        within = (key >> np.uint64(32)) * n_buckets >> np.uint64(32)
        return _Copies(owner, round_ * self.rounds.n_buckets + within.astype(np.int64), key)


class _Copies(NamedTuple):
    owner: npt.NDArray[np.int64]
    bucket: npt.NDArray[np.int64]
    key: npt.NDArray[np.uint64]


class _Flush:
    """Documents of one source, written to disk whenever they are many."""

    def __init__(self, gatherer: Gatherer, number: int) -> None:
        self.gatherer = gatherer
        self.number = number
        self.seen = 0
        self.totals = np.zeros(5, dtype=np.int64)
        self.n_flushes = 0
        self._tokens: list[npt.NDArray[Any]] = []
        self._sizes: list[npt.NDArray[np.int64]] = []
        self._rows: list[npt.NDArray[np.uint64]] = []
        self._repeats: list[npt.NDArray[np.float64]] = []
        self._pending = 0

    def add(self, batch: pa.RecordBatch, encoder: Encoder, marks: Marks) -> None:
        """Encode a batch; documents without text or not wanted are left out."""
        n = batch.num_rows
        texts, repeats = batch.column("text"), _repeats(batch)
        rows = np.arange(self.seen, self.seen + n, dtype=np.uint64)
        rows |= np.uint64(self.number << _ROW_BITS)
        self.seen += n
        lengths = pc.fill_null(pc.binary_length(texts), 0).to_numpy(zero_copy_only=False)
        counts = np.bincount(self.gatherer.copies(rows, repeats).owner, minlength=n)
        wanted = (lengths > 0) & (counts > 0)
        encoded = encoder.encode(texts.filter(pa.array(wanted)))
        places = encoded.offsets[:-1] if marks.at_start else encoded.offsets[1:]
        tokens = np.insert(encoded.ids, places, encoded.ids.dtype.type(marks.end_of_text))
        copies = int(counts[wanted].sum())
        sizes = np.diff(encoded.offsets) + 1
        self.totals += (
            int(wanted.sum()),
            int(n - wanted.sum()),
            copies,
            int((lengths * counts)[wanted].sum()),
            int((sizes * counts[wanted]).sum()),
        )
        self._tokens.append(tokens)
        self._sizes.append(sizes)
        self._rows.append(rows[wanted])
        self._repeats.append(repeats[wanted])
        self._pending += len(tokens)
        if self._pending >= _FLUSH_TOKENS:
            self.write()

    def write(self) -> None:
        """Write what is pending, sorted by bucket."""
        if not self._pending:
            return
        rows = np.concatenate(self._rows)
        sizes = np.concatenate(self._sizes)
        copies = self.gatherer.copies(rows, np.concatenate(self._repeats))
        order = np.lexsort((rows[copies.owner], copies.key, copies.bucket))
        owner = copies.owner[order]
        sorted_ = take(Documents(np.concatenate(self._tokens), ends(sizes)), owner)
        index = np.empty(len(order), dtype=_INDEX)
        index["key"], index["row"], index["n"] = copies.key[order], rows[owner], sizes[owner]
        rounds = self.gatherer.rounds
        first = np.searchsorted(
            copies.bucket[order], np.arange(rounds.n_rounds * rounds.n_buckets + 1)
        )
        stem = self.gatherer.folder / f"{self.number:05}-{self.n_flushes:05}"
        stem.with_suffix(".tokens").write_bytes(sorted_.tokens.data)
        np.save(stem.with_suffix(".index.npy"), index)
        np.save(stem.with_suffix(".bounds.npy"), np.stack([first, sorted_.offsets[first]]))
        self.n_flushes += 1
        self._tokens, self._sizes, self._rows, self._repeats = [], [], [], []
        self._pending = 0

    def gathered(self) -> Gathered:
        """Return what became of the source."""
        documents, left_out, copies, n_bytes, tokens = (int(n) for n in self.totals)
        return Gathered(
            n_documents=documents,
            n_left_out=left_out,
            n_copies=copies,
            n_text_bytes=n_bytes,
            n_tokens=tokens,
            n_flushes=self.n_flushes,
        )


def _repeats(batch: pa.RecordBatch) -> npt.NDArray[np.float64]:
    """Return how often each document is wanted: once where nothing is said."""
    if batch.schema.get_field_index(REPEATS) < 0:
        return np.ones(batch.num_rows)
    values = batch.column(REPEATS).fill_null(1.0).to_numpy(zero_copy_only=False)
    known = np.nan_to_num(values.astype(np.float64), nan=1.0)
    repeats: npt.NDArray[np.float64] = np.clip(known, 0.0, float(MOST_ROUNDS))
    return repeats
