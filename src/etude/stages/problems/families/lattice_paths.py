"""Counts shortest paths in a lattice through or around given points."""

from math import comb, factorial
from random import Random

from etude.stages.problems.families._base import Family, Posed
from etude.stages.problems.families._level import by_level
from etude.stages.problems.families._slips import slips
from etude.stages.problems.families._wording import worded

TEMPLATES = (
    "A path runs from $(0, 0)$ to $({a}, {b})$ in steps of one unit to the right or up. "
    "How many such paths {rule}?",
    "An ant walks from $(0, 0)$ to $({a}, {b})$; each of its steps adds 1 to one of the two "
    "coordinates. How many of its possible routes {rule}?",
    "Streets form a square grid. Someone goes from the corner $(0, 0)$ to the corner $({a}, {b})$, "
    "each time moving one block east or one block north. How many routes {rule}?",
)


class LatticePathsFamily(Family, frozen=True, kw_only=True):
    """Monotone paths, with points to pass or to avoid."""

    topic = "combinatorics"

    def pose(self, rng: Random, level: int) -> Posed:
        """Pose one count."""
        top = by_level(level, 7, 8, 8, 10, 12)
        a, b = rng.randint(3, top), rng.randint(3, top)
        p = (rng.randint(1, a - 1), rng.randint(1, b - 1))
        q = (rng.randint(p[0], a), rng.randint(p[1], b))
        while q in {p, (a, b)}:
            q = (rng.randint(p[0], a), rng.randint(p[1], b))
        every = _paths((0, 0), (a, b))
        by_p = _paths((0, 0), p) * _paths(p, (a, b))
        by_q = _paths((0, 0), q) * _paths(q, (a, b))
        by_both = _paths((0, 0), p) * _paths(p, q) * _paths(q, (a, b))
        rule, answer = by_level(
            level,
            ("are there", every),
            (f"pass through the point ${p}$", by_p),
            (f"avoid the point ${p}$", every - by_p),
            (f"pass through the point ${p}$ but not through ${q}$", by_p - by_both),
            (f"avoid both ${p}$ and ${q}$", every - by_p - by_q + by_both),
        )
        wrong = [every, by_p, every - by_p, by_both, every - by_p - by_q, factorial(a + b)]
        wrong += [comb(a + b + 2, a + 1), _paths((0, 0), p) + _paths(p, (a, b)), answer + 1]
        return Posed(
            statement=worded(rng, TEMPLATES, a=a, b=b, rule=rule),
            answer=str(answer),
            near_misses=slips(answer, *(w for w in wrong if w > 0)),
            solution=rf"In all there are $\binom{{{a + b}}}{{{a}}} = {every}$ paths. "
            + _detail(level, p, q, (by_p, by_q, by_both))
            + f"The answer is ${answer}$.",
        )


def _paths(start: tuple[int, int], end: tuple[int, int]) -> int:
    """Count the paths between two points without any condition."""
    right, up = end[0] - start[0], end[1] - start[1]
    return comb(right + up, up)


def _detail(
    level: int, p: tuple[int, int], q: tuple[int, int], counts: tuple[int, int, int]
) -> str:
    """Say how many paths meet the points."""
    if level == 1:
        return ""
    text = f"Through ${p}$ go ${counts[0]}$ of them. "
    if level >= 4:
        text += f"Through ${q}$ go ${counts[1]}$, through both ${counts[2]}$. "
    return text
