"""Ledger: what a part of the corpus went through: counts, samples, findings, copies."""

import hashlib
import heapq
import itertools
from collections import Counter
from collections.abc import Iterator

import msgspec
import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from etude.records import DroppedDocument, DuplicateCopy, StepCount, Tally
from etude.stages.corpus.batch import CLUSTER, DROP, ROW, TALLY

_EXCERPT_CHARS = 2000
_COPY_CHARS = 300


class Size(msgspec.Struct):
    """How much text there is."""

    n: int = 0
    domains: dict[str, int] = {}
    """Bytes, by domain."""

    @property
    def n_bytes(self) -> int:
        """Bytes in all."""
        return sum(self.domains.values())

    def add(self, other: "Size") -> None:
        """Count more text in."""
        self.n += other.n
        for domain, n_bytes in other.domains.items():
            self.domains[domain] = self.domains.get(domain, 0) + n_bytes


class StepLedger(msgspec.Struct):
    """What one step did."""

    size_in: Size = msgspec.field(default_factory=Size)
    size_out: Size = msgspec.field(default_factory=Size)
    cpu_s: float = 0.0
    reasons: dict[str, int] = {}
    aside: dict[str, int] = {}
    """Documents set aside as broken, for what they did to the step."""
    tallies: dict[str, dict[str, int]] = {}
    """name -> value -> how often."""

    def add(self, other: "StepLedger") -> None:
        """Count in what the same step did elsewhere."""
        self.size_in.add(other.size_in)
        self.size_out.add(other.size_out)
        self.cpu_s += other.cpu_s
        for reason, n in other.reasons.items():
            self.reasons[reason] = self.reasons.get(reason, 0) + n
        for reason, n in other.aside.items():
            self.aside[reason] = self.aside.get(reason, 0) + n
        for name, values in other.tallies.items():
            mine = self.tallies.setdefault(name, {})
            for value, n in values.items():
                mine[value] = mine.get(value, 0) + n

    def count(self, label: str, place: int) -> StepCount:
        """Return it as a row of the funnel."""
        return StepCount(
            id=f"{place:02} {label}",
            step=label,
            n_in=self.size_in.n,
            n_out=self.size_out.n,
            bytes_in=self.size_in.n_bytes,
            bytes_out=self.size_out.n_bytes,
            cpu_s=round(self.cpu_s, 3),
            reasons=_most_first(self.reasons | self.aside),
            domains_in=_most_first(self.size_in.domains),
            domains_out=_most_first(self.size_out.domains),
        )

    def tally_rows(self, label: str) -> Iterator[Tally]:
        """Yield what was found, most frequent first."""
        for name, values in sorted(self.tallies.items()):
            for value, n in _most_first(values).items():
                yield Tally(
                    id=f"{label}/{name}/{value}", step=label, name=name, value=value, count=n
                )


class Samples:
    """Keeps so many dropped documents of each reason: those whose hashed ids are smallest.

    Which they are depends on the ids and the seed only, so the samples of a corpus are the same
    however it was cut into parts.
    """

    def __init__(self, per_reason: int, seed: int) -> None:
        self.per_reason = per_reason
        self.seed = seed
        self._offered = itertools.count()
        self._heaps: dict[tuple[str, str], list[tuple[int, str, int, DroppedDocument]]] = {}

    def offer(self, document: DroppedDocument) -> None:
        """Keep the document if it belongs to the samples."""
        word = f"{self.seed}\0{document.id}".encode(errors="surrogatepass")
        rank = -int.from_bytes(hashlib.blake2b(word, digest_size=8).digest())
        heap = self._heaps.setdefault((document.step, document.reason), [])
        entry = (rank, document.id, next(self._offered), document)
        if self.per_reason < 0 or len(heap) < self.per_reason:
            heapq.heappush(heap, entry)
        elif heap and entry[:2] > heap[0][:2]:
            heapq.heapreplace(heap, entry)

    def rows(self) -> Iterator[DroppedDocument]:
        """Yield the samples, by step and reason."""
        for _, heap in sorted(self._heaps.items()):
            for entry in sorted(heap, key=lambda entry: entry[:2], reverse=True):
                yield entry[3]


def measure(batch: pa.RecordBatch) -> Size:
    """Return how much text a batch holds."""
    if batch.num_rows == 0:
        return Size(0, {})
    sizes = pc.cast(pc.binary_length(batch.column("text")), pa.int64())
    table = pa.table({"domain": batch.column("domain"), "bytes": sizes})
    sums = table.group_by("domain").aggregate([("bytes", "sum")]).to_pydict()
    return Size(batch.num_rows, dict(zip(sums["domain"], sums["bytes_sum"], strict=True)))


def reasons(gone: pa.RecordBatch) -> dict[str, int]:
    """Count the reasons of dropped documents."""
    return dict(Counter(gone.column(DROP).to_pylist())) if gone.num_rows else {}


def dropped(gone: pa.RecordBatch, label: str) -> Iterator[DroppedDocument]:
    """Yield dropped documents as they are kept for samples."""
    if gone.num_rows == 0:
        return
    heads = pc.utf8_slice_codeunits(gone.column("text"), 0, _EXCERPT_CHARS).to_pylist()
    sizes = pc.binary_length(gone.column("text")).to_pylist()
    rows = zip(
        gone.column("id").to_pylist(), gone.column(DROP).to_pylist(), heads, sizes, strict=True
    )
    for row_id, reason, head, size in rows:
        yield DroppedDocument(id=row_id, step=label, reason=reason, excerpt=head, n_bytes=size)


def copies(batch: pa.RecordBatch, label: str) -> Iterator[DuplicateCopy]:
    """Yield the members of clusters of duplicates, as a comparing step left them."""
    if CLUSTER not in batch.schema.names:
        return
    there = batch.filter(batch.column(CLUSTER).is_valid())
    if there.num_rows == 0:
        return
    heads = pc.utf8_slice_codeunits(there.column("text"), 0, _COPY_CHARS).to_pylist()
    clusters, rows = there.column(CLUSTER).to_pylist(), there.column(ROW).to_pylist()
    for row_id, cluster, row, head in zip(
        there.column("id").to_pylist(), clusters, rows, heads, strict=True
    ):
        yield DuplicateCopy(
            id=row_id, step=label, cluster=cluster, kept=cluster == row, excerpt=head
        )


def take_tallies(batch: pa.RecordBatch, into: dict[str, dict[str, int]]) -> pa.RecordBatch:
    """Count the values of the tally columns and return the batch without them."""
    names = [name for name in batch.schema.names if name.startswith(TALLY)]
    for name in names:
        found = pc.value_counts(pc.list_flatten(batch.column(name)))
        counts = into.setdefault(name.removeprefix(TALLY), {})
        for value, n in zip(
            found.field("values").to_pylist(), found.field("counts").to_pylist(), strict=True
        ):
            counts[value] = counts.get(value, 0) + n
    return batch.drop_columns(names) if names else batch


def number(batch: pa.RecordBatch, part: int, first: int) -> pa.RecordBatch:
    """Return the batch with the numbers of its documents."""
    numbers = np.arange(first, first + batch.num_rows, dtype=np.uint64) + np.uint64(part << 32)
    return batch.append_column(pa.field(ROW, pa.uint64()), pa.array(numbers))


def _most_first(counts: dict[str, int]) -> dict[str, int]:
    return dict(sorted(counts.items(), key=lambda item: (-item[1], item[0])))
