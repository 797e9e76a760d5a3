"""Steps that also compare with earlier releases, through an index of keys on disk."""

from abc import abstractmethod
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from etude.errors import ConfigError
from etude.stages.corpus.arrays import pick
from etude.stages.corpus.index import Index
from etude.stages.corpus.spill import Spill
from etude.stages.corpus.steps._base import AcrossStep

Keys = npt.NDArray[np.uint64]
KEY = np.dtype([("high", "<u8"), ("low", "<u8"), ("row", "<u8")])

_KEY_FIELDS = ("key", "high", "low")
_RANGES_PER_MEMORY = 8
"""A range of records is sorted and copied a few times while it is settled."""


class IndexedStep(AcrossStep, frozen=True, kw_only=True):
    """Compares documents with each other and, where there is an index, with earlier releases."""

    index: str = ""
    """Folder of an index of earlier releases; what it holds is dropped here. Empty: none."""
    update_index: bool = False
    """Whether the keys of this run are added to the index once all is decided. A run that is
    repeated is not added twice and is never compared with itself."""
    release: str = ""
    """Name of this run in the index; a later run of the same name replaces its keys. Empty: named
    by its keys, so that only an equal run has the same name."""
    memory_bytes: int = 1_000_000_000
    """About how much memory deciding may take at once, whatever the size of the corpus."""

    def __post_init__(self) -> None:
        if self.update_index and not self.index:
            raise ConfigError("update_index is set, but no index is named")
        if self.memory_bytes <= 0:
            raise ConfigError("memory_bytes must be above 0")

    def known_reason(self) -> str:
        """Why a document goes that the index holds."""
        return f"in {Path(self.index).name}"

    @abstractmethod
    def index_kind(self) -> str:
        """What the keys are and all settings on which they depend, in words."""

    def open_index(self) -> Index | None:
        """Return the index, or `None` where none is named.

        Raises:
            ConfigError: It holds keys of another kind, or does not exist and is not to be made.
        """
        if not self.index:
            return None
        index = Index(Path(self.index), self.index_kind())
        if not index.releases() and not self.update_index:
            raise ConfigError(
                f"there is no index at {self.index}; make one with update_index, "
                "or with build_index from an earlier data set"
            )
        return index

    def name_run(self, spill: Spill, bucket: str) -> str:
        """Return the name of this run in the index, the same for the same keys in any order."""
        if self.release or not self.index:
            return self.release
        total = np.zeros(2, dtype=np.uint64)
        n_keys = 0
        for records in spill.read(bucket):
            names = records.dtype.names or ()
            times = np.ones(len(records), dtype=np.uint64)
            if "count" in names:
                times = records["count"].astype(np.uint64)
            for place, field in enumerate(name for name in names if name in _KEY_FIELDS):
                total[place] += (records[field] * times).sum(dtype=np.uint64)
            n_keys += int(times.sum())
        return f"run-{int(total[0]):016x}{int(total[1]):016x}-{n_keys}"

    def range_bytes(self) -> int:
        """How many bytes of records are settled at once."""
        return max(1, self.memory_bytes // _RANGES_PER_MEMORY)


def fresh_keys(
    index: Index, run: str, keys: Iterator[tuple[Keys, Keys]]
) -> Iterator[tuple[Keys, Keys]]:
    """Yield the keys that no release before this run had."""
    for high, low in keys:
        new = ~index.holds(high, low, before=run)
        yield high[new], low[new]


def find_repeated(
    records: npt.NDArray[Any], n_keys: int = 2, also: npt.NDArray[np.bool_] | None = None
) -> tuple[npt.NDArray[Any], npt.NDArray[np.int64]]:
    """Return the records whose key occurs more than once, and where the group of each begins.

    Args:
        records: Structured, sorted by their first field; the first `n_keys` fields are the key.
            Those of one key come back in the order of the fields that follow.
        n_keys: Number of fields that are the key.
        also: Records that are returned though they may be alone.
    """
    names = records.dtype.names or ()
    member = np.zeros(len(records), dtype=np.bool_) if also is None else also.copy()
    same = records[names[0]][1:] == records[names[0]][:-1]
    member[1:] |= same
    member[:-1] |= same
    found = pick(records, member)
    found = pick(found, np.lexsort([found[name] for name in reversed(names)]))
    starts = np.ones(len(found), dtype=np.bool_)
    for name in names[:n_keys]:
        starts[1:] &= found[name][1:] == found[name][:-1]
    starts[1:] = ~starts[1:]
    return found, np.maximum.accumulate(np.where(starts, np.arange(len(found)), 0))
