"""Counts posts, trees or cuts along a line or around a field."""

from random import Random

from etude.stages.problems.families._base import Family, Posed
from etude.stages.problems.families._level import by_level
from etude.stages.problems.families._slips import slips
from etude.stages.problems.families._wording import worded

LINE = (
    "A straight fence of {length} m has a post every {gap} m, with one at each end. "
    "How many posts does it have?",
    "Along a straight path {length} m long, lamps stand {gap} m apart, the first at its "
    "beginning and the last at its end. How many lamps are there?",
    "Trees are planted {gap} m apart in a straight row that is {length} m long from the first "
    "tree to the last. How many trees are planted?",
)
BETWEEN = (
    "Two houses stand {length} m apart. Between them, trees are planted in a straight row so that "
    "neighbouring trees, and each house and the tree next to it, are {gap} m apart. "
    "How many trees are there?",
    "A beam of {length} cm is sawn into pieces of {gap} cm each. How many cuts are made?",
    "A ribbon {length} cm long is marked at every {gap} cm, but not at its ends. "
    "How many marks does it get?",
)
RING = (
    "A rectangular field measures {a} m by {b} m. A post stands at every corner and every {gap} m "
    "along each side. How many posts are there?",
    "A rectangular garden, {a} m long and {b} m wide, is fenced all around, with a post at each "
    "corner and neighbouring posts {gap} m apart along the sides. How many posts does it take?",
    "Flags stand around a rectangular court of {a} m by {b} m: one in each corner, and "
    "neighbouring flags are {gap} m apart along the sides. How many flags are there?",
)
BOTH = (
    "On both sides of a straight road {length} m long, lamps stand {gap} m apart, beginning and "
    "ending right at the ends of the road. {skip} How many lamps are there in all?",
    "A straight avenue is {length} m long. On each of its two sides trees grow {gap} m apart, "
    "from one end to the other, both ends included. {skip} How many trees are there altogether?",
    "Both edges of a straight runway of {length} m carry lights {gap} m apart, with lights at both "
    "ends. {skip} What is the total number of lights?",
)


class FencePostsFamily(Family, frozen=True, kw_only=True):
    """How many things stand in a row: the gaps, one more, one less, or as many."""

    topic = "arithmetic"

    def pose(self, rng: Random, level: int) -> Posed:
        """Pose one row or ring."""
        gap = rng.randint(2, by_level(level, 6, 9, 12, 15, 25))
        n, m = (rng.randint(3, by_level(level, 20, 30, 40, 80, 150)) for _ in range(2))
        if level == 1:
            text = worded(rng, LINE, length=n * gap, gap=gap)
            why = f"With both ends there is one more than gaps: ${n} + 1 = {n + 1}$."
            return _posed(text, _gaps(n, gap) + why, n + 1, n, n + 2)
        if level == 2:
            text = worded(rng, BETWEEN, length=n * gap, gap=gap)
            why = f"Without the ends there is one less than gaps: ${n} - 1 = {n - 1}$."
            return _posed(text, _gaps(n, gap) + why, n - 1, n, n + 1)
        if level == 3:
            text = worded(rng, RING, a=n * gap, b=m * gap, gap=gap)
            ring = 2 * (n + m)
            why = f"A closed ring has as many as gaps: $2 \\cdot ({n} + {m}) = {ring}$."
            return _posed(text, why, ring, ring + 4, ring - 4, ring + 1, n + m)
        skipped = rng.randint(2, n) if level == 5 else 0
        skip = f"On one of the sides, {skipped} of them are missing." if skipped else ""
        text = worded(rng, BOTH, length=n * gap, gap=gap, skip=skip).replace("  ", " ")
        answer = 2 * (n + 1) - skipped
        why = f"Each side has ${n} + 1$, so there are $2 \\cdot {n + 1} - {skipped} = {answer}$."
        wrong = (2 * n - skipped, answer - 1, n + 1, answer - skipped)
        return _posed(text, _gaps(n, gap) + why, answer, *wrong)


def _gaps(n: int, gap: int) -> str:
    """Say how many gaps there are."""
    return f"There are ${n * gap} : {gap} = {n}$ gaps. "


def _posed(statement: str, solution: str, answer: int, *wrong: int) -> Posed:
    """Put a problem together."""
    return Posed(
        statement=statement,
        answer=str(answer),
        near_misses=slips(answer, *wrong, answer + 1, answer - 1),
        solution=solution,
    )
