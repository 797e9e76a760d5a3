"""gopher_quality: drops documents that are not like prose, by the rules of Gopher."""

import pyarrow as pa

from etude.stages.corpus.batch import drop_where
from etude.stages.corpus.steps._base import Step
from etude.stages.corpus.steps._thresholds import (
    above,
    below,
    numbers_of,
    stored_signals,
    with_signals,
)


class GopherQuality(Step, frozen=True, kw_only=True):
    """Judges as datatrove 0.10's GopherQualityFilter does, rule by rule in this order.

    The thresholds are those of Rae et al. 2021 (arXiv 2112.11446), appendix A.1.1. Words are those
    of spaCy's English tokeniser; `None` switches a rule off. The numbers stay with the documents as
    `signal_n_words` and so on.
    """

    min_words: int | None = 50
    """Fewest words that have more than punctuation."""
    max_words: int | None = 100_000
    """Most words that have more than punctuation."""
    min_mean_word_length: float | None = 3
    """Least mean length of such words, in characters."""
    max_mean_word_length: float | None = 10
    """Greatest mean length of such words, in characters."""
    max_hash_ratio: float | None = 0.1
    """Most signs # for each word."""
    max_ellipsis_ratio: float | None = 0.1
    """Most ellipses for each word."""
    max_bullet_lines_frac: float | None = 0.9
    """Most lines that begin with a bullet or a hyphen, as a share of all lines."""
    max_ellipsis_lines_frac: float | None = 0.3
    """Most lines that end with an ellipsis, as a share of all lines."""
    min_alpha_words_frac: float | None = 0.8
    """Fewest words with a letter, as a share of all words."""
    min_stop_words: int | None = 2
    """Fewest different words out of: the, be, to, of, and, that, have, with."""
    stored_signals: bool = False
    """Judge by the signals that the documents carry, and read no text; right only if the texts
    were not changed since they were measured."""

    def measures(self) -> frozenset[str]:
        """Quality."""
        return frozenset() if self.stored_signals else frozenset({"quality"})

    def apply(self, batch: pa.RecordBatch) -> pa.RecordBatch:
        """Drop what is not like prose; keep the numbers as signals."""
        if self.stored_signals:
            numbers = stored_signals(batch, "quality")
        else:
            numbers = numbers_of(batch, "quality")
            batch = with_signals(batch, numbers)
        # An empty text has no numbers, and no words.
        count = numbers["n_non_symbol_words"]
        few = below(count, self.min_words)
        if self.min_words:
            few |= count != count
        return drop_where(
            batch,
            {
                "too few words": few,
                "too many words": above(count, self.max_words),
                "words too short": below(numbers["mean_word_length"], self.min_mean_word_length),
                "words too long": above(numbers["mean_word_length"], self.max_mean_word_length),
                "too many #": above(numbers["hash_ratio"], self.max_hash_ratio),
                "too many ellipses": above(numbers["ellipsis_ratio"], self.max_ellipsis_ratio),
                "too many bullets": above(numbers["bullet_lines_frac"], self.max_bullet_lines_frac),
                "too many lines end with an ellipsis": above(
                    numbers["ellipsis_lines_frac"], self.max_ellipsis_lines_frac
                ),
                "too few words with letters": below(
                    numbers["alpha_words_frac"], self.min_alpha_words_frac
                ),
                "too few stop words": below(numbers["n_stop_words"], self.min_stop_words),
            },
        )
