"""Vendi score: how many texts of wholly different meaning these are worth (Friedman & Dieng, 2023).

It is exact for any number of passages: the eigenvalues of the similarities that are not zero are
those of the second moments of the embeddings, of which there are 256 at most.
"""

import numpy as np

from etude.stages.corpus.synthetic.diversity._words import Mask, Passages
from etude.stages.corpus.synthetic.diversity.measures._base import Measure, Value


class Vendi(Measure, frozen=True, kw_only=True):
    """The exponential of the entropy of the eigenvalues of the cosines, divided by their number."""

    def prepare(self, passages: Passages, human: Passages) -> Value:
        """Return the score for any choice of passages; those without a word are left out."""
        vectors = passages.vectors.astype(np.float64)
        known = np.abs(vectors).sum(axis=1) > 0

        def value(chosen: Mask) -> float:
            some = vectors[chosen & known]
            if not len(some):
                return 0.0
            small = some @ some.T if len(some) < some.shape[1] else some.T @ some
            found = np.linalg.eigvalsh(small / len(some))
            found = found[found > 1e-12]
            return float(np.exp(-(found * np.log(found)).sum()))

        return value
