"""Finds the strength of a mixture of solutions."""

from collections.abc import Mapping
from fractions import Fraction
from random import Random
from typing import ClassVar

from etude.stages.problems.families._base import Family, Posed
from etude.stages.problems.families._level import by_level
from etude.stages.problems.families._number_text import decimal, has_decimal
from etude.stages.problems.families._slips import slips
from etude.stages.problems.families._wording import counted, listed, worded

TEMPLATES = (
    "{parts} are mixed.{after} How strong is the {what} solution that results, in percent?",
    "A chemist pours together {parts}.{after} What percentage of {what} does the mixture hold?",
    "A tank receives {parts}.{after} Find the concentration of {what} in the tank, in percent.",
)
WHATS = ("salt", "sugar", "acid", "alcohol")


class MixtureFamily(Family, frozen=True, kw_only=True):
    """Weighted means of concentrations, with water added at the higher levels."""

    topic = "arithmetic"
    grader: ClassVar[Mapping[str, object]] = {"use": "maths", "omit_units": True}

    def pose(self, rng: Random, level: int) -> Posed:
        """Pose one mixture."""
        n_parts = by_level(level, 2, 2, 3, 3, 4)
        step = by_level(level, 10, 5, 5, 2, 1)
        what = rng.choice(WHATS)
        while True:
            amounts = [rng.randint(1, 12 + 8 * level) for _ in range(n_parts)]
            strengths = [rng.randint(1, 80 // step) * step for _ in amounts]
            water = rng.randint(1, 10) if level >= 4 else 0
            held = sum(a * s for a, s in zip(amounts, strengths, strict=True))
            answer = Fraction(held, sum(amounts) + water)
            mean = Fraction(sum(strengths), n_parts)
            if has_decimal(answer) and answer != mean and len(set(strengths)) > 1:
                break
        parts = [
            f"{counted(a, 'litre')} of {s}% {what} solution"
            for a, s in zip(amounts, strengths, strict=True)
        ]
        after = f" Then {counted(water, 'litre')} of pure water is added." if water else ""
        wrong = [mean, Fraction(held, sum(amounts)), Fraction(held, 100), answer / 100, answer + 1]
        near = [f"{decimal(w)}%" for w in wrong if has_decimal(w, 4) and w != answer]
        return Posed(
            statement=worded(rng, TEMPLATES, parts=listed(parts), after=after, what=what),
            answer=f"{decimal(answer)}%",
            near_misses=slips(f"{decimal(answer)}%", *near),
            solution=f"The mixture holds ${decimal(Fraction(held, 100))}$ litres of {what} in "
            f"${sum(amounts) + water}$ litres, which is ${decimal(answer)}\\%$.",
        )
