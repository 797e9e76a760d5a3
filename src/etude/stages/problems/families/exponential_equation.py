"""Solves an equation between powers of one base."""

from fractions import Fraction
from random import Random

from etude.stages.problems.families._base import Family, Posed
from etude.stages.problems.families._level import by_level
from etude.stages.problems.families._number_text import latex
from etude.stages.problems.families._polynomial import polynomial
from etude.stages.problems.families._slips import slips
from etude.stages.problems.families._wording import worded

TEMPLATES = (
    "Solve ${e}$ for ${v}$. {exact}",
    "For which real number ${v}$ is ${e}$? {exact}",
    "Find the number ${v}$ that satisfies\n\n$${e}$$\n\n{exact}",
    "What is ${v}$, if ${e}$? {exact}",
)
EXACT = "Give an integer or a fraction in lowest terms."


class ExponentialEquationFamily(Family, frozen=True, kw_only=True):
    """Equations such as `4^(x+1) = 8^(2x)`, which are linear in the exponents."""

    topic = "equations"

    def pose(self, rng: Random, level: int) -> Posed:
        """Pose one equation with one solution."""
        base = rng.choice((2, 3, 5, 7) if level < 4 else (2, 3))
        variable = rng.choice("xyt")
        powers = by_level(level, (1,), (1, 2), (1, 2, 3), (1, 2, 3), (2, 3, 4))
        while True:
            p, q = rng.choice(powers), rng.choice(powers)
            a, b = rng.randint(1, 5), rng.randint(-9, 9)
            c, d = (0, rng.randint(1, 4)) if level < 3 else (rng.randint(-4, 4), rng.randint(-9, 9))
            if p * a == q * c:
                continue
            answer = Fraction(q * d - p * b, p * a - q * c)
            if abs(answer) < 20 and (level > 2 or answer.denominator == 1):
                break
        left = f"{base**p}^{{{polynomial([a, b], variable)}}}"
        right = (
            f"{base**q}^{{{polynomial([c, d], variable)}}}" if c or d < 0 else str(base ** (q * d))
        )
        wrong = [-answer, answer + 1, Fraction(q * d + p * b, p * a - q * c)]
        wrong += [Fraction(d - b, a - c)] if a != c else []
        wrong += [1 / answer] if answer else []
        return Posed(
            statement=worded(rng, TEMPLATES, e=f"{left} = {right}", v=variable, exact=EXACT),
            answer=str(answer),
            near_misses=slips(answer, *wrong),
            solution=f"As powers of ${base}$, the exponents are "
            f"${polynomial([p * a, p * b], variable)}$ "
            f"and ${polynomial([q * c, q * d], variable)}$. "
            f"They must be equal, so ${variable} = {latex(answer)}$.",
        )
