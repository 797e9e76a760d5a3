"""Differentiates a polynomial, or a product or power of polynomials."""

from random import Random

from etude.stages.problems.families._base import Family, Posed
from etude.stages.problems.families._level import by_level
from etude.stages.problems.families._polynomial import plus, polynomial, product
from etude.stages.problems.families._slips import slips
from etude.stages.problems.families._wording import worded

TEMPLATES = (
    "Differentiate ${f}(x) = {e}$. Give the derivative as an expanded polynomial.",
    "Find the derivative of ${f}(x) = {e}$ and expand it.",
    "Let ${f}(x) = {e}$. What is ${f}'(x)$, written as a polynomial in $x$?",
)


class DerivativeFamily(Family, frozen=True, kw_only=True):
    """Derivatives of polynomials; at the higher levels of products and squares."""

    topic = "algebra"

    def pose(self, rng: Random, level: int) -> Posed:
        """Pose one derivative."""
        degree = by_level(level, 2, 4, 2, 2, 3)
        top = by_level(level, 9, 12, 7, 9, 9)
        first = [rng.randint(1, 5), *(_term(rng, top) for _ in range(degree))]
        second = [rng.randint(1, 4), *(_term(rng, top) for _ in range(level - 3))]
        if level <= 2:
            whole, shown, rule = first, polynomial(first), first
        elif level == 3:
            whole, shown = product(first, first), f"({polynomial(first)})^2"
            rule = [2 * value for value in first]
        else:
            whole, shown = product(first, second), f"({polynomial(first)})({polynomial(second)})"
            rule = product(_slope(first), _slope(second))
        result = _slope(whole)
        answer = polynomial(result)
        wrong = [rule, whole, plus(result, [whole[-1]]), [*result[:-1], -result[-1]]]
        wrong.append([value + (i == 0) for i, value in enumerate(result)])
        return Posed(
            statement=worded(rng, TEMPLATES, e=shown, f=rng.choice("fgh")),
            answer=answer,
            near_misses=slips(answer, *(polynomial(w) for w in wrong if w != result)),
            solution=f"Expanded, the function is ${polynomial(whole)}$. Each $x^n$ becomes "
            f"$n x^{{n-1}}$ and the constant falls away: ${answer}$.",
        )


def _slope(terms: list[int]) -> list[int]:
    """Differentiate a polynomial."""
    degree = len(terms) - 1
    return [value * (degree - i) for i, value in enumerate(terms[:-1])] or [0]


def _term(rng: Random, top: int) -> int:
    """Draw a coefficient that is not zero."""
    return rng.choice((1, -1)) * rng.randint(1, top)
