"""Words and passages of a text, in any script, and what measures ask of them."""

import re
from collections.abc import Sequence
from functools import cached_property
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from etude.models.embedders import Vectors, embedders

Ints = npt.NDArray[np.int64]
Mask = npt.NDArray[np.bool_]
MAX_CHARS = 1_000_000
"""Of one text; what follows is not read."""
_PASSAGE_CHARS = 4000
# Scripts without spaces count each character as a word.
_ALONE = "\u3040-\u30ff\u3400-\u4dbf\u4e00-\u9fff\uac00-\ud7af\u0e00-\u0e7f"
_WORD = re.compile(rf"[{_ALONE}]|[^\W{_ALONE}]+|[^\w\s]")


def split_words(text: str) -> list[str]:
    """Return the words and marks of a text, in lower case."""
    return [match[0].lower() for match in _WORD.finditer(text)]


def cut(text: str, n_words: int, least_words: int) -> list[str]:
    """Cut a text into passages of `n_words`; a last one of fewer than `least_words` is left out."""
    spans = [match.span() for match in _WORD.finditer(text[:MAX_CHARS])]
    return [
        text[spans[first][0] : spans[min(first + n_words, len(spans)) - 1][1]][:_PASSAGE_CHARS]
        for first in range(0, len(spans), n_words)
        if len(spans) - first >= least_words
    ]


def first_words(text: str, n_words: int) -> str:
    """Return a text up to the end of its word number `n_words`."""
    for number, match in enumerate(_WORD.finditer(text), start=1):
        if number == n_words:
            return text[: match.end()]
    return text


class Grams(NamedTuple):
    """Every run of n words of some passages, none of which crosses a border."""

    kinds: Ints
    """[grams]: equal numbers for equal runs."""
    owners: Ints
    """[grams]: the passage that each stands in; grows."""
    n_kinds: int

    def counts(self, chosen: Mask) -> Ints:
        """Return how often each kind occurs in the chosen passages."""
        return np.bincount(self.kinds[chosen[self.owners]], minlength=self.n_kinds)


class Passages:
    """Passages of equal rank, measured together; what is costly is worked out once."""

    def __init__(self, texts: Sequence[str], clusters: Sequence[int]) -> None:
        self.texts = tuple(texts)
        self.clusters: Ints = np.array(clusters, dtype=np.int64)
        """[passages]: those of one cluster come from the same human text."""
        self._grams: dict[int, Grams] = {}

    def __len__(self) -> int:
        return len(self.texts)

    @cached_property
    def words(self) -> list[list[str]]:
        """The words of each passage."""
        return [split_words(text) for text in self.texts]

    @cached_property
    def lengths(self) -> Ints:
        """Words of each passage."""
        return np.array([len(words) for words in self.words], dtype=np.int64)

    @cached_property
    def vectors(self) -> Vectors:
        """The embedding of each passage."""
        return embedders.make("wordllama").embed(self.texts)

    def grams(self, n: int) -> Grams:
        """Return every run of `n` words."""
        if n not in self._grams:
            self._grams[n] = self._first_grams() if n == 1 else self._longer_grams(n)
        return self._grams[n]

    def _first_grams(self) -> Grams:
        numbers: dict[str, int] = {}
        kinds = [numbers.setdefault(word, len(numbers)) for words in self.words for word in words]
        owners = np.repeat(np.arange(len(self)), self.lengths)
        return Grams(np.array(kinds, dtype=np.int64), owners, len(numbers))

    def _longer_grams(self, n: int) -> Grams:
        shorter, words = self.grams(n - 1), self.grams(1)
        # A run of n is a run of n - 1 and the word behind it; the last run of a passage has none.
        starts = np.concatenate([[0], np.cumsum(self.lengths)])[shorter.owners]
        counted = np.concatenate([[0], np.cumsum(np.maximum(self.lengths - n + 2, 0))])
        places = np.arange(len(shorter.kinds)) - counted[shorter.owners]
        inside = places + n - 1 < self.lengths[shorter.owners]
        behind = words.kinds[(starts + places + n - 1)[inside]]
        keys = shorter.kinds[inside] * max(words.n_kinds, 1) + behind
        found, kinds = np.unique(keys, return_inverse=True)
        return Grams(kinds.astype(np.int64), shorter.owners[inside], len(found))
