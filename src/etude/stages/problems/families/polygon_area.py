"""Finds the area of a polygon from its corners."""

from fractions import Fraction
from math import atan2
from random import Random

from etude.stages.problems.families._base import Family, Posed
from etude.stages.problems.families._level import by_level
from etude.stages.problems.families._number_text import decimal
from etude.stages.problems.families._slips import slips
from etude.stages.problems.families._wording import listed, worded

TEMPLATES = (
    "What is the area of the {name} with the vertices {points}, in this order?",
    "The corners of a {name} are, going around, {points}. Find its area.",
    "A {name} has its vertices, in order, at {points}. Compute the area that it encloses.",
)
SHAPES = {3: "triangle", 4: "quadrilateral", 5: "pentagon", 6: "hexagon", 7: "heptagon"}
Point = tuple[int, int]


class PolygonAreaFamily(Family, frozen=True, kw_only=True):
    """Polygons with integer corners that do not cross themselves."""

    topic = "geometry"

    def pose(self, rng: Random, level: int) -> Posed:
        """Pose one polygon."""
        size = by_level(level, 3, 4, 5, 6, 7)
        points = _star(rng, size, by_level(level, 6, 7, 9, 12, 15))
        if rng.random() < 0.5:
            points.reverse()
        start = rng.randrange(size)
        points = points[start:] + points[:start]
        terms = [
            a[0] * b[1] - a[1] * b[0] for a, b in zip(points, [*points[1:], points[0]], strict=True)
        ]
        area = Fraction(abs(sum(terms)), 2)
        xs, ys = [p[0] for p in points], [p[1] for p in points]
        box = (max(xs) - min(xs)) * (max(ys) - min(ys))
        wrong = [2 * area, Fraction(abs(sum(terms[:-1])), 2), Fraction(box), area + Fraction(1, 2)]
        wrong.append(Fraction(abs(sum(abs(t) for t in terms)), 2))
        row = " + ".join(f"({term})" for term in terms)
        return Posed(
            statement=worded(
                rng, TEMPLATES, name=SHAPES[size], points=listed([f"${p}$" for p in points])
            ),
            answer=decimal(area),
            near_misses=slips(decimal(area), *(decimal(w) for w in wrong if w > 0)),
            solution="The shoelace formula adds $x_i y_{i+1} - x_{i+1} y_i$ along the sides: "
            rf"${row} = {sum(terms)}$. Half of its size is ${decimal(area)}$.",
        )


def _star(rng: Random, size: int, top: int) -> list[Point]:
    """Draw points that lie around the origin in different directions, less than half a turn apart.

    So the polygon does not cross itself and no three neighbours are needed on a line.
    """
    while True:
        points = [(rng.randint(-top, top), rng.randint(-top, top)) for _ in range(size)]
        if (0, 0) in points:
            continue
        points.sort(key=lambda p: atan2(p[1], p[0]))
        pairs = list(zip(points, [*points[1:], points[0]], strict=True))
        if not all(a[0] * b[1] - a[1] * b[0] > 0 for a, b in pairs):
            continue
        dx, dy = rng.randint(-top // 2, top), rng.randint(-top // 2, top)
        return [(x + dx, y + dy) for x, y in points]
