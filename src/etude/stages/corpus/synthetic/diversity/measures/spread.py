"""Spread of embeddings: how far apart in meaning two passages are on average."""

import numpy as np

from etude.stages.corpus.synthetic.diversity._words import Mask, Passages
from etude.stages.corpus.synthetic.diversity.measures._base import Measure, Value


class Spread(Measure, frozen=True, kw_only=True):
    """Mean cosine distance over all pairs of passages."""

    def prepare(self, passages: Passages, human: Passages) -> Value:
        """Return the mean for any choice of passages; those without a word are left out."""
        vectors = passages.vectors.astype(np.float64)
        known = np.abs(vectors).sum(axis=1) > 0

        def value(chosen: Mask) -> float:
            some = vectors[chosen & known]
            if len(some) < 2:
                return 0.0
            # The cosines of all pairs sum up to the square of the sum, but for those with itself.
            total = float((some.sum(axis=0) ** 2).sum() - (some**2).sum())
            return 1.0 - total / (len(some) * (len(some) - 1))

        return value
