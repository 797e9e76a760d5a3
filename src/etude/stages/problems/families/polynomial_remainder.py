"""Finds the remainder of a polynomial on division by a linear one."""

from random import Random

from etude.stages.problems.families._base import Family, Posed
from etude.stages.problems.families._level import by_level
from etude.stages.problems.families._number_text import signed
from etude.stages.problems.families._polynomial import polynomial, value_at
from etude.stages.problems.families._slips import slips
from etude.stages.problems.families._wording import worded

TEMPLATES = (
    "What is the remainder when ${p}$ is divided by ${d}$?",
    "The polynomial ${p}$ is divided by ${d}$. Find the remainder.",
    "Dividing ${p}$ by ${d}$ leaves a constant remainder. Which number is it?",
)


class PolynomialRemainderFamily(Family, frozen=True, kw_only=True):
    """Remainders, which the remainder theorem gives as values."""

    topic = "algebra"

    def pose(self, rng: Random, level: int) -> Posed:
        """Pose one division."""
        degree = by_level(level, 2, 3, 4, 5, 6)
        top = by_level(level, 6, 9, 9, 12, 15)
        root = rng.choice((1, -1)) * rng.randint(1, by_level(level, 3, 4, 4, 5, 5))
        terms = [rng.randint(1, 4), *(rng.randint(-top, top) for _ in range(degree))]
        answer = value_at(terms, root)
        text, divisor = polynomial(terms), f"x {signed(-root)}"
        wrong = [value_at(terms, -root), sum(terms), terms[-1], answer - terms[-1], -answer]
        row, step = terms[0], [str(terms[0])]
        for term in terms[1:]:
            row = row * root + term
            step.append(str(row))
        return Posed(
            statement=worded(rng, TEMPLATES, p=text, d=divisor),
            answer=str(answer),
            near_misses=slips(answer, *wrong, answer + 1),
            solution=f"By the remainder theorem it is the value at $x = {root}$. Horner's scheme "
            f"gives ${', '.join(step)}$, so the remainder is ${answer}$.",
        )
