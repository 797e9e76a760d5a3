"""Entropy of n-grams: how evenly they are used, in bits (Shannon, 1948)."""

import numpy as np

from etude.errors import ConfigError
from etude.stages.corpus.synthetic.diversity._words import Mask, Passages
from etude.stages.corpus.synthetic.diversity.measures._base import Measure, Value


class NgramEntropy(Measure, frozen=True, kw_only=True):
    """Entropy of the n-grams; what is kept compares the numbers of even n-grams it stands for."""

    n: int = 2
    """Words in a row, from 1 to 8."""

    def __post_init__(self) -> None:
        if not 1 <= self.n <= 8:
            raise ConfigError("n is from 1 to 8 words")

    @property
    def label(self) -> str:
        """Name of the figure."""
        return f"entropy_{self.n}"

    def prepare(self, passages: Passages, human: Passages) -> Value:
        """Return the entropy for any choice of passages."""
        grams = passages.grams(self.n)

        def value(chosen: Mask) -> float:
            counts = grams.counts(chosen)
            shares = counts[counts > 0] / max(1, counts.sum())
            return float(-(shares * np.log2(shares)).sum())

        return value

    def kept(self, value: float, human: float) -> float:
        """Return 2 to the power of the difference: entropies are logarithms."""
        return float(2.0 ** (value - human))
