"""Finds the exact distance of two points, in the plane or in space."""

from math import isqrt
from random import Random

from etude.stages.problems.families._base import Family, Posed
from etude.stages.problems.families._level import by_level
from etude.stages.problems.families._slips import slips
from etude.stages.problems.families._wording import worded

TEMPLATES = (
    "What is the distance between the points ${p}$ and ${q}$? Give it exactly, as an integer or in "
    "the form $a\\sqrt{{b}}$ with $b$ as small as possible.",
    "Find the exact length of the segment from ${p}$ to ${q}$, with any square root in simplest "
    "form.",
    "How far is ${p}$ from ${q}$ in a straight line? Simplify the square root in the answer as far "
    "as possible.",
)


class PointDistanceFamily(Family, frozen=True, kw_only=True):
    """Distances as an integer or a simplified square root."""

    topic = "geometry"

    def pose(self, rng: Random, level: int) -> Posed:
        """Pose one pair of points."""
        size = by_level(level, 2, 2, 3, 3, 4)
        top = by_level(level, 6, 15, 9, 20, 25)
        while True:
            p, q = ([rng.randint(-top, top) for _ in range(size)] for _ in range(2))
            steps = [b - a for a, b in zip(p, q, strict=True)]
            if all(steps) and _simplified(sum(s * s for s in steps))[0] > 1:
                break
        square = sum(s * s for s in steps)
        answer = _root_text(square)
        added = sum((b + a) ** 2 for a, b in zip(p, q, strict=True))
        wrong = [square, sum(abs(s) for s in steps)]
        roots = [s for s in (added, square + 4, square * 4) if s not in {0, square}]
        inside = " + ".join(f"({s})^2" for s in steps)
        near = [str(w) for w in wrong if w * w != square] + [_root_text(s) for s in roots]
        return Posed(
            statement=worded(rng, TEMPLATES, p=tuple(p), q=tuple(q)),
            answer=answer,
            near_misses=slips(answer, *near),
            solution=rf"$\sqrt{{{inside}}} = \sqrt{{{square}}} = {answer}$.",
        )


def _simplified(square: int) -> tuple[int, int]:
    """Return `a` and `b` with `a * sqrt(b)` for a square root, and `b` without square factors."""
    for factor in range(isqrt(square), 0, -1):
        if square % (factor * factor) == 0:
            return factor, square // (factor * factor)
    return 1, square


def _root_text(square: int) -> str:
    """Write a square root in simplest form."""
    factor, rest = _simplified(square)
    if rest == 1:
        return str(factor)
    return rf"{factor if factor > 1 else ''}\sqrt{{{rest}}}"
