"""What is looked for, and the words the parts of the search share.

A search has two passes. A scanner runs a handful of simple patterns, the *anchors*, over all bytes
at once and names the places where something may be. Around those places, in cells of a fixed grid,
a *group* of kinds looks with exact patterns and checks. What is found depends on the text alone and
never on the scanner, because a cell's outcome depends on its text only, and anchors stand in
everything that a group can find.
"""

import re
from collections.abc import Callable, Iterator
from typing import NamedTuple

CELL_BYTES = 128
"""Size of a cell of the grid that is laid over each text."""


class Found(NamedTuple):
    """One private item: a range of bytes and what it is."""

    start: int
    end: int
    kind: str


class Window(NamedTuple):
    """A cell to look at: items that begin in [low, high) of `data` are asked for.

    `begin` and `end` are the bounds of the cell's document; a newline or nothing stands at both.
    """

    data: bytes
    low: int
    high: int
    begin: int
    end: int

    def limit(self, reach: int) -> int:
        """Return where to stop reading for an item of at most `reach` bytes."""
        return min(self.end, self.high + reach)

    def before(self, start: int, size: int = 48) -> bytes:
        """Return what stands before a place, in lower case."""
        return self.data[max(self.begin, start - size) : start].lower()

    def after(self, end: int, size: int = 24) -> bytes:
        """Return what stands behind a place, in lower case."""
        return self.data[end : min(self.end, end + size)].lower()

    def matches(self, pattern: re.Pattern[bytes], reach: int) -> Iterator[re.Match[bytes]]:
        """Yield matches that begin in the cell."""
        for match in pattern.finditer(self.data, self.low, self.limit(reach)):
            if match.start() >= self.high:
                return
            yield match


class Anchor(NamedTuple):
    """A pattern that stands in every item of some kinds."""

    pattern: bytes
    """Bytes in the syntax that Hyperscan, RE2 and Python share: no look-around, no back-reference,
    nothing that depends on where a match ends."""
    reach: int
    """Bytes from the beginning of an item to the end of the anchor in it, at most."""


class Group(NamedTuple):
    """Kinds that are looked for together."""

    kinds: tuple[str, ...]
    anchors: tuple[Anchor, ...]
    find: Callable[[Window, frozenset[str]], Iterator[Found]]
    """Yields what of the wanted kinds begins in a cell; what overlaps is settled later."""
