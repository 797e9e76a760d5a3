"""mix: brings domains to their shares of the mixture, by leaving out and by reading again."""

import hashlib

import msgspec
import numpy as np
import numpy.typing as npt
import pyarrow as pa

from etude.errors import ConfigError
from etude.stages.corpus.batch import drop_where, with_signal
from etude.stages.corpus.mixing import Plan, groups, natural, plan, repeats, tempered
from etude.stages.corpus.mixing.groups import UNITS, batch_totals, fault_of_group
from etude.stages.corpus.spill import Spill, SpillWriter
from etude.stages.corpus.steps._base import AcrossStep

_NAME_BYTES = 120
_TOTAL = np.dtype([("name", f"S{_NAME_BYTES}"), ("size", "<f8")])
_BUCKET = "sizes"
_SCHEMES = ("weights", "natural", "temperature", "unimax")


class Mix(AcrossStep, frozen=True, kw_only=True):
    """Chooses how often each document is read, and drops those that are not read at all.

    Which ones those are depends on their ids and the seed alone. `signal_repeats` tells whoever
    packs the corpus how many times to read a document.
    """

    by: str = "domain"
    """What makes a domain: `domain`, `language`, `year`, `source`, `licence`, `host`,
    `media_type`, or a column such as `signal_quality_tier`."""
    scheme: str = ""
    """`weights` as given below; `natural`: by size; `temperature`: by size to the power of
    1/temperature; `unimax`: as even as `max_epochs` allows (UniMax, Chung et al., 2023). Empty
    means `weights` where there are any, else `unimax`."""
    weights: dict[str, float] = msgspec.field(default_factory=dict)
    """Share of each domain; they need not sum to 1. A domain without one
    is left out."""
    temperature: float = 2.0
    """For the scheme `temperature`: 1 is natural, more is more even (XLM-R took 3.3)."""
    budget: float = 0
    """How much is read in all, in `unit`; 0 means as much as the shares allow with no domain read
    more than `max_epochs` times (for `unimax` with 0: every domain `max_epochs` times)."""
    max_epochs: float = 4
    """How often a domain may be read: up to 4 times is nearly as good as fresh text (Muennighoff
    et al., 2023). What a domain at its cap cannot give is shared out. 0 means no cap."""
    unit: str = "bytes"
    """What sizes are counted in: `bytes`, `words`, or `tokens` (the signal n_tokens)."""
    seed: int = 0

    def __post_init__(self) -> None:
        if self.scheme and self.scheme not in _SCHEMES:
            raise ConfigError(f"a scheme is {', '.join(_SCHEMES)}, and not {self.scheme!r}")
        if bool(self.weights) != (self._scheme() == "weights"):
            raise ConfigError("weights are for the scheme `weights`, and it needs them")
        if self.unit not in UNITS:
            raise ConfigError(f"sizes are in {', '.join(UNITS)}, and not in {self.unit!r}")
        if self.budget < 0 or self.max_epochs < 0 or self.temperature <= 0:
            raise ConfigError("budget and max_epochs are 0 or more, and temperature above 0")
        if self._scheme() == "unimax" and not (self.budget or self.max_epochs):
            raise ConfigError("unimax needs a budget, or a cap on epochs")
        if fault := fault_of_group(self.by):
            raise ConfigError(fault)

    def gather(self, batch: pa.RecordBatch, writer: SpillWriter) -> None:
        """Write how much there is of each domain."""
        totals = [(_key(name), size) for name, size, _ in batch_totals(batch, self.by, self.unit)]
        writer.write(_BUCKET, np.array(totals, dtype=_TOTAL))

    def settle(self, spill: Spill) -> None:
        """Work out how many times each domain is read.

        Raises:
            ConfigError: A weight is of a domain that no document is in.
        """
        sizes: dict[bytes, float] = {}
        for records in spill.read(_BUCKET):
            for name, size in zip(records["name"].tolist(), records["size"].tolist(), strict=True):
                sizes[name] = sizes.get(name, 0.0) + size
        settled = self.plan({name.decode(errors="replace"): sizes[name] for name in sorted(sizes)})
        spill.decide("domains", np.array(sorted(sizes), dtype=f"S{_NAME_BYTES}"))
        spill.decide("epochs", np.array([share.epochs for share in settled.shares]))

    def judge(self, batch: pa.RecordBatch, spill: Spill) -> pa.RecordBatch:
        """Write how many times to read each document, and drop those read no time."""
        epochs = dict(
            zip(spill.decision("domains").tolist(), spill.decision("epochs"), strict=True)
        )
        coded = groups(batch, self.by).dictionary_encode()
        of_name = np.array([epochs.get(_key(name), 0.0) for name in coded.dictionary.to_pylist()])
        of_row: npt.NDArray[np.float64] = of_name[coded.indices.to_numpy()]
        times = repeats(batch.column("id"), of_row, self.seed)
        batch = with_signal(batch, "repeats", times)
        return drop_where(
            batch,
            {"its domain is left out": of_row == 0, "over the share of its domain": times == 0},
        )

    def plan(self, sizes: dict[str, float]) -> Plan:
        """Return what is read of domains of these sizes.

        Raises:
            ConfigError: A weight is of an unknown domain, or no domain holds anything.
        """
        budget = self.budget
        if self._scheme() == "weights":
            wanted = self.weights
        elif self._scheme() == "temperature":
            wanted = tempered(sizes, self.temperature)
        elif self._scheme() == "natural":
            wanted = natural(sizes)
        else:
            wanted = dict.fromkeys(sizes, 1.0)
            budget = budget or sum(sizes.values()) * self.max_epochs
        return plan(sizes, wanted, budget, self.max_epochs)

    def _scheme(self) -> str:
        return self.scheme or ("weights" if self.weights else "unimax")


def _key(name: str) -> bytes:
    """Return a name as fixed-width records hold it: a long one is cut, and its digest added."""
    key = name.encode().replace(b"\0", b" ")
    if len(key) <= _NAME_BYTES:
        return key
    return key[: _NAME_BYTES - 17] + b" " + hashlib.sha256(key).hexdigest()[:16].encode()
