"""Distinct-n: the share of n-grams that are different ones (Li et al., 2016)."""

import numpy as np

from etude.errors import ConfigError
from etude.stages.corpus.synthetic.diversity._words import Mask, Passages
from etude.stages.corpus.synthetic.diversity.measures._base import Measure, Value


class DistinctN(Measure, frozen=True, kw_only=True):
    """Different n-grams by n-grams in all; it falls with size, so sizes must be equal."""

    n: int = 2
    """Words in a row, from 1 to 8."""

    def __post_init__(self) -> None:
        if not 1 <= self.n <= 8:
            raise ConfigError("n is from 1 to 8 words")

    @property
    def label(self) -> str:
        """Name of the figure."""
        return f"distinct_{self.n}"

    def prepare(self, passages: Passages, human: Passages) -> Value:
        """Return the share for any choice of passages; 0 where there is no n-gram."""
        grams = passages.grams(self.n)

        def value(chosen: Mask) -> float:
            counts = grams.counts(chosen)
            return float(np.count_nonzero(counts) / max(1, counts.sum()))

        return value
