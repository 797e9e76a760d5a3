"""Finds volumes and surfaces of boxes, with holes, steps and water."""

from fractions import Fraction
from random import Random

from etude.stages.problems.families._base import Family, Posed
from etude.stages.problems.families._level import by_level
from etude.stages.problems.families._number_text import decimal, has_decimal
from etude.stages.problems.families._slips import slips
from etude.stages.problems.families._wording import worded

BOX = (
    "A box measures {a} cm by {b} cm by {c} cm. What is its {what}?",
    "Find the {what} of a cuboid with edges of {a} cm, {b} cm and {c} cm.",
    "A cuboid is {a} cm long, {b} cm wide and {c} cm high. Compute its {what}.",
)
OPEN = (
    "A box without a lid is {a} cm long, {b} cm wide and {c} cm high. How much cardboard does its "
    "bottom and its four sides take, in cm²?",
    "The inside of an open tank, {a} cm by {b} cm at the bottom and {c} cm high, is painted: the "
    "bottom and the four walls. How many square centimetres are painted?",
    "An open crate has a bottom of {a} cm by {b} cm and walls {c} cm high. Find the total area of "
    "the bottom and the walls in cm².",
)
HOLE = (
    "From a block of {a} cm by {b} cm by {c} cm, a square hole with sides of {s} cm is cut "
    "straight through, parallel to the edges of {c} cm. What is the surface of what is left, "
    "inside the hole as well, in cm²?",
    "A cuboid with edges of {a} cm, {b} cm and {c} cm gets a tunnel with a square cross-section of "
    "side {s} cm, which runs along the edges of {c} cm right through it. Find the total surface "
    "afterwards in cm², with the walls of the tunnel.",
    "A wooden block, {a} cm by {b} cm and {c} cm high, is pierced from top to bottom by a shaft "
    "whose cross-section is a square of side {s} cm. How large is its whole surface now, shaft "
    "included, in cm²?",
)
WATER = (
    "A tank with a bottom of {a} cm by {b} cm holds water {c} cm deep. A cube with edges of {s} cm "
    "sinks in it and is covered by the water; nothing spills. How deep is the water now, in cm?",
    "Water stands {c} cm high in a cuboid tank whose bottom measures {a} cm by {b} cm. How high "
    "does it stand, in cm, after a metal cube of edge {s} cm has been put in, which it covers?",
    "In an aquarium ({a} cm by {b} cm at the bottom) the water is {c} cm deep. A stone cube with "
    "an edge of {s} cm is laid in and lies wholly under water. Find the new depth in cm.",
)


class CuboidFamily(Family, frozen=True, kw_only=True):
    """Volume, surface, open box, box with a tunnel, and water that rises."""

    topic = "geometry"

    def pose(self, rng: Random, level: int) -> Posed:
        """Pose one question."""
        a, b, c = (rng.randint(2, by_level(level, 12, 20, 30, 40, 60)) for _ in range(3))
        around = 2 * c * (a + b)
        surface = 2 * a * b + around
        if level <= 2:
            what = "volume in cm³" if level == 1 else "surface area in cm²"
            answer = a * b * c if level == 1 else surface
            text = worded(rng, BOX, a=a, b=b, c=c, what=what)
            how = f"{a} \\cdot {b} \\cdot {c}"
            if level == 2:
                how = f"2 \\cdot ({a} \\cdot {b} + {a} \\cdot {c} + {b} \\cdot {c})"
            return _posed(text, how, answer, surface // 2, surface, a * b * c, 4 * (a + b + c))
        if level == 3:
            text, answer = worded(rng, OPEN, a=a, b=b, c=c), a * b + around
            how = f"{a} \\cdot {b} + 2 \\cdot {c} \\cdot ({a} + {b})"
            return _posed(text, how, answer, surface, around, a * b * c, answer - around // 2)
        if level == 4:
            a, b = a + 3, b + 3
            s = rng.randint(1, min(a, b) - 2)
            surface = 2 * (a * b + a * c + b * c)
            text, answer = worded(rng, HOLE, a=a, b=b, c=c, s=s), surface - 2 * s * s + 4 * s * c
            how = f"{surface} - 2 \\cdot {s}^2 + 4 \\cdot {s} \\cdot {c}"
            wrong = [surface, surface - 2 * s * s, surface + 4 * s * c, a * b * c - s * s * c]
            return _posed(text, how, answer, *wrong)
        return _water(rng)


def _water(rng: Random) -> Posed:
    """Ask how far water rises."""
    while True:
        a, b, s = rng.randint(10, 60), rng.randint(10, 60), rng.randint(4, 20)
        c = rng.randint(s, s + 30)
        rise = Fraction(s**3, a * b)
        if s < min(a, b) and has_decimal(rise):
            break
    text = worded(rng, WATER, a=a, b=b, c=c, s=s)
    how = f"{c} + \\frac{{{s}^3}}{{{a} \\cdot {b}}}"
    answer = c + rise
    return _posed(text, how, answer, rise, Fraction(c + s), Fraction(c), c + 2 * rise)


def _posed(statement: str, how: str, answer: Fraction | int, *wrong: Fraction | int) -> Posed:
    """Put a problem together."""
    text = decimal(answer)
    return Posed(
        statement=statement,
        answer=text,
        near_misses=slips(text, *(decimal(w) for w in wrong if w > 0), decimal(answer + 1)),
        solution=f"${how} = {text}$.",
    )
