"""gopher_repetition: drops documents that repeat themselves, by the rules of Gopher."""

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from etude.stages.corpus.batch import drop_where, texts
from etude.stages.corpus.kernel.columns import repetition_name
from etude.stages.corpus.steps._base import Step
from etude.stages.corpus.steps._thresholds import (
    Masks,
    above,
    numbers_of,
    stored_signals,
    with_signals,
)


class GopherRepetition(Step, frozen=True, kw_only=True):
    """Judges as datatrove 0.10's GopherRepetitionFilter does, rule by rule in this order.

    The thresholds are those of Rae et al. 2021 (arXiv 2112.11446), table A1. A share is of the
    text's characters where the name says so, else of its lines or paragraphs; `None` switches a
    rule off. The numbers stay with the documents as `signal_dup_para_frac` and so on.
    """

    dup_para_frac: float | None = 0.30
    """Most paragraphs that are copies of an earlier one, as a share of all paragraphs."""
    dup_para_char_frac: float | None = 0.20
    """Most characters in such paragraphs."""
    dup_line_frac: float | None = 0.30
    """Most lines that are copies of an earlier one, as a share of all lines."""
    dup_line_char_frac: float | None = 0.20
    """Most characters in such lines."""
    top_2_gram_char_frac: float | None = 0.20
    """Most characters in the most frequent sequence of two words."""
    top_3_gram_char_frac: float | None = 0.18
    """Most characters in the most frequent sequence of three words."""
    top_4_gram_char_frac: float | None = 0.16
    """Most characters in the most frequent sequence of four words."""
    dup_5_gram_char_frac: float | None = 0.15
    """Most characters in repeated sequences of five words."""
    dup_6_gram_char_frac: float | None = 0.14
    """Most characters in repeated sequences of six words."""
    dup_7_gram_char_frac: float | None = 0.13
    """Most characters in repeated sequences of seven words."""
    dup_8_gram_char_frac: float | None = 0.12
    """Most characters in repeated sequences of eight words."""
    dup_9_gram_char_frac: float | None = 0.11
    """Most characters in repeated sequences of nine words."""
    dup_10_gram_char_frac: float | None = 0.10
    """Most characters in repeated sequences of ten words."""
    every_signal: bool = False
    """Take every number of documents that are dropped too, at up to twice the time; else theirs end
    with the one that drops them. Documents that are kept have them all."""
    stored_signals: bool = False
    """Judge by the signals that the documents carry, and read no text; right only if the texts
    were not changed since they were measured."""

    def measures(self) -> frozenset[str]:
        """Repetition, up to these thresholds."""
        return frozenset() if self.stored_signals else frozenset({self._measurement()})

    def apply(self, batch: pa.RecordBatch) -> pa.RecordBatch:
        """Drop what repeats itself; keep the numbers as signals."""
        if self.stored_signals:
            numbers = stored_signals(batch, "repetition")
        else:
            numbers = numbers_of(batch, self._measurement())
            batch = with_signals(batch, numbers)
        rules: Masks = {"empty": np.asarray(pc.equal(pc.binary_length(texts(batch)), 0))}
        for name, reason in _REASONS.items():
            rules[reason] = above(numbers[name], getattr(self, name))
        return drop_where(batch, rules)

    def _measurement(self) -> str:
        if self.every_signal:
            return "repetition"
        limits = {name: getattr(self, name) for name in _REASONS}
        return repetition_name({name: most for name, most in limits.items() if most is not None})


_REASONS = {
    "dup_para_frac": "repeated paragraphs",
    "dup_para_char_frac": "text in repeated paragraphs",
    "dup_line_frac": "repeated lines",
    "dup_line_char_frac": "text in repeated lines",
    **{f"top_{n}_gram_char_frac": f"most frequent {n}-gram" for n in (2, 3, 4)},
    **{f"dup_{n}_gram_char_frac": f"repeated {n}-grams" for n in range(5, 11)},
}
