"""Expands a product of brackets into a polynomial."""

from random import Random

from etude.stages.problems.families._base import Family, Posed
from etude.stages.problems.families._level import by_level
from etude.stages.problems.families._polynomial import polynomial, product
from etude.stages.problems.families._slips import slips
from etude.stages.problems.families._wording import worded

TEMPLATES = (
    "Expand ${e}$ and collect like terms.",
    "Multiply out the brackets in ${e}$ and simplify.",
    "Write the following product as a polynomial in ${v}$ without brackets.\n\n$${e}$$",
    "What polynomial in ${v}$ equals ${e}$?",
)


class ExpandProductFamily(Family, frozen=True, kw_only=True):
    """Products of two or three polynomials."""

    topic = "algebra"

    def pose(self, rng: Random, level: int) -> Posed:
        """Pose one product."""
        degrees = by_level(level, (1, 1), (1, 1), (1, 2), (1, 1, 1), (1, 2, 2))
        top = by_level(level, 6, 12, 9, 9, 12)
        lead = by_level(level, 1, 5, 4, 5, 6)
        variable = rng.choice("xyzt")
        factors = [[rng.randint(1, lead), *(_term(rng, top) for _ in range(d))] for d in degrees]
        result, steps = [1], []
        for factor in factors:
            result = product(result, factor)
            steps.append(f"${polynomial(result, variable)}$")
        middle = list(result)
        middle[1] = -middle[1]
        missing = [*result[:1], *(0 for _ in result[1:-1]), result[-1]]
        sign = [*result[:-1], -result[-1]]
        off = [*result[:-2], result[-2] + 1, result[-1]]
        wrong = [polynomial(p, variable) for p in (middle, missing, sign, off) if p != result]
        answer = polynomial(result, variable)
        return Posed(
            statement=worded(
                rng,
                TEMPLATES,
                e="".join(f"({polynomial(factor, variable)})" for factor in factors),
                v=variable,
            ),
            answer=answer,
            near_misses=slips(answer, *wrong),
            solution=f"Multiply the brackets in one by one: {', then '.join(steps)}.",
        )


def _term(rng: Random, top: int) -> int:
    """Draw a coefficient that is not zero."""
    return rng.choice((1, -1)) * rng.randint(1, top)
