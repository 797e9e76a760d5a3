"""Exact copies: documents whose whole text, or whose address, is the same."""

from typing import Literal

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from etude.stages.corpus.batch import rows, texts
from etude.stages.corpus.kernel.digest import digests
from etude.stages.corpus.spill import Spill, SpillWriter
from etude.stages.corpus.steps._clusters import Clusters, judge_copies, note_documents
from etude.stages.corpus.steps._indexed import KEY, IndexedStep, find_repeated, fresh_keys
from etude.stages.corpus.steps._keep import check_keep

_KEYS = "keys"


class ExactStep(IndexedStep, frozen=True, kw_only=True):
    """Drops all but one of the documents that are the same."""

    by: Literal["text", "url"] = "text"
    """What is compared. By `url`: without scheme, `www.`, fragment and a slash at the end; a
    document without one has no copies. Dolma 1 dropped 53 % of Common Crawl's documents so."""
    fold: Literal["", "case", "space", "both"] = ""
    """Differences that do not count: of letter case, of white space, or both."""
    keep: str = "first"
    """Which copy stays: `first` in the corpus, `longest`, `newest` (by date), `best_licence`
    (freest to use) or `signal:NAME` (highest); the first one among equals."""

    def __post_init__(self) -> None:
        super().__post_init__()
        check_keep(self.keep)

    def gather(self, batch: pa.RecordBatch, writer: SpillWriter) -> None:
        """Write a digest of each document."""
        note_documents(batch, writer, self.keep)
        values = texts(batch)
        records = np.empty(batch.num_rows, dtype=KEY)
        if self.by == "url":
            values = _plain_urls(batch.column("url"))
        keys = digests(values, self.fold)
        records["high"], records["low"], records["row"] = keys[:, 0], keys[:, 1], rows(batch)
        if self.by == "url":
            records = records[pc.binary_length(values).to_numpy() > 0]
        writer.write_keyed(_KEYS, records)

    def settle(self, spill: Spill) -> None:
        """Find equal digests, and those that the index has."""
        clusters = Clusters(spill)
        index = self.open_index()
        run = self.name_run(spill, _KEYS)
        for records in spill.ranges(_KEYS, self.range_bytes()):
            if index is not None:
                known = index.holds(records["high"], records["low"], before=run)
                clusters.mark_known(clusters.numbering.of_rows(records["row"][known]))
            found, starts = find_repeated(records)
            numbers = clusters.numbering.of_rows(found["row"])
            clusters.join(numbers[starts], numbers)
        clusters.settle()
        if index is not None and self.update_index:
            ranges = spill.ranges(_KEYS, self.range_bytes())
            index.add(run, fresh_keys(index, run, ((r["high"], r["low"]) for r in ranges)))

    def judge(self, batch: pa.RecordBatch, spill: Spill) -> pa.RecordBatch:
        """Mark the copies."""
        reason = "exact copy" if self.by == "text" else "same address"
        return judge_copies(batch, spill, reason, self.known_reason())

    def index_kind(self) -> str:
        """What the keys are."""
        return f"digests of {self.by}, folded: {self.fold or 'nothing'}"


def _plain_urls(values: pa.StringArray) -> pa.StringArray:
    values = pc.replace_substring_regex(values, r"(?i)^[a-z][a-z0-9+.-]*://(www\.)?", "")
    return pc.replace_substring_regex(values, r"/*(#.*)?$", "")
