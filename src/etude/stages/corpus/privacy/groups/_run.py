"""A run of digits in its surroundings."""

import re
from collections.abc import Iterator
from typing import NamedTuple

from etude.stages.corpus.privacy._base import Window

_OTHERS = bytes(c for c in range(256) if not 48 <= c < 58)


class Run(NamedTuple):
    """Digits with separators between them, [start, end) of the window's data."""

    window: Window
    start: int
    end: int
    n_digits: int

    def matches(self, pattern: re.Pattern[bytes]) -> Iterator[re.Match[bytes]]:
        """Yield matches within the run; what stands around it can be looked at."""
        # A few bytes more, for what must not follow.
        stop = min(self.end + 8, self.window.end)
        for match in pattern.finditer(self.window.data, self.start, stop):
            if match.start() >= self.end:
                return
            yield match

    def follows(self, words: re.Pattern[bytes], start: int, size: int = 48) -> bool:
        """Say whether one of the words stands shortly before a place."""
        return words.search(self.window.before(start, size)) is not None


def digits_of(value: bytes) -> str:
    """Return the digits of a value, without what separates them."""
    return value.translate(None, _OTHERS).decode()
