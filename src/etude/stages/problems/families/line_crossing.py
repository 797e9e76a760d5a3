"""Finds where two lines cross."""

from fractions import Fraction
from random import Random

from etude.stages.problems.families._base import Family, Posed
from etude.stages.problems.families._level import by_level
from etude.stages.problems.families._number_text import latex
from etude.stages.problems.families._slips import slips
from etude.stages.problems.families._wording import worded

TEMPLATES = (
    "One line passes through ${a}$ and ${b}$, another through ${c}$ and ${d}$. At which point do "
    "they cross? Give an ordered pair $(x, y)$.",
    "Find the intersection of the line through ${a}$ and ${b}$ with the line through ${c}$ and "
    "${d}$, as an ordered pair $(x, y)$.",
    "The points ${a}$ and ${b}$ determine a line, and so do ${c}$ and ${d}$. Where do the two "
    "lines meet? Answer in the form $(x, y)$.",
)


class LineCrossingFamily(Family, frozen=True, kw_only=True):
    """Lines through two points each; the crossing may have fractions for coordinates."""

    topic = "geometry"

    def pose(self, rng: Random, level: int) -> Posed:
        """Pose one pair of lines."""
        top = by_level(level, 5, 8, 8, 10, 15)
        bottom = by_level(level, 1, 1, 4, 12, 60)
        while True:
            a, b, c, d = ((rng.randint(-top, top), rng.randint(-top, top)) for _ in range(4))
            ab, cd, ac = ((q[0] - p[0], q[1] - p[1]) for p, q in ((a, b), (c, d), (a, c)))
            cross = ab[0] * cd[1] - ab[1] * cd[0]
            if not cross:
                continue
            t = Fraction(ac[0] * cd[1] - ac[1] * cd[0], cross)
            x, y = a[0] + t * ab[0], a[1] + t * ab[1]
            size = max(x.denominator, y.denominator)
            if size <= bottom and (level < 3 or size > 1) and t not in {0, 1}:
                break
        wrong = [(y, x), (-x, y), (x, -y), (x + 1, y), (x, y - 1)]
        answer = _pair(x, y)
        return Posed(
            statement=worded(rng, TEMPLATES, a=a, b=b, c=c, d=d),
            answer=answer,
            near_misses=slips(answer, *(_pair(*w) for w in wrong if w != (x, y))),
            solution=f"A point of the first line is ${a} + t \\cdot {ab}$. It lies on the second "
            f"line for $t = {latex(t)}$, which gives ${answer}$.",
        )


def _pair(x: Fraction, y: Fraction) -> str:
    """Write an ordered pair."""
    return f"({latex(x)}, {latex(y)})"
