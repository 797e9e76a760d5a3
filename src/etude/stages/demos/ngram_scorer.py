"""A small language model of n-grams of words, with what was just said remembered.

It sees that an answer takes up the words of its instruction, and nothing of what they mean: good
for trying out and for gross cases, no substitute for a trained model.
"""

import re
import unicodedata
from collections import Counter
from collections.abc import Sequence
from itertools import pairwise
from math import log

_TOKEN = re.compile(r"[^\W_]++|[^\w\s]|_")
_MEMORY = 0.3
"""Weight of what was just said, a cache in the sense of Kuhn and De Mori (1990)."""
_PAIRS = 0.4
"""Weight of pairs of words, among what was learned."""
_MOST_TOKENS = 4000


class NgramScorer:
    """Learns single words and pairs of words from texts."""

    def __init__(self, texts: Sequence[str]) -> None:
        self._ones: Counter[str] = Counter()
        self._twos: Counter[tuple[str, str]] = Counter()
        for text in texts:
            tokens = _tokens(text)
            self._ones.update(tokens)
            self._twos.update(pairwise(tokens))
        self._n_tokens = self._ones.total()

    def score(self, text: str, context: str) -> tuple[float, int]:
        """Return the logarithm of the probability of `text` after `context`, and its tokens."""
        memory = Counter(_tokens(context))
        before = ""
        total = 0.0
        tokens = _tokens(text)
        n_memory = memory.total()
        for token in tokens:
            likely = self._learned(token, before)
            if n_memory:
                likely = (1 - _MEMORY) * likely + _MEMORY * memory[token] / n_memory
            total += log(likely)
            memory[token] += 1
            n_memory += 1
            before = token
        return total, len(tokens)

    def _learned(self, token: str, before: str) -> float:
        n_kinds = len(self._ones) + 1
        one = (self._ones[token] + 1.0) / (self._n_tokens + n_kinds)
        n_before = self._ones[before]
        if not n_before:
            return one
        return (1 - _PAIRS) * one + _PAIRS * self._twos[before, token] / n_before


def _tokens(text: str) -> list[str]:
    folded = unicodedata.normalize("NFKC", text).casefold()
    return _TOKEN.findall(folded)[:_MOST_TOKENS]
