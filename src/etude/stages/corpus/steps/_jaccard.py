"""Exact similarity of pairs of documents: Jaccard of their sets of word n-grams, from a spill."""

from typing import Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from etude.stages.corpus.arrays import ArrayWriter, distinct, read_array
from etude.stages.corpus.batch import rows, texts
from etude.stages.corpus.kernel._texts import Texts
from etude.stages.corpus.kernel.shingles import hash_shingles
from etude.stages.corpus.spill import Spill, SpillWriter
from etude.stages.corpus.steps._clusters import Clusters, Numbering, Numbers

_SET = np.dtype([("row", "<u8"), ("size", "<u4")])
_SETS = "sets"
_GRAMS = "grams"
_AT_ONCE = 4_000_000
_ROUNDS = 16
"""A group of candidates is divided among so many leaders at most; the rest count as no copies."""


def note_grams(batch: pa.RecordBatch, writer: SpillWriter, n_grams: int) -> None:
    """Write the set of n-grams of each document, as hashes of 32 bits."""
    offsets, hashes = hash_shingles(Texts.of(texts(batch)), n_grams)
    document = np.repeat(np.arange(batch.num_rows, dtype=np.uint64), np.diff(offsets))
    grams = distinct((document << np.uint64(32)) | (hashes >> np.uint64(32)))
    sizes = np.bincount((grams >> np.uint64(32)).astype(np.int64), minlength=batch.num_rows)
    records = np.empty(batch.num_rows, dtype=_SET)
    records["row"], records["size"] = rows(batch), sizes
    writer.write(_SETS, records)
    writer.write(_GRAMS, grams.astype(np.uint32))


class Verifier:
    """Joins candidates whose sets of n-grams are similar enough."""

    def __init__(
        self, spill: Spill, clusters: Clusters, wanted: npt.NDArray[np.bool_], threshold: float
    ) -> None:
        """Lay the sets of the documents that are `wanted` side by side in one file."""
        self._clusters = clusters
        self._threshold = threshold
        self._start = spill.scratch(clusters.numbering.size, np.int64)
        self._size = spill.scratch(clusters.numbering.size, np.uint32)
        path = spill.folder / "grams.npy"
        with ArrayWriter(path, np.uint32) as writer:
            self._collect(spill, clusters.numbering, wanted, writer)
        self._grams = read_array(path)
        path.unlink()  # what is mapped stays until it is let go

    def _collect(
        self,
        spill: Spill,
        numbering: Numbering,
        wanted: npt.NDArray[np.bool_],
        writer: ArrayWriter,
    ) -> None:
        blocks = spill.read(_GRAMS)
        held: npt.NDArray[Any] = np.empty(0, dtype=np.uint32)
        for sets in spill.read(_SETS):
            sizes = sets["size"].astype(np.int64)
            pieces = [held]
            while sum(map(len, pieces)) < sizes.sum():
                pieces.append(next(blocks))
            grams = np.concatenate(pieces)
            held = grams[sizes.sum() :]
            numbers = numbering.of_rows(sets["row"])
            chosen = wanted[numbers]
            picked = numbers[chosen]
            self._start[picked] = writer.size + np.cumsum(sizes[chosen]) - sizes[chosen]
            self._size[picked] = sizes[chosen]
            writer.append(grams[: sizes.sum()][np.repeat(chosen, sizes)])

    def join(self, numbers: Numbers, starts: npt.NDArray[np.int64]) -> None:
        """Join, within groups of candidates, those that are similar to the first of the rest.

        Args:
            numbers: Documents, group after group.
            starts: For each, where its group begins.
        """
        for _ in range(_ROUNDS):
            other = starts != np.arange(len(starts))
            leader, follower = numbers[starts[other]], numbers[other]
            if not len(leader):
                return
            same = self._clusters.roots(leader) == self._clusters.roots(follower)
            ask = np.flatnonzero(~same)
            similar = self.similarity(leader[ask], follower[ask]) >= self._threshold
            same[ask[similar]] = True
            self._clusters.join(leader[same], follower[same])
            group = starts[other][~same]
            numbers = follower[~same]
            new = np.ones(len(group), dtype=np.bool_)
            new[1:] = group[1:] != group[:-1]
            starts = np.maximum.accumulate(np.where(new, np.arange(len(group)), 0))

    def similarity(self, left: Numbers, right: Numbers) -> npt.NDArray[np.float64]:
        """Return the share of the n-grams of each pair that both have."""
        found = np.zeros(len(left))
        together = self._size[left].astype(np.int64) + self._size[right]
        piece = np.cumsum(together) // _AT_ONCE
        for chosen in np.split(np.arange(len(left)), np.flatnonzero(np.diff(piece)) + 1):
            keys = np.concatenate([self._keys(left[chosen]), self._keys(right[chosen])])
            keys.sort()
            twice = keys[1:][keys[1:] == keys[:-1]] >> np.uint64(32)
            shared = np.bincount(twice.astype(np.int64), minlength=len(chosen))
            found[chosen] = shared / np.maximum(together[chosen] - shared, 1)
        return found

    def _keys(self, numbers: Numbers) -> npt.NDArray[np.uint64]:
        """Return the n-grams of documents, each under the place of its document in `numbers`."""
        sizes = self._size[numbers].astype(np.int64)
        begins = np.cumsum(sizes) - sizes
        place = np.arange(sizes.sum()) + np.repeat(self._start[numbers] - begins, sizes)
        pair = np.repeat(np.arange(len(numbers), dtype=np.uint64), sizes)
        keys: npt.NDArray[np.uint64] = (pair << np.uint64(32)) | self._grams[place]
        return keys
