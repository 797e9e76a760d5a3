"""Rare words: the share of words that the human text hardly uses elsewhere; tails go first.

Generation after generation, what is rare is lost before all else (Shumailov et al., 2024).
"""

import numpy as np

from etude.errors import ConfigError
from etude.stages.corpus.synthetic.diversity._words import Ints, Mask, Passages
from etude.stages.corpus.synthetic.diversity.measures._base import Measure, Value


class RareWords(Measure, frozen=True, kw_only=True):
    """Share of words that occur at most so often in the other human texts, or never."""

    at_most: int = 1
    """Times in the human texts of other clusters; 0 counts only words they never use."""

    def __post_init__(self) -> None:
        if self.at_most < 0:
            raise ConfigError("at_most is from 0 on")

    def prepare(self, passages: Passages, human: Passages) -> Value:
        """Return the share for any choice of passages."""
        everywhere, within = _counts(human)
        rare = np.array(
            [
                sum(
                    everywhere.get(word, 0) - within.get((cluster, word), 0) <= self.at_most
                    for word in words
                )
                for words, cluster in zip(passages.words, passages.clusters.tolist(), strict=True)
            ]
        )
        lengths: Ints = passages.lengths

        def value(chosen: Mask) -> float:
            return float(rare[chosen].sum() / max(1, lengths[chosen].sum()))

        return value


def _counts(human: Passages) -> tuple[dict[str, int], dict[tuple[int, str], int]]:
    """Return how often each word occurs, and how often within each cluster."""
    everywhere: dict[str, int] = {}
    within: dict[tuple[int, str], int] = {}
    for words, cluster in zip(human.words, human.clusters.tolist(), strict=True):
        for word in words:
            everywhere[word] = everywhere.get(word, 0) + 1
            within[cluster, word] = within.get((cluster, word), 0) + 1
    return everywhere, within
