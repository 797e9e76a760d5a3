"""Clusters of copies: documents numbered densely, joined by union-find, one of each kept.

A document's number counts the rows of all parts in order, so that arrays over all documents can be
files that are mapped; nothing here holds more than a few columns of `_CHUNK` documents in memory.
"""

from collections.abc import Iterator
from typing import Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from etude.stages.corpus.batch import CLUSTER, drop, rows, with_column
from etude.stages.corpus.spill import Spill, SpillWriter
from etude.stages.corpus.steps._keep import scores

Numbers = npt.NDArray[np.int64]
RowNumbers = npt.NDArray[np.uint64]

SCORE = np.dtype([("row", "<u8"), ("score", "<f8")])
_EXTENT = "extent"
_SCORE = "score"
_NONE = np.uint64(2**64 - 1)
"""In the decision: no copy of it is in the corpus."""
_KNOWN = np.uint64(2**64 - 2)
"""In the decision: the index of an earlier release has it."""
_PART_BITS = np.uint64(32)
_NUMBER_BITS = np.uint64(2**32 - 1)
_CHUNK = 1 << 18


def note_documents(batch: pa.RecordBatch, writer: SpillWriter, keep: str) -> None:
    """Write which rows there are and, where the rule needs it, what speaks for each one."""
    if not batch.num_rows:
        return
    numbers = rows(batch)
    writer.write(_EXTENT, np.array([numbers.max()], dtype="<u8"))
    values = scores(batch, keep)
    if values is not None:
        records = np.empty(batch.num_rows, dtype=SCORE)
        records["row"], records["score"] = numbers, values
        writer.write(_SCORE, records)


class Numbering:
    """Dense numbers, from 0, for the rows of a corpus."""

    def __init__(self, parts: npt.NDArray[np.uint64], sizes: npt.NDArray[np.int64]) -> None:
        self._parts = parts
        self._sizes = sizes
        self._starts = np.concatenate([[0], np.cumsum(sizes)]).astype(np.int64)
        self.size = int(self._starts[-1])

    @classmethod
    def of(cls, spill: Spill) -> "Numbering":
        """Return the numbering of what `note_documents` wrote."""
        last: dict[int, int] = {}
        for rows_seen in spill.read(_EXTENT):
            for row in rows_seen.tolist():
                last[row >> 32] = max(last.get(row >> 32, 0), (row & 0xFFFFFFFF) + 1)
        parts = sorted(last)
        sizes = np.array([last[part] for part in parts], dtype=np.int64)
        return cls(np.array(parts, dtype=np.uint64), sizes)

    @classmethod
    def decided(cls, spill: Spill) -> "Numbering":
        """Return the numbering that `save` left."""
        saved = spill.decision("numbering")
        return cls(saved["part"], saved["size"].astype(np.int64))

    def save(self, spill: Spill) -> None:
        """Leave the numbering for `judge`."""
        saved = np.empty(len(self._parts), dtype=[("part", "<u8"), ("size", "<u8")])
        saved["part"], saved["size"] = self._parts, self._sizes
        spill.decide("numbering", saved)

    def of_rows(self, numbers: RowNumbers) -> Numbers:
        """Return the dense numbers of rows, int64; -1 for a row that was not gathered."""
        if not len(self._parts):
            return np.full(len(numbers), -1, dtype=np.int64)
        part, within = numbers >> _PART_BITS, (numbers & _NUMBER_BITS).astype(np.int64)
        place = np.minimum(np.searchsorted(self._parts, part), len(self._parts) - 1)
        there = (self._parts[place] == part) & (within < self._sizes[place])
        return np.where(there, self._starts[place] + within, -1)

    def rows_of(self, numbers: Numbers) -> RowNumbers:
        """Return the rows that have these dense numbers, uint64."""
        place = np.searchsorted(self._starts, numbers, side="right") - 1
        within = (numbers - self._starts[place]).astype(np.uint64)
        return (self._parts[place] << _PART_BITS) | within


class Clusters:
    """Which documents are copies of each other: union-find over all of them."""

    def __init__(self, spill: Spill) -> None:
        self.numbering = Numbering.of(spill)
        self._spill = spill
        self._size = self.numbering.size
        self._number_type = np.uint32 if self._size < 2**32 else np.uint64
        self._parent = spill.scratch(self._size, self._number_type)
        self._known = spill.scratch(self._size, np.bool_)
        for chunk in self._chunks():
            self._parent[chunk] = np.arange(chunk.start, chunk.stop)

    def join(self, left: Numbers, right: Numbers) -> None:
        """Put documents that are copies of each other, pair by pair, into one cluster."""
        while len(left):
            left, right = self.roots(left), self.roots(right)
            apart = left != right
            low = np.minimum(left, right)[apart]
            high = np.maximum(left, right)[apart]
            # The root of a cluster is its first document, so links only ever lead backwards.
            np.minimum.at(self._parent, high, low.astype(self._number_type))
            left, right = high, low

    def mark_known(self, numbers: Numbers) -> None:
        """Note that the index of an earlier release has these documents."""
        self._known[numbers] = True

    def assign(self, numbers: Numbers, kept: Numbers) -> None:
        """Make documents copies of one that stays, whatever the scores; not beside `join`."""
        self._parent[numbers] = kept

    def roots(self, numbers: Numbers) -> Numbers:
        """Return the first document of each one's cluster, int64."""
        active = numbers
        found = self._parent[active]
        while True:
            above = self._parent[found]
            if np.array_equal(above, found):
                break
            self._parent[active] = above
            found = above
        return found.astype(np.int64)

    def settle(self) -> None:
        """Choose which document of every cluster stays and leave that for `judge_copies`."""
        has_copies = self._spill.scratch(self._size, np.bool_)
        for chunk in self._chunks():
            numbers = np.arange(chunk.start, chunk.stop)
            roots = self.roots(numbers)
            has_copies[roots[roots != numbers]] = True
            self._known[roots[self._known[chunk]]] = True
        kept = self._kept(has_copies)
        self._spill.decide_in_pieces("cluster", "<u8", self._decisions(has_copies, kept))
        self.numbering.save(self._spill)

    def _kept(self, has_copies: npt.NDArray[np.bool_]) -> npt.NDArray[Any]:
        """Return, at the first document of each cluster, the one that stays."""
        if not self._spill.count(_SCORE):
            return self._parent
        best = self._spill.scratch(self._size, np.float64, fill=-np.inf)
        for root, _, score in self._scored(has_copies):
            np.maximum.at(best, root, score)
        kept = self._spill.scratch(self._size, np.int64, fill=self._size)
        for root, number, score in self._scored(has_copies):
            top = score == best[root]
            np.minimum.at(kept, root[top], number[top])
        return kept

    def _scored(
        self, has_copies: npt.NDArray[np.bool_]
    ) -> Iterator[tuple[Numbers, Numbers, npt.NDArray[np.float64]]]:
        for records in self._spill.read(_SCORE):
            numbers = self.numbering.of_rows(records["row"])
            roots = self.roots(numbers)
            member = has_copies[roots]
            yield roots[member], numbers[member], records["score"][member]

    def _decisions(
        self, has_copies: npt.NDArray[np.bool_], kept: npt.NDArray[Any]
    ) -> Iterator[RowNumbers]:
        for chunk in self._chunks():
            roots = self.roots(np.arange(chunk.start, chunk.stop))
            member = has_copies[roots]
            cluster = np.full(len(roots), _NONE, dtype=np.uint64)
            cluster[member] = self.numbering.rows_of(kept[roots[member]].astype(np.int64))
            cluster[self._known[roots]] = _KNOWN
            yield cluster

    def _chunks(self) -> Iterator[slice]:
        for start in range(0, self._size, _CHUNK):
            yield slice(start, min(start + _CHUNK, self._size))


def judge_copies(
    batch: pa.RecordBatch, spill: Spill, reason: str, known_reason: str = ""
) -> pa.RecordBatch:
    """Mark the documents that are copies of one that stays, and fill the column of clusters."""
    numbers = rows(batch)
    dense = Numbering.decided(spill).of_rows(numbers)
    decided = np.full(batch.num_rows, _NONE, dtype=np.uint64)
    seen = dense >= 0
    decided[seen] = spill.decision("cluster")[dense[seen]]
    known = decided == _KNOWN
    alone = known | (decided == _NONE)
    clusters = pa.array(decided, mask=alone)
    if CLUSTER in batch.schema.names:
        clusters = pa.compute.coalesce(clusters, batch.column(CLUSTER))
    reasons = np.full(batch.num_rows, None, dtype=object)
    reasons[~alone & (decided != numbers)] = reason
    reasons[known] = known_reason
    batch = with_column(batch, CLUSTER, clusters)
    return drop(batch, pa.array(reasons, type=pa.string()))
