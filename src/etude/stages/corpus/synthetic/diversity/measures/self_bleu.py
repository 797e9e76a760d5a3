"""Self-BLEU: how well each passage is foretold by all the others (Zhu et al., 2018)."""

from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from etude.errors import ConfigError
from etude.stages.corpus.synthetic.diversity._words import Grams, Ints, Mask, Passages
from etude.stages.corpus.synthetic.diversity.measures._base import Measure, Value

_NONE = 0.1
"""Counts for an n-gram order without any match (method 1 of Chen & Cherry, 2014)."""


class SelfBleu(Measure, frozen=True, kw_only=True):
    """Mean BLEU of each passage with all others as references: more of it is less variety."""

    n: int = 4
    """The longest n-grams that are compared, from 1 to 8."""

    def __post_init__(self) -> None:
        if not 1 <= self.n <= 8:
            raise ConfigError("n is from 1 to 8 words")

    def prepare(self, passages: Passages, human: Passages) -> Value:
        """Return the mean for any choice of passages; 0 for a single one."""
        tables = [_Table.of(passages.grams(n)) for n in range(1, self.n + 1)]
        lengths = passages.lengths

        def value(chosen: Mask) -> float:
            if np.count_nonzero(chosen) < 2:
                return 0.0
            logs = np.zeros(len(chosen))
            for n, table in enumerate(tables, start=1):
                matched = np.maximum(table.matched(chosen), 0.0)
                possible = np.maximum(lengths - n + 1, 1)
                logs += np.log(np.where(matched > 0, matched, _NONE) / possible)
            scores = np.exp(logs / self.n + _brevity(lengths, chosen))
            return float(scores[chosen].mean())

        return value

    def kept(self, value: float, human: float) -> float:
        """Compare what is not foretold."""
        return (1.0 - value) / (1.0 - human) if human < 1 else 1.0


class _Table(NamedTuple):
    """How often each passage has each n-gram, sorted by n-gram, and those that have most first."""

    kinds: Ints
    owners: Ints
    counts: Ints

    @classmethod
    def of(cls, grams: Grams) -> "_Table":
        n_owners = int(grams.owners.max(initial=0)) + 1
        keys, counts = np.unique(grams.kinds * n_owners + grams.owners, return_counts=True)
        kinds, owners = keys // n_owners, keys % n_owners
        order = np.lexsort((owners, -counts, kinds))
        return cls(kinds[order], owners[order], counts[order])

    def matched(self, chosen: Mask) -> npt.NDArray[np.float64]:
        """Return how many n-grams of each passage the best of the other chosen ones match."""
        there = chosen[self.owners]
        kinds, owners, counts = self.kinds[there], self.owners[there], self.counts[there]
        if not len(kinds):
            return np.zeros(len(chosen))
        first = np.flatnonzero(np.concatenate([[True], kinds[1:] != kinds[:-1]]))
        group = np.cumsum(np.concatenate([[True], kinds[1:] != kinds[:-1]])) - 1
        sizes = np.diff(np.append(first, len(kinds)))
        most = counts[first]
        second = np.where(sizes > 1, counts[np.minimum(first + 1, len(counts) - 1)], 0)
        # A passage is no reference of itself: where it has most, the next one counts.
        limit = np.where(owners == owners[first][group], second[group], most[group])
        matched = np.minimum(counts, limit).astype(np.float64)
        return np.bincount(owners, matched, minlength=len(chosen)).astype(np.float64)


def _brevity(lengths: Ints, chosen: Mask) -> npt.NDArray[np.float64]:
    """Return the logarithm of the penalty for being shorter than the nearest other in length."""
    penalty = np.zeros(len(lengths))
    places = np.flatnonzero(chosen)
    order = places[np.argsort(lengths[places], kind="stable")]
    ranked = lengths[order].astype(np.float64)
    below = np.concatenate([[-np.inf], ranked[:-1]])
    above = np.concatenate([ranked[1:], [np.inf]])
    # Of two that are equally near the shorter one counts, as in BLEU.
    nearest = np.where(ranked - below <= above - ranked, below, above)
    short = nearest > ranked
    penalty[order[short]] = 1.0 - nearest[short] / np.maximum(ranked[short], 1.0)
    return penalty
