"""Finds areas and lengths of circles, sectors and rings in terms of pi."""

from fractions import Fraction
from random import Random

from etude.stages.problems.families._base import Family, Posed
from etude.stages.problems.families._level import by_level
from etude.stages.problems.families._slips import slips
from etude.stages.problems.families._wording import worded

CIRCLE = (
    "A circle has a {size} of {n}. What is its {what}, in terms of $\\pi$?",
    "Find the {what} of a circle whose {size} is {n}. Leave $\\pi$ in the answer.",
    "The {size} of a circle is {n}. Express its {what} as a multiple of $\\pi$.",
)
SECTOR = (
    "A circle has radius {n}. What is the {what} of its sector with an angle of {angle}°, in terms "
    "of $\\pi$?",
    "A sector is cut from a disc of radius {n}; its angle at the centre is {angle}°. Find the "
    "{what} of the sector and leave $\\pi$ in the answer.",
    "In a circle of radius {n}, two radii form an angle of {angle}°. Express the {what} that "
    "belongs to the angle as a multiple of $\\pi$.",
)
RING = (
    "Two circles have the same centre and the radii {n} and {m}. What is the area of the part of "
    "the ring between them that lies in an angle of {angle}° at the centre, in terms of $\\pi$?",
    "A windscreen wiper turns by {angle}°. Its blade reaches from {m} to {n} units away from the "
    "pivot. Find the area that the blade sweeps and leave $\\pi$ in the answer.",
    "From a sector of {angle}° and radius {n}, the sector with the same angle and the radius {m} "
    "is cut away. Express the area of what is left as a multiple of $\\pi$.",
)


class CircleSectorFamily(Family, frozen=True, kw_only=True):
    """Whole circles, sectors and pieces of rings."""

    topic = "geometry"

    def pose(self, rng: Random, level: int) -> Posed:
        """Pose one question."""
        n = rng.randint(2, by_level(level, 40, 60, 15, 24, 40))
        if level <= 2:
            return _circle(rng, n, level)
        grain = by_level(level, 30, 30, 30, 15, 5)
        angle = rng.choice([a for a in range(grain, 360, grain) if a != 180])
        share = Fraction(angle, 360)
        if level == 5:
            m = rng.randint(1, n - 1)
            area = share * (n * n - m * m)
            wrong = [share * (n - m) ** 2, share * n * n, area / share, share * (n * n + m * m)]
            return _posed(
                worded(rng, RING, n=n, m=m, angle=angle),
                rf"\frac{{{angle}}}{{360}} \cdot \pi \cdot ({n}^2 - {m}^2)",
                area,
                *wrong,
            )
        area, arc = share * n * n, share * 2 * n
        what = rng.choice(("area", "arc length"))
        answer, other = (area, arc) if what == "area" else (arc, area)
        rule = rf"{n}^2 \pi" if what == "area" else rf"2 \cdot {n} \pi"
        return _posed(
            worded(rng, SECTOR, n=n, what=what, angle=angle),
            rf"\frac{{{angle}}}{{360}} \cdot {rule}",
            answer,
            other,
            answer / share,
            answer * 2,
            Fraction(angle, 180) * n * n,
            answer * (1 - share) / share,
        )


def _circle(rng: Random, n: int, level: int) -> Posed:
    """Ask for the area or circumference of a circle."""
    size = rng.choice(("radius", "diameter")) if level == 2 else "radius"
    what = rng.choice(("area", "circumference"))
    radius = Fraction(n, 1 if size == "radius" else 2)
    area, around = radius * radius, 2 * radius
    answer, other = (area, around) if what == "area" else (around, area)
    how = r"\pi r^2" if what == "area" else r"2 \pi r"
    text = worded(rng, CIRCLE, size=size, n=n, what=what)
    return _posed(text, how, answer, other, answer * 2, answer * 4, answer / 2)


def _posed(statement: str, how: str, answer: Fraction, *wrong: Fraction) -> Posed:
    """Put a problem together."""
    text = _times_pi(answer)
    near = [_times_pi(w) for w in wrong if w > 0 and w != answer]
    return Posed(
        statement=statement,
        answer=text,
        near_misses=slips(text, *near, str(answer)),
        solution=f"${how} = {text}$.",
    )


def _times_pi(factor: Fraction) -> str:
    """Write a multiple of pi."""
    above = r"\pi" if factor.numerator == 1 else rf"{factor.numerator}\pi"
    return above if factor.denominator == 1 else rf"\frac{{{above}}}{{{factor.denominator}}}"
