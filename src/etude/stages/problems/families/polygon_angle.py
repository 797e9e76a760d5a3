"""Finds an angle of a polygon from its other angles."""

from fractions import Fraction
from random import Random

from etude.stages.problems.families._base import Family, Posed
from etude.stages.problems.families._level import by_level
from etude.stages.problems.families._number_text import decimal, has_decimal
from etude.stages.problems.families._slips import slips
from etude.stages.problems.families._wording import listed, worded

SHAPES = {3: "triangle", 4: "quadrilateral", 5: "pentagon", 6: "hexagon", 7: "heptagon"}
KNOWN = (
    "All interior angles of a convex {name} but one are {angles}. "
    "How large is the remaining one, in degrees?",
    "In a convex {name}, the interior angles measure {angles} and one more. Find the missing angle "
    "in degrees.",
    "A convex {name} has interior angles of {angles} and of $x$ degrees. What is $x$?",
)
RATIO = (
    "The interior angles of a {name} are in the ratio {ratio}. "
    "How large is the {which} of them, in degrees?",
    "Going up in size, the interior angles of a {name} are to each other as {ratio}. Find the "
    "{which} angle in degrees.",
    "A {name} has interior angles in the proportion {ratio}. What does the {which} one measure, "
    "in degrees?",
)


class PolygonAngleFamily(Family, frozen=True, kw_only=True):
    """Sums of interior angles, with angles known or in a ratio."""

    topic = "geometry"

    def pose(self, rng: Random, level: int) -> Posed:
        """Pose one polygon."""
        size = by_level(level, 3, rng.choice((4, 5)), rng.choice((5, 6, 7)), 4, 5)
        total = 180 * (size - 2)
        if level <= 3:
            return _known(rng, size, total)
        while True:
            ratio = sorted(rng.sample(range(2, 8 + 2 * size), size))
            unit = Fraction(total, sum(ratio))
            if has_decimal(unit) and ratio[-1] * unit < 180:
                break
        which = rng.choice(("smallest", "largest"))
        part = ratio[0] if which == "smallest" else ratio[-1]
        answer = part * unit
        wrong = [Fraction(part * 360, sum(ratio)), Fraction(part * 180, sum(ratio)), unit]
        wrong += [180 - answer, (ratio[0] + ratio[-1] - part) * unit]
        return Posed(
            statement=worded(
                rng, RATIO, name=SHAPES[size], ratio=" : ".join(map(str, ratio)), which=which
            ),
            answer=decimal(answer),
            near_misses=slips(
                decimal(answer), *(decimal(w) for w in wrong if w > 0 and has_decimal(w))
            ),
            solution=f"The angles add up to ${size - 2} \\cdot 180 = {total}$ degrees, which is "
            f"${sum(ratio)}$ parts of ${decimal(unit)}$. The {which} has ${part}$ parts: "
            f"${decimal(answer)}$.",
        )


def _known(rng: Random, size: int, total: int) -> Posed:
    """Give all angles but one."""
    while True:
        angles = [rng.randint(20, 175) for _ in range(size - 1)]
        answer = total - sum(angles)
        if 10 <= answer <= 175:
            break
    wrong = [answer - 180, answer + 180, 180 - answer, 360 - sum(angles), answer + 10, answer - 1]
    return Posed(
        statement=worded(
            rng, KNOWN, name=SHAPES[size], angles=listed([f"{angle}°" for angle in angles])
        ),
        answer=str(answer),
        near_misses=slips(answer, *(w for w in wrong if w > 0)),
        solution=f"The angles add up to ${size - 2} \\cdot 180 = {total}$ degrees, the known "
        f"ones to ${sum(angles)}$. So ${answer}$ are left.",
    )
