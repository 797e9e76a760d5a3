"""fineweb: drops lists, tables and pages of short lines, by FineWeb's own rules."""

import pyarrow as pa

from etude.stages.corpus.batch import drop_where
from etude.stages.corpus.kernel.columns import SHORT_LINE, fineweb_name
from etude.stages.corpus.steps._base import Step
from etude.stages.corpus.steps._thresholds import (
    above,
    below,
    numbers_of,
    stored_signals,
    with_signals,
)


class FineWeb(Step, frozen=True, kw_only=True):
    """Judges as datatrove 0.10's FineWebQualityFilter does, rule by rule in this order.

    The thresholds are those of Penedo et al. 2024 (arXiv 2406.17557), section 3.6. Blank lines do
    not count; `None` switches a rule off. The numbers stay with the documents as
    `signal_line_punct_frac` and so on.
    """

    min_line_punct_frac: float | None = 0.12
    """Fewest lines that end with terminal punctuation of any script, as a share of all."""
    max_short_line_frac: float | None = 0.67
    """Most short lines, as a share of all."""
    short_line: int = SHORT_LINE
    """Characters of the longest line that is short."""
    max_char_dup_frac: float | None = 0.01
    """Most characters in lines that are copies of an earlier one, as a share of all characters
    that are not newlines."""
    max_list_ratio: float | None = 0.3
    """Most newlines for each word."""
    stored_signals: bool = False
    """Judge by the signals that the documents carry, and read no text; right only if the texts
    were not changed since they were measured."""

    def measures(self) -> frozenset[str]:
        """FineWeb's, with this length of short lines."""
        return frozenset() if self.stored_signals else frozenset({fineweb_name(self.short_line)})

    def apply(self, batch: pa.RecordBatch) -> pa.RecordBatch:
        """Drop what is a list or a table; keep the numbers as signals."""
        if self.stored_signals:
            numbers = stored_signals(batch, "fineweb", "fineweb_")
        else:
            numbers = numbers_of(batch, fineweb_name(self.short_line))
            batch = with_signals(batch, numbers, "fineweb_")
        return drop_where(
            batch,
            {
                "empty": ~(numbers["n_lines"] > 0),
                "too few lines end with punctuation": below(
                    numbers["line_punct_frac"], self.min_line_punct_frac
                ),
                "too many short lines": above(numbers["short_line_frac"], self.max_short_line_frac),
                "text in repeated lines": above(numbers["char_dup_frac"], self.max_char_dup_frac),
                "too many newlines": above(numbers["list_ratio"], self.max_list_ratio),
            },
        )
