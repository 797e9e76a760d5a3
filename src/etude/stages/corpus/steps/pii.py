"""Finds private items and secrets, and masks, removes or fakes them."""

from __future__ import annotations

from collections import Counter
from typing import ClassVar, Literal

import numpy as np
import pyarrow as pa

from etude.stages.corpus.batch import TALLY, drop, texts, with_column, with_signal, with_texts
from etude.stages.corpus.privacy.finding import DEFAULT_KINDS, Finding, Search, find
from etude.stages.corpus.privacy.replace import without_private
from etude.stages.corpus.steps._base import Step


class Pii(Step, frozen=True, kw_only=True):
    """Looks at every byte once; what may be private is then checked by form, sum and context."""

    changes_text: ClassVar[bool] = True

    action: Literal["mask", "remove", "fake", "drop", "count"] = "mask"
    """`mask` puts `<EMAIL>` and the like, `remove` nothing, `fake` a value of nobody's that is the
    same for the same item; `drop` drops the document; `count` only counts."""
    kinds: tuple[str, ...] = DEFAULT_KINDS
    """Kinds to look for. The default leaves out `name` (weak), `wallet` (public as it is) and
    `private_ip` (addresses of RFC 1918 and the like)."""
    allow: tuple[str, ...] = ("noreply@", "no-reply@", "donotreply@")
    """Values that stay: a whole value, the beginning `name@` or the end `@domain` of an address.
    What is reserved for examples stays always: example.com, 192.0.2.0/24, 555-0100, test cards."""
    max_items: int | None = None
    """Also drop documents with more items than this, such as lists of addresses; `None`: never."""
    seed: int = 0
    """Key of the fakes: one data set, one seed."""
    scanner: Literal["auto", "hyperscan", "re2", "python"] = "auto"
    """Engine of the first pass; all find the same."""

    def apply(self, batch: pa.RecordBatch) -> pa.RecordBatch:
        """Return the batch without private items, with signals `pii_…` and the tally of kinds."""
        values = texts(batch).cast(pa.binary()).to_pylist()
        search = Search(kinds=self.kinds, allow=self.allow, scanner=self.scanner)
        if self.action == "drop" or self.action == "count":
            changed: dict[int, bytes] = {}
            found = find(values, search)
        else:
            changed, found = without_private(values, search, self.action, self.seed)
        if changed:
            for row, value in changed.items():
                values[row] = value
            batch = with_texts(batch, pa.array(values, type=pa.binary()).cast(pa.string()))
        batch = _counted(batch, found, self.kinds)
        return self._dropped(batch, found)

    def _dropped(self, batch: pa.RecordBatch, found: list[Finding]) -> pa.RecordBatch:
        """Mark the documents that are to go for what they hold."""
        if self.action != "drop" and self.max_items is None:
            return batch
        reasons: list[str | None] = [None] * batch.num_rows
        for row, n in Counter(item.text for item in found).items():
            if self.max_items is not None and n > self.max_items:
                reasons[row] = "too many private items"
        if self.action == "drop":
            for item in found:
                reasons[item.text] = reasons[item.text] or f"private: {item.kind}"
        return drop(batch, reasons)


def _counted(batch: pa.RecordBatch, found: list[Finding], kinds: tuple[str, ...]) -> pa.RecordBatch:
    """Add how many items of each kind there are, and the kinds found in each document."""
    counts = {kind: np.zeros(batch.num_rows, dtype=np.float32) for kind in kinds}
    tally: list[list[str]] = [[] for _ in range(batch.num_rows)]
    for item in found:
        if not counts[item.kind][item.text]:
            tally[item.text].append(item.kind)
        counts[item.kind][item.text] += 1
    for kind, numbers in counts.items():
        batch = with_signal(batch, f"pii_{kind}", numbers)
    return with_column(batch, f"{TALLY}pii", pa.array(tally, type=pa.list_(pa.string())))
