"""Adds, subtracts and multiplies fractions."""

from fractions import Fraction
from random import Random

from etude.stages.problems.families._base import Family, Posed
from etude.stages.problems.families._level import by_level
from etude.stages.problems.families._number_text import latex
from etude.stages.problems.families._slips import slips
from etude.stages.problems.families._wording import worded

TEMPLATES = (
    "Compute ${e}$. Give the answer as a fraction in lowest terms.",
    "What is ${e}$, written as a single fraction in lowest terms?",
    "Simplify\n\n$${e}$$\n\nto one fraction in lowest terms (or an integer, if it comes to one).",
    "Work out the exact value of ${e}$ as a reduced fraction.",
)


class FractionSumFamily(Family, frozen=True, kw_only=True):
    """Sums of fractions; at the higher levels some are products."""

    topic = "arithmetic"

    def pose(self, rng: Random, level: int) -> Posed:
        """Pose one sum of fractions."""
        top = by_level(level, 6, 10, 15, 20, 30)
        n_terms = by_level(level, 2, 2, 3, 3, 4)
        n_products = by_level(level, 0, 0, 0, 1, 2)
        text, total, naive, steps = "", Fraction(0), [0, 0], []
        last = Fraction(0)
        for place in range(n_terms):
            sign = 1 if place == 0 else rng.choice((1, -1))
            value = _proper(rng, top)
            shown = latex(value)
            if place < n_products:
                other = _proper(rng, top)
                shown = rf"{shown} \cdot {latex(other)}"
                value *= other
                steps.append(f"${shown} = {latex(value)}$")
            text += shown if not text else f" {'+' if sign > 0 else '-'} {shown}"
            naive = [naive[0] + sign * value.numerator, naive[1] + value.denominator]
            last = sign * value
            total += last
            steps.append(f"running total ${latex(total)}$")
        wrong = [total - 2 * last, -total, Fraction(*naive), total + Fraction(1, top * 7)]
        if total:
            wrong.append(1 / total)
        return Posed(
            statement=worded(rng, TEMPLATES, e=text),
            answer=str(total),
            near_misses=slips(total, *wrong),
            solution=f"From left to right, over common denominators: {'; '.join(steps)}.",
        )


def _proper(rng: Random, top: int) -> Fraction:
    """Draw a fraction between 0 and 1 that is no unit in disguise."""
    while True:
        bottom = rng.randint(2, top)
        value = Fraction(rng.randint(1, bottom - 1), bottom)
        if value.denominator == bottom:
            return value
