"""The same question in other words: near in meaning, and about the very same numbers."""

import re
from collections import defaultdict
from collections.abc import Sequence
from typing import ClassVar

import numpy as np

from etude.errors import ConfigError
from etude.models.embedders import embedders
from etude.stages.problems.likeness._base import Likeness

_NUMBER = re.compile(r"\d++(?:[.,]\d++)*+")
_WORDS = {
    word: str(value)
    for value, word in enumerate(
        ("zero", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten")
    )
}
_WORD = re.compile(r"[a-z]++")


class MeaningLikeness(Likeness, frozen=True, kw_only=True):
    """Finds problems that another one says in other words.

    Problems with other numbers are other problems, however near their words are: only those about
    the same numbers are compared.
    """

    reason: ClassVar[str] = "same question in other words"
    threshold: float = 0.9
    """Cosine of embeddings from which two statements mean the same, above 0 and up to 1."""
    embedder: str = "wordllama"
    """Where embeddings come from, by name."""

    def __post_init__(self) -> None:
        if not 0 < self.threshold <= 1:
            raise ConfigError("threshold is a cosine above 0 and up to 1")

    def copies(self, statements: Sequence[str]) -> list[int]:
        """Return for each statement the first that means the same and stays, or -1."""
        groups: dict[tuple[str, ...], list[int]] = defaultdict(list)
        for place, statement in enumerate(statements):
            groups[_numbers(statement)].append(place)
        several = [group for group in groups.values() if len(group) > 1]
        found = [-1] * len(statements)
        if not several:
            return found
        embedder = embedders.make(self.embedder)
        for group in several:
            vectors = embedder.embed([statements[place] for place in group])
            kept: list[int] = []
            for number, place in enumerate(group):
                near = vectors[kept] @ vectors[number] if kept else np.zeros(0)
                if len(near) and near.max() >= self.threshold:
                    found[place] = group[kept[int(near.argmax())]]
                else:
                    kept.append(number)
        return found


def _numbers(statement: str) -> tuple[str, ...]:
    """Return the numbers of a statement, in figures, sorted."""
    text = statement.casefold()
    figures = [number.replace(",", "") for number in _NUMBER.findall(text)]
    figures += [_WORDS[word] for word in _WORD.findall(text) if word in _WORDS]
    return tuple(sorted(figures))
