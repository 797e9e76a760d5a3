"""Figures of a corpus, read from its data set: what the report shows and `--json` prints."""

import hashlib
import heapq
from collections import Counter
from collections.abc import Iterator
from typing import TypeVar

import msgspec
import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from etude.errors import ConfigError
from etude.records import BrokenRecord, DroppedDocument, DuplicateCopy, StepCount, Tally
from etude.stages.corpus.batch import SIGNAL
from etude.store import Dataset

RowT = TypeVar("RowT", bound=msgspec.Struct)
N_BINS = 24
_KEPT_SAMPLES = 24
_CLUSTERS = 12
_BROKEN_PLACES = 5
_EXCERPT_CHARS = 2000
_UNKNOWN = "not stated"


class Amount(msgspec.Struct, frozen=True, kw_only=True):
    """One part of the corpus, such as a language."""

    name: str
    n_documents: int
    n_bytes: int
    n_tokens: int | None
    """`None` where tokens were not counted."""


class Histogram(msgspec.Struct, frozen=True, kw_only=True):
    """How one signal is distributed over the documents that were kept."""

    name: str
    low: float
    """Where the first bin begins; what lies below is counted in it."""
    high: float
    """Where the last bin ends; what lies above is counted in it."""
    counts: tuple[int, ...]
    mean: float
    median: float
    n_missing: int


class KeptDocument(msgspec.Struct, frozen=True, kw_only=True):
    """A document that stayed, as a sample."""

    id: str
    excerpt: str
    n_bytes: int


class Cluster(msgspec.Struct, frozen=True, kw_only=True):
    """Documents that are copies of each other."""

    step: str
    n_copies: int
    kept: str
    """Id of the one that stays; empty when it was dropped by a later step or lies in an index."""
    excerpt: str
    others: tuple[str, ...]
    """Some ids of the others."""
    other_excerpt: str


class BrokenKind(msgspec.Struct, frozen=True, kw_only=True):
    """Records that could not be read for the same reason."""

    reason: str
    n: int
    places: tuple[str, ...]
    excerpt: str


class CorpusFigures(msgspec.Struct, frozen=True, kw_only=True):
    """Everything the report says of one corpus."""

    path: str
    digest: str
    recipe: str
    n_read: int
    n_kept: int
    bytes_read: int
    bytes_kept: int
    n_tokens: int | None
    funnel: tuple[StepCount, ...]
    dropped: dict[str, int]
    by_domain: tuple[Amount, ...]
    by_language: tuple[Amount, ...]
    by_licence: tuple[Amount, ...]
    by_year: tuple[Amount, ...]
    signals: tuple[Histogram, ...]
    kept_samples: tuple[KeptDocument, ...]
    dropped_samples: tuple[DroppedDocument, ...]
    clusters: tuple[Cluster, ...]
    cluster_sizes: dict[str, dict[int, int]]
    """Step -> copies in a cluster -> how many such clusters."""
    tallies: tuple[Tally, ...]
    broken: tuple[BrokenKind, ...]


def collect(held: Dataset) -> CorpusFigures:
    """Read the figures of a corpus from its data set.

    Raises:
        ConfigError: It is no data set of documents.
        RecordError: A shard is damaged.
    """
    if held.manifest.record != "document":
        raise ConfigError(f"{held.path} is a data set of {held.manifest.record}s, not of documents")
    funnel = tuple(held.rows("funnel", StepCount)) if "funnel" in held.tables() else ()
    walk = _Walk()
    for batch in held.batches("documents"):
        walk.add(batch)
    clusters, sizes = _clusters(held)
    tokens = walk.amounts["domain"]
    return CorpusFigures(
        path=held.path.name,
        digest=held.manifest.digest,
        recipe=held.manifest.recipe,
        n_read=held.manifest.counts.n_in,
        n_kept=held.manifest.counts.n_kept,
        bytes_read=funnel[0].bytes_in if funnel else walk.n_bytes,
        bytes_kept=walk.n_bytes,
        n_tokens=sum(t for _, _, t in tokens.values()) if walk.counted else None,
        funnel=funnel,
        dropped=held.manifest.counts.dropped,
        by_domain=walk.table("domain"),
        by_language=walk.table("language"),
        by_licence=walk.table("licence"),
        by_year=walk.table("year"),
        signals=tuple(walk.histograms()),
        kept_samples=walk.samples(),
        dropped_samples=tuple(_rows(held, "dropped", DroppedDocument)),
        clusters=clusters,
        cluster_sizes=sizes,
        tallies=tuple(_rows(held, "tallies", Tally)),
        broken=_broken(held),
    )


class _Walk:
    """One walk over the documents, column by column."""

    def __init__(self) -> None:
        self.n_bytes = 0
        self.counted = True
        self.amounts: dict[str, dict[str, tuple[int, int, int]]] = {
            name: {} for name in ("domain", "language", "licence", "year")
        }
        self.values: dict[str, list[npt.NDArray[np.float32]]] = {}
        self._heap: list[tuple[int, str, KeptDocument]] = []

    def add(self, batch: pa.RecordBatch) -> None:
        """Take one batch in."""
        sizes = pc.cast(pc.binary_length(batch.column("text")), pa.int64())
        self.n_bytes += pc.sum(sizes).as_py() or 0
        tokens = pa.nulls(batch.num_rows, pa.float32())
        for name in batch.schema.names:
            if name.startswith(SIGNAL):
                values = batch.column(name)
                self.values.setdefault(name.removeprefix(SIGNAL), []).append(
                    values.to_numpy(zero_copy_only=False)
                )
                if name == f"{SIGNAL}n_tokens":
                    tokens = values
        self.counted &= tokens.null_count == 0
        columns = {
            "domain": batch.column("domain"),
            "language": batch.column("language"),
            "licence": pc.struct_field(batch.column("origin"), "licence"),
            "year": pc.utf8_slice_codeunits(batch.column("date"), 0, 4),
        }
        for name, column in columns.items():
            self._add_up(name, column, sizes, tokens)
        self._sample(batch, sizes)

    def _add_up(self, name: str, column: pa.Array, sizes: pa.Array, tokens: pa.Array) -> None:
        table = pa.table({"name": column, "bytes": sizes, "tokens": tokens.fill_null(0)})
        sums = table.group_by("name").aggregate(
            [("bytes", "count"), ("bytes", "sum"), ("tokens", "sum")]
        )
        mine = self.amounts[name]
        for row in sums.to_pylist():
            n, b, t = mine.get(row["name"], (0, 0, 0))
            mine[row["name"]] = (
                n + row["bytes_count"],
                b + row["bytes_sum"],
                t + int(row["tokens_sum"]),
            )

    def _sample(self, batch: pa.RecordBatch, sizes: pa.Array) -> None:
        for row, row_id in enumerate(batch.column("id").to_pylist()):
            rank = -int.from_bytes(hashlib.blake2b(row_id.encode(), digest_size=8).digest())
            full = len(self._heap) >= _KEPT_SAMPLES
            if full and (rank, row_id) <= self._heap[0][:2]:
                continue
            head = pc.utf8_slice_codeunits(batch.column("text").slice(row, 1), 0, _EXCERPT_CHARS)
            kept = KeptDocument(id=row_id, excerpt=head[0].as_py(), n_bytes=sizes[row].as_py())
            push = heapq.heapreplace if full else heapq.heappush
            push(self._heap, (rank, row_id, kept))

    def samples(self) -> tuple[KeptDocument, ...]:
        """Return the sampled documents."""
        return tuple(kept for _, _, kept in sorted(self._heap, reverse=True))

    def table(self, name: str) -> tuple[Amount, ...]:
        """Return the amounts by one property, largest first; years in their order."""
        rows = [
            Amount(
                name=value or _UNKNOWN,
                n_documents=n,
                n_bytes=n_bytes,
                n_tokens=tokens if self.counted else None,
            )
            for value, (n, n_bytes, tokens) in self.amounts[name].items()
        ]
        if name == "year":
            return tuple(sorted(rows, key=lambda row: row.name))
        return tuple(sorted(rows, key=lambda row: (-row.n_bytes, row.name)))

    def histograms(self) -> Iterator[Histogram]:
        """Yield how each signal is distributed."""
        for name, pieces in sorted(self.values.items()):
            values = np.concatenate(pieces)
            there = values[np.isfinite(values)]
            if there.size == 0:
                continue
            low, high = (float(v) for v in np.percentile(there, (0.5, 99.5)))
            if high <= low:
                low, high = float(there.min()), float(there.max())
            if high <= low:
                high = low + 1.0
            counts, _ = np.histogram(np.clip(there, low, high), bins=N_BINS, range=(low, high))
            yield Histogram(
                name=name,
                low=low,
                high=high,
                counts=tuple(int(n) for n in counts),
                mean=float(there.mean()),
                median=float(np.median(there)),
                n_missing=int(values.size - there.size),
            )


def _rows(held: Dataset, table: str, record: type[RowT]) -> Iterator[RowT]:
    return held.rows(table, record) if table in held.tables() else iter(())


def _clusters(held: Dataset) -> tuple[tuple[Cluster, ...], dict[str, dict[int, int]]]:
    """Return the largest clusters and how many there are of each size."""
    members: dict[tuple[str, int], int] = Counter(
        (copy.step, copy.cluster) for copy in _rows(held, "duplicates", DuplicateCopy)
    )
    sizes: dict[str, dict[int, int]] = {}
    for (step, _), n in members.items():
        counts = sizes.setdefault(step, {})
        counts[n] = counts.get(n, 0) + 1
    largest = dict(sorted(members.items(), key=lambda item: (-item[1], item[0]))[:_CLUSTERS])
    found: dict[tuple[str, int], list[DuplicateCopy]] = {key: [] for key in largest}
    for copy in _rows(held, "duplicates", DuplicateCopy):
        if (copy.step, copy.cluster) in found:
            found[copy.step, copy.cluster].append(copy)
    shown = []
    for (step, _), copies in found.items():
        kept = next((copy for copy in copies if copy.kept), None)
        others = [copy for copy in copies if not copy.kept]
        shown.append(
            Cluster(
                step=step,
                n_copies=len(copies),
                kept=kept.id if kept else "",
                excerpt=kept.excerpt if kept else "",
                others=tuple(copy.id for copy in others[:4]),
                other_excerpt=others[0].excerpt if others else "",
            )
        )
    return tuple(shown), {step: dict(sorted(counts.items())) for step, counts in sizes.items()}


def _broken(held: Dataset) -> tuple[BrokenKind, ...]:
    found: dict[str, list[BrokenRecord]] = {}
    counts: Counter[str] = Counter()
    for row in _rows(held, "broken", BrokenRecord):
        counts[row.reason] += 1
        if len(found.setdefault(row.reason, [])) < _BROKEN_PLACES:
            found[row.reason].append(row)
    return tuple(
        BrokenKind(
            reason=reason,
            n=n,
            places=tuple(row.id for row in found[reason]),
            excerpt=found[reason][0].excerpt,
        )
        for reason, n in sorted(counts.items(), key=lambda item: (-item[1], item[0]))
    )
