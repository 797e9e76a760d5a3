"""best_share: keeps the best share of the documents by any signal, in all or in each group."""

import hashlib
from collections.abc import Iterator

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from etude.errors import ConfigError
from etude.stages.corpus.batch import drop_where, signal, texts, with_signal
from etude.stages.corpus.kernel._texts import Texts
from etude.stages.corpus.mixing import groups
from etude.stages.corpus.mixing.groups import fault_of_group
from etude.stages.corpus.spill import Spill, SpillWriter
from etude.stages.corpus.steps._base import AcrossStep

_RECORD = np.dtype([("value", "<f4"), ("size", "<u4")])
_CUTS = "cuts"
Numbers = npt.NDArray[np.float32]


class BestShare(AcrossStep, frozen=True, kw_only=True):
    """Drops all but the best share; can also sort documents into tiers, as CCNet does.

    A document for which the signal was not measured is kept, and has no tier.
    """

    signal: str = "quality"
    """By which signal, without `signal_`."""
    share: float = 1.0
    """How much is kept, 0 to 1 (DCLM: 0.1 by its classifier); equals of the last one are kept."""
    lowest: bool = False
    """Whether low values are the good ones, as those of perplexity are."""
    by: str = ""
    """Each group of documents for itself: `domain`, `language`, `year`, `source`, `host` …; empty
    compares all with all."""
    unit: str = "documents"
    """What the share is a share of: `documents` or `bytes`."""
    tiers: tuple[float, ...] = ()
    """Shares at which tiers end, rising: (0.3, 0.6) makes `signal_NAME_tier` 0 for the best 30 %,
    1 for those up to 60 % (CCNet's head and middle) and 2 for the rest. Empty writes none."""

    def __post_init__(self) -> None:
        if not 0 < self.share <= 1 or not all(0 < tier < 1 for tier in self.tiers):
            raise ConfigError("share is above 0 and at most 1, and tiers are between 0 and 1")
        if list(self.tiers) != sorted(set(self.tiers)):
            raise ConfigError("tiers rise: each ends after the one before")
        if self.unit not in ("documents", "bytes"):
            raise ConfigError(f"a share is of documents or of bytes, and not of {self.unit!r}")
        if self.by and (fault := fault_of_group(self.by)):
            raise ConfigError(fault)

    def gather(self, batch: pa.RecordBatch, writer: SpillWriter) -> None:
        """Write each document's value, to a bucket of its group.

        Raises:
            ConfigError: The documents have no such signal.
        """
        values, measured = self._values(batch)
        records = np.empty(batch.num_rows, dtype=_RECORD)
        records["value"] = values
        records["size"] = 1
        if self.unit == "bytes":
            records["size"] = np.minimum(Texts.of(texts(batch)).sizes(), 2**32 - 1)
        for name, there in self._groups(batch):
            writer.write(name, records[there & measured])

    def settle(self, spill: Spill) -> None:
        """Find the values at which each group is cut."""
        names = spill.buckets()
        cuts = np.zeros((len(names), 1 + len(self.tiers)), dtype=np.float32)
        for row, name in enumerate(names):
            cuts[row] = _cuts(spill, name, (self.share, *self.tiers))
        spill.decide("groups", np.array(names, dtype="S32"))
        spill.decide(_CUTS, cuts.reshape(-1))

    def judge(self, batch: pa.RecordBatch, spill: Spill) -> pa.RecordBatch:
        """Drop what is not among the best, and write tiers."""
        values, measured = self._values(batch)
        rows = {name.decode(): row for row, name in enumerate(spill.decision("groups"))}
        settled = spill.decision(_CUTS).reshape(-1, 1 + len(self.tiers))
        cuts = np.full((batch.num_rows, 1 + len(self.tiers)), -np.inf, dtype=np.float32)
        for name, there in self._groups(batch):
            if name in rows:
                cuts[there] = settled[rows[name]]
        if self.tiers:
            tier = (values[:, None] < cuts[:, 1:]).sum(axis=1).astype(np.float32)
            tier[~measured] = np.nan
            batch = with_signal(batch, f"{self.signal}_tier", tier)
        worse = measured & (values < cuts[:, 0]) & (self.share < 1)
        return drop_where(batch, {f"not among the best by {self.signal}": worse})

    def _values(self, batch: pa.RecordBatch) -> tuple[Numbers, npt.NDArray[np.bool_]]:
        """Return values of which the highest are best, and which were measured."""
        values = signal(batch, self.signal)
        if values is None:
            raise ConfigError(
                f"documents have no signal {self.signal!r}: measure it in a step before"
            )
        return -values if self.lowest else values, ~np.isnan(values)

    def _groups(self, batch: pa.RecordBatch) -> Iterator[tuple[str, npt.NDArray[np.bool_]]]:
        """Yield the bucket of each group, and which documents are in it."""
        if not self.by:
            yield "all", np.ones(batch.num_rows, dtype=np.bool_)
            return
        coded = groups(batch, self.by).dictionary_encode()
        codes = coded.indices.to_numpy()
        for code, name in enumerate(coded.dictionary.to_pylist()):
            yield hashlib.sha256(name.encode()).hexdigest()[:32], codes == code


def _cuts(spill: Spill, bucket: str, shares: tuple[float, ...]) -> Numbers:
    """Return the value of the last document within each share: exact, in two passes.

    The bits of a float sort as a whole number does, once the negative ones are turned round. The
    first pass counts by the upper half of these, the second by the lower half where a cut falls.
    """
    weights = np.zeros(1 << 16)
    for records in spill.read(bucket):
        keys = _sortable(records["value"])
        weights += np.bincount(keys >> 16, records["size"], 1 << 16)
    above = np.concatenate((np.cumsum(weights[::-1])[::-1], [0.0]))
    wanted = np.asarray(shares) * above[0]
    # The highest upper half from which on there is as much as is wanted.
    upper = np.searchsorted(-above[:-1], -wanted, side="right") - 1
    within = np.zeros((len(shares), 1 << 16))
    for records in spill.read(bucket):
        keys = _sortable(records["value"])
        for row, half in enumerate(upper):
            there = keys >> 16 == half
            within[row] += np.bincount(keys[there] & 0xFFFF, records["size"][there], 1 << 16)
    result = np.empty(len(shares), dtype=np.uint32)
    for row, half in enumerate(upper):
        reached = above[half + 1] + np.cumsum(within[row][::-1])[::-1]
        lower = np.searchsorted(-reached, -wanted[row], side="right") - 1
        result[row] = (int(half) << 16) + int(max(lower, 0))
    return _unsortable(result)


def _sortable(values: Numbers) -> npt.NDArray[np.int64]:
    bits = np.ascontiguousarray(values, dtype=np.float32).view(np.uint32)
    turned = np.where(bits >> 31, ~bits, bits | np.uint32(1 << 31))
    return turned.astype(np.int64)


def _unsortable(keys: npt.NDArray[np.uint32]) -> Numbers:
    bits = np.where(keys >> 31, keys & np.uint32((1 << 31) - 1), ~keys)
    return bits.astype(np.uint32).view(np.float32)
