"""Finds sides, heights and circles of right triangles."""

from fractions import Fraction
from math import isqrt
from random import Random

from etude.stages.problems.families._base import Family, Posed
from etude.stages.problems.families._level import by_level
from etude.stages.problems.families._number_text import latex
from etude.stages.problems.families._slips import slips
from etude.stages.problems.families._wording import worded

LEVELS = {
    "hypotenuse": (
        "The legs of a right triangle are {a} and {b}. How long is the hypotenuse?",
        "A rectangle has sides of {a} and {b}. How long is its diagonal?",
        "Someone walks {a} km due east and then {b} km due north. How many kilometres is the "
        "starting point away in a straight line?",
    ),
    "leg": (
        "A right triangle has a hypotenuse of {c} and a leg of {a}. How long is the other leg?",
        "A ladder {c} dm long leans against an upright wall; its foot stands {a} dm from the wall. "
        "How many decimetres up the wall does it reach?",
        "The diagonal of a rectangle is {c}, and one of its sides is {a}. Find its other side.",
    ),
    "area": (
        "The hypotenuse of a right triangle is {c}, one of its legs {a}. What is its area?",
        "Find the area of a right triangle with a leg of length {a} and a hypotenuse of length "
        "{c}.",
        "In a right triangle the longest side measures {c} and another one {a}. How large is the "
        "area of the triangle?",
    ),
    "height": (
        "The legs of a right triangle are {a} and {b}. How long is its height on the hypotenuse? "
        "Give an integer or a fraction in lowest terms.",
        "A right triangle has legs of {a} and {b}. Find the distance of its right-angled corner "
        "from its hypotenuse, as an integer or a reduced fraction.",
        "In a rectangle with sides of {a} and {b}, how far is a corner from the diagonal that does "
        "not pass through it? Give an integer or a fraction in lowest terms.",
    ),
    "circles": (
        "A right triangle has a leg of {a} and a hypotenuse of {c}. What is the radius of the "
        "circle inscribed in it?",
        "Find the radius of the largest circle that fits into a right triangle whose hypotenuse is "
        "{c} and one of whose legs is {a}.",
        "A circle touches all three sides of a right triangle from inside. The longest side of the "
        "triangle is {c}, another one {a}. How long is the radius of the circle?",
    ),
}


class RightTriangleFamily(Family, frozen=True, kw_only=True):
    """Right triangles whose sides are integers."""

    topic = "geometry"

    def pose(self, rng: Random, level: int) -> Posed:
        """Pose one question on a triangle."""
        a, b, c = rng.choice(_triples(by_level(level, 120, 140, 160, 180, 200)))
        kind = by_level(level, *LEVELS)
        area, height, inner = Fraction(a * b, 2), Fraction(a * b, c), Fraction(a + b - c, 2)
        answer, how = {
            "hypotenuse": (Fraction(c), rf"\sqrt{{{a}^2 + {b}^2}}"),
            "leg": (Fraction(b), rf"\sqrt{{{c}^2 - {a}^2}}"),
            "area": (area, rf"\frac12 \cdot {a} \cdot \sqrt{{{c}^2 - {a}^2}}"),
            "height": (height, rf"\frac{{{a} \cdot {b}}}{{\sqrt{{{a}^2 + {b}^2}}}}"),
            "circles": (inner, rf"\frac{{{a} + {b} - {c}}}{{2}}"),
        }[kind]
        wrong = [Fraction(a + b), Fraction(c - a), 2 * area, Fraction(a * c, 2), Fraction(c, 2)]
        wrong += [answer * 2, answer + 1, area if kind == "height" else answer - 1, height]
        note = f"The other leg is $\\sqrt{{{c}^2 - {a}^2}} = {b}$. " if kind == "circles" else ""
        return Posed(
            statement=worded(rng, LEVELS[kind], a=a, b=b, c=c),
            answer=str(answer),
            near_misses=slips(answer, *(w for w in wrong if w > 0)),
            solution=f"{note}${how} = {latex(answer)}$.",
        )


def _triples(top: int) -> list[tuple[int, int, int]]:
    """Return the right triangles with integer sides and a hypotenuse up to a bound."""
    found = []
    for a in range(3, top):
        for b in range(3, top):
            c = isqrt(a * a + b * b)
            if c <= top and c * c == a * a + b * b:
                found.append((a, b, c))
    return found
