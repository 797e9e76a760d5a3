"""Documents that say the same in other words: near copies by embedding, as SemDeDup finds them."""

from collections.abc import Iterator
from typing import Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from etude.errors import ConfigError
from etude.models.embedders import Vectors, embedders
from etude.stages.corpus.arrays import pick
from etude.stages.corpus.batch import rows, texts
from etude.stages.corpus.spill import Spill, SpillWriter
from etude.stages.corpus.steps._base import AcrossStep
from etude.stages.corpus.steps._clusters import Clusters, judge_copies, note_documents
from etude.stages.corpus.steps._keep import check_keep, scores

_WIDTH = 256
_POINT = np.dtype([("row", "<u8"), ("score", "<f8"), ("vector", "<f2", (_WIDTH,))])
_PLACED = np.dtype([("place", "<u8"), *(_POINT.descr)])
_POINTS = "points"
_GROUPS = "groups"
_TRAINED_ON = 50_000
_ROUNDS = 10
_BLOCK = 1024


class SemanticStep(AcrossStep, frozen=True, kw_only=True):
    """Drops documents whose embedding is very near that of one that stays (SemDeDup, 2023)."""

    threshold: float = 0.95
    """Cosine from which two documents are the same, from 0 to 1. Embeddings are averages of word
    vectors, so texts of one subject reach 0.8 without being copies."""
    max_chars: int = 2000
    """Only the first so many characters are embedded; 0 means all."""
    n_clusters: int = 0
    """Documents are compared within clusters of k-means; 0 makes one for every 4,000 documents."""
    keep: str = "first"
    """Which copy stays: `first` in the corpus, `longest`, `newest` (by date), `best_licence`
    (freest to use) or `signal:NAME` (highest); the first one among equals."""
    seed: int = 0
    """Chooses the documents that clusters are made from, and where they begin."""
    memory_bytes: int = 1_000_000_000
    """About how much memory deciding may take at once. A cluster that does not fit is compared in
    parts, and copies that fall into two parts are then missed."""

    def __post_init__(self) -> None:
        check_keep(self.keep)
        embedders.load("wordllama")
        if not 0 < self.threshold <= 1:
            raise ConfigError("threshold is a cosine above 0 and up to 1")
        if min(self.max_chars, self.n_clusters) < 0 or self.memory_bytes < 1:
            raise ConfigError("max_chars and n_clusters are from 0 on, memory_bytes above 0")

    def gather(self, batch: pa.RecordBatch, writer: SpillWriter) -> None:
        """Write the embedding of each document."""
        note_documents(batch, writer, "first")
        values = texts(batch)
        if self.max_chars:
            values = pc.utf8_slice_codeunits(values, 0, self.max_chars)
        vectors = embedders.make("wordllama").embed(values.to_pylist())
        known = np.flatnonzero(np.abs(vectors).sum(axis=1) > 0)
        records = np.empty(len(known), dtype=_POINT)
        score = scores(batch, self.keep)
        records["row"] = rows(batch)[known]
        records["score"] = 0 if score is None else score[known]
        records["vector"] = vectors[known]
        writer.write(_POINTS, records)

    def settle(self, spill: Spill) -> None:
        """Cluster the embeddings and find those that are too near to one that stays."""
        clusters = Clusters(spill)
        n_points = spill.count(_POINTS)
        n_clusters = min(n_points, self.n_clusters or -(-n_points // 4000))
        if n_points:
            centres = _train(_sample(spill, n_points, self.seed), n_clusters, self.seed)
            grouped = Spill(spill.folder / _GROUPS)
            _group(spill, grouped, centres)
            for points in _groups(grouped, self.memory_bytes):
                copies, kept = _find_copies(points, self.threshold)
                number = clusters.numbering.of_rows
                clusters.assign(number(copies), number(kept))
            grouped.clear()
        clusters.settle()

    def judge(self, batch: pa.RecordBatch, spill: Spill) -> pa.RecordBatch:
        """Mark the documents that go."""
        return judge_copies(batch, spill, "says the same as another")


def _sample(spill: Spill, n_points: int, seed: int) -> Vectors:
    """Return about `_TRAINED_ON` embeddings, the same whatever order parts were written in."""
    rng = np.random.default_rng(seed)
    share = min(1.0, _TRAINED_ON / n_points)
    chosen = [
        points["vector"][rng.random(len(points)) < share].astype(np.float32)
        for points in spill.read(_POINTS)
    ]
    return np.concatenate(chosen)


def _train(vectors: Vectors, n_clusters: int, seed: int) -> Vectors:
    """Return the centres of k-means by cosine, [clusters, 256]."""
    if n_clusters <= 1 or not len(vectors):
        return np.zeros((1, _WIDTH), dtype=np.float32)
    rng = np.random.default_rng(seed)
    start = rng.choice(len(vectors), min(n_clusters, len(vectors)), replace=False)
    centres = vectors[np.sort(start)]
    for _ in range(_ROUNDS):
        nearest = _nearest(vectors, centres)
        sums = np.zeros_like(centres)
        np.add.at(sums, nearest, vectors)
        length = np.linalg.norm(sums, axis=1, keepdims=True)
        # A centre that lost all its points stays where it was.
        centres = np.where(length > 0, sums / np.maximum(length, 1e-9), centres)
    return centres


def _nearest(vectors: Vectors, centres: Vectors) -> npt.NDArray[np.int64]:
    pieces = [
        (vectors[first : first + 4096] @ centres.T).argmax(axis=1)
        for first in range(0, len(vectors), 4096)
    ]
    return np.concatenate(pieces)


def _group(spill: Spill, grouped: Spill, centres: Vectors) -> None:
    step = np.uint64((2**64 - 1) // len(centres))
    with grouped.writer(0) as writer:
        for points in spill.read(_POINTS):
            records = np.empty(len(points), dtype=_PLACED)
            nearest = _nearest(points["vector"].astype(np.float32), centres)
            records["place"] = nearest.astype(np.uint64) * step
            for name in _POINT.names or ():
                records[name] = points[name]
            writer.write_keyed(_GROUPS, records)


def _groups(grouped: Spill, memory_bytes: int) -> Iterator[npt.NDArray[Any]]:
    """Yield the points of each cluster; those of one that is too large in several parts."""
    limit = max(_BLOCK, memory_bytes // (4 * 4 * _WIDTH))
    for points in grouped.ranges(_GROUPS, memory_bytes // 4):
        ends = np.append(np.flatnonzero(np.diff(points["place"])) + 1, len(points))
        start = 0
        for end in ends.tolist():
            for first in range(start, end, limit):
                yield points[first : min(first + limit, end)]
            start = end


def _find_copies(
    points: npt.NDArray[Any], threshold: float
) -> tuple[npt.NDArray[np.uint64], npt.NDArray[np.uint64]]:
    """Return the rows that go, and for each the row that stays to which it is near.

    The best come first, and each goes if it is near to one that has stayed.
    """
    points = pick(points, np.lexsort((points["row"], -points["score"])))
    vectors = points["vector"].astype(np.float32)
    kept = np.zeros(0, dtype=np.int64)
    copy_of = np.full(len(points), -1, dtype=np.int64)
    for first in range(0, len(points), _BLOCK):
        block = np.arange(first, min(first + _BLOCK, len(points)))
        for begin in range(0, len(kept), 16 * _BLOCK):
            some = kept[begin : begin + 16 * _BLOCK]
            cosine = vectors[block] @ vectors[some].T
            near = (copy_of[block] < 0) & (cosine.max(axis=1) >= threshold)
            copy_of[block[near]] = some[(cosine[near] >= threshold).argmax(axis=1)]
        within = np.tril(vectors[block] @ vectors[block].T >= threshold, -1)
        for place in np.flatnonzero(within.any(axis=1)):
            earlier = within[place] & (copy_of[block] < 0)
            if copy_of[block[place]] < 0 and earlier.any():
                copy_of[block[place]] = block[earlier.argmax()]
        kept = np.concatenate([kept, block[copy_of[block] < 0]])
    gone = np.flatnonzero(copy_of >= 0)
    return points["row"][gone], points["row"][copy_of[gone]]
