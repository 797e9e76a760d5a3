"""Converts between units of length, area, volume, mass, time and speed."""

from collections.abc import Mapping
from fractions import Fraction
from random import Random
from typing import ClassVar

from etude.stages.problems.families._base import Family, Posed
from etude.stages.problems.families._level import by_level
from etude.stages.problems.families._number_text import decimal, has_decimal, latex
from etude.stages.problems.families._slips import slips
from etude.stages.problems.families._wording import worded

LENGTH = (("mm", 1), ("cm", 10), ("m", 1000), ("km", 1000000))
MASS = (("mg", 1), ("g", 1000), ("kg", 1000000))
AREA = (("mm^2", 1), ("cm^2", 100), ("m^2", 1000000))
VOLUME = (("mm^3", 1), ("cm^3", 1000), ("m^3", 1000000000))
SPEED = (("m/s", 18), ("km/h", 5))
TEMPLATES = (
    "Convert ${n}$ ${a}$ to ${b}$.",
    "Express ${n}$ ${a}$ in ${b}$.",
    "How much is ${n}$ ${a}$ in ${b}$?",
    "A measuring device shows ${n}$ ${a}$. What would it show if it were set to ${b}$?",
)


class UnitConversionFamily(Family, frozen=True, kw_only=True):
    """Metric units; squares, cubes and speeds at the higher levels."""

    topic = "arithmetic"
    grader: ClassVar[Mapping[str, object]] = {"use": "maths", "omit_units": True}

    def pose(self, rng: Random, level: int) -> Posed:
        """Pose one conversion."""
        kinds = by_level(
            level, (LENGTH,), (LENGTH, MASS), (MASS, AREA), (AREA, VOLUME), (VOLUME, SPEED)
        )
        kind = rng.choice(kinds)
        (a, size_a), (b, size_b) = rng.sample(kind, 2)
        places = by_level(level, 0, 1, 2, 2, 3)
        amount = Fraction(rng.randint(2, 10 ** (places + 2)), 10**places)
        if kind is SPEED:
            amount = Fraction(18 * rng.randint(1, 400), rng.choice((1, 2, 4, 5)))
        answer = amount * size_a / size_b
        root = 100 if kind is VOLUME else 10
        wrong = [amount * size_b / size_a, answer * 10, answer / 10, answer * root, amount]
        near = [f"{decimal(w)} {b}" for w in wrong if has_decimal(w, 12) and w != answer]
        factor = Fraction(size_a, size_b)
        return Posed(
            statement=worded(rng, TEMPLATES, n=decimal(amount), a=_latex(a), b=_latex(b)),
            answer=f"{decimal(answer)} {b}",
            near_misses=slips(f"{decimal(answer)} {b}", *near, f"{decimal(answer)} {a}"),
            solution=f"One ${_latex(a)}$ is ${latex(factor)}$ ${_latex(b)}$, "
            f"so the result is ${decimal(amount)}$ times that: ${decimal(answer)}$ ${_latex(b)}$.",
        )


def _latex(unit: str) -> str:
    """Write a unit in a formula."""
    name, _, power = unit.partition("^")
    return rf"\text{{{name}}}" + (f"^{power}" if power else "")
