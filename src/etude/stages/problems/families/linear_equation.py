"""Solves a linear equation in one unknown."""

from fractions import Fraction
from random import Random
from typing import NamedTuple

from etude.stages.problems.families._base import Family, Posed
from etude.stages.problems.families._level import by_level
from etude.stages.problems.families._number_text import latex, signed
from etude.stages.problems.families._slips import slips
from etude.stages.problems.families._wording import worded

TEMPLATES = (
    "Solve ${e}$ for ${v}$. {exact}",
    "Find the value of ${v}$ for which ${e}$. {exact}",
    "What number ${v}$ satisfies the equation\n\n$${e}$$\n\n{exact}",
    "For which ${v}$ does ${e}$ hold? {exact}",
)
EXACT = "Give it as an integer or as a fraction in lowest terms."


class _Side(NamedTuple):
    """One side of an equation: its text, and what it is as `slope * x + start`."""

    text: str
    slope: int
    start: int


class LinearEquationFamily(Family, frozen=True, kw_only=True):
    """Equations of one unknown, with brackets on both sides at the higher levels."""

    topic = "equations"

    def pose(self, rng: Random, level: int) -> Posed:
        """Pose one equation with exactly one solution."""
        variable = rng.choice("xyznt")
        left_brackets, right_brackets = by_level(level, (0, -1), (0, 0), (1, 0), (1, 1), (2, 1))
        while True:
            left = _side(rng, variable, left_brackets, level)
            right = _side(rng, variable, right_brackets, level)
            if left.slope == right.slope:
                continue
            answer = Fraction(right.start - left.start, left.slope - right.slope)
            whole = answer.denominator == 1
            if abs(answer) <= 30 and (whole if level <= 3 else answer.denominator < 20):
                break
        slope, rest = left.slope - right.slope, right.start - left.start
        wrong = [-answer, Fraction(right.start + left.start, slope), answer + 1]
        if left.slope + right.slope:
            wrong.append(Fraction(rest, left.slope + right.slope))
        if rest:
            wrong.append(Fraction(slope, rest))
        return Posed(
            statement=worded(
                rng, TEMPLATES, e=f"{left.text} = {right.text}", v=variable, exact=EXACT
            ),
            answer=str(answer),
            near_misses=slips(answer, *wrong),
            solution=f"Expand and collect: ${slope}{variable} = {rest}$, "
            f"so ${variable} = {latex(answer)}$.",
        )


def _side(rng: Random, variable: str, n_brackets: int, level: int) -> _Side:
    """Draw one side: a number, or a multiple and a number and some brackets."""
    top = by_level(level, 9, 12, 12, 15, 20)
    if n_brackets < 0:
        start = rng.randint(-top, 4 * top)
        return _Side(str(start), 0, start)
    slope, start = _nonzero(rng, 9), _nonzero(rng, top)
    size = "" if abs(slope) == 1 else str(abs(slope))
    text = f"{'-' if slope < 0 else ''}{size}{variable} {signed(start)}"
    for _ in range(n_brackets):
        outer, inner, more = _nonzero(rng, 6), rng.randint(1, 6), _nonzero(rng, top)
        outer += outer in {1, -1}
        outer = outer or 2
        shown = f"{inner if inner > 1 else ''}{variable} {signed(more)}"
        text += f" {'-' if outer < 0 else '+'} {abs(outer) if abs(outer) > 1 else ''}({shown})"
        slope += outer * inner
        start += outer * more
    return _Side(text, slope, start)


def _nonzero(rng: Random, top: int) -> int:
    """Draw a number that is not zero."""
    return rng.choice((1, -1)) * rng.randint(1, top)
