"""Sizes: how many lines in how many places real fixes change, and draws from that."""

from collections import Counter
from collections.abc import Sequence
from random import Random
from typing import NamedTuple


class Size(NamedTuple):
    """A range of sizes, and how many of a hundred real fixes lie in it."""

    n_hunks: int
    least: int
    """Lines."""
    most: int
    share: float


SIZES: Sequence[Size] = (
    Size(1, 1, 1, 22),
    Size(1, 2, 4, 13),
    Size(1, 5, 11, 9),
    Size(1, 12, 24, 3),
    Size(2, 2, 4, 9),
    Size(2, 5, 11, 10),
    Size(2, 12, 24, 5),
    Size(3, 3, 5, 4),
    Size(3, 6, 11, 6),
    Size(3, 12, 28, 5),
    Size(4, 4, 8, 4),
    Size(4, 9, 14, 5),
    Size(4, 15, 34, 5),
)
"""Lines and hunks of 142 fixes mined from nine projects and of BugsInPy's 500, put together: one
line in a quarter of them, four at the median, twenty at the ninetieth percentile; one hunk in a
half, two in a quarter."""
WITHIN_LINES = 0.8
"""Share of bugs for which something is looked for that changes a line, instead of only taking lines
out; four of five real fixes do more than add lines."""


def by_need(n_made: Counter[Size], rng: Random) -> list[Size]:
    """Sizes, the one of which most are missing so far first."""
    wish = {size: (n_made[size] + rng.random()) / size.share for size in SIZES}
    return sorted(SIZES, key=wish.__getitem__)
