"""Solves a linear inequality; the answer is an interval."""

from fractions import Fraction
from random import Random

from etude.stages.problems.families._base import Family, Posed
from etude.stages.problems.families._level import by_level
from etude.stages.problems.families._number_text import latex
from etude.stages.problems.families._polynomial import polynomial
from etude.stages.problems.families._slips import slips
from etude.stages.problems.families._wording import worded

TEMPLATES = (
    "Solve ${e}$ over the real numbers. Give the solution set in interval notation.",
    "Which real numbers ${v}$ satisfy ${e}$? Answer with an interval.",
    "Write the set of all real ${v}$ with ${e}$ as an interval.",
)
SIGNS = ("<", ">", r"\le", r"\ge")


class LinearInequalityFamily(Family, frozen=True, kw_only=True):
    """Half lines, and bounded intervals at the higher levels."""

    topic = "equations"

    def pose(self, rng: Random, level: int) -> Posed:
        """Pose one inequality."""
        variable = rng.choice("xyt")
        top = by_level(level, 9, 12, 12, 15, 20)
        whole = level < 3
        if level >= 4:
            return _bounded(rng, variable, top, whole=level == 4)
        while True:
            slope = rng.randint(2, 9) * (1 if level == 1 else rng.choice((-1, -1, 1)))
            start, other = rng.randint(-top, top), 0 if level == 1 else rng.randint(-6, 6)
            end = rng.randint(-5 * top, 5 * top)
            bound = Fraction(end - start, slope - other) if slope != other else Fraction(1, 7)
            if slope != other and abs(bound) <= 25 and (bound.denominator == 1) == whole:
                break
        sign = rng.choice(SIGNS)
        upwards = (sign in {">", r"\ge"}) == (slope > other)
        closed = sign in {r"\le", r"\ge"}
        edge = latex(bound)
        answer = _half(edge, upwards=upwards, closed=closed)
        wrong = [
            _half(edge, upwards=not upwards, closed=closed),
            _half(edge, upwards=upwards, closed=not closed),
            _half(latex(-bound), upwards=upwards, closed=closed),
            _half(latex(bound + 1), upwards=upwards, closed=closed),
        ]
        right = polynomial([other, end], variable)
        text = f"{polynomial([slope, start], variable)} {sign} {right}"
        turned = " (dividing by a negative number turns the sign)" if slope < other else ""
        return Posed(
            statement=worded(rng, TEMPLATES, e=text, v=variable),
            answer=answer,
            near_misses=slips(answer, *wrong),
            solution=f"Collect: ${slope - other}{variable} {sign} {end - start}$. "
            f"Divide{turned}: ${answer}$.",
        )


def _bounded(rng: Random, variable: str, top: int, *, whole: bool) -> Posed:
    """Pose a chain of two inequalities."""
    while True:
        slope, start = rng.choice((-5, -4, -3, -2, 2, 3, 4, 5)), rng.randint(-top, top)
        low, high = sorted(rng.sample(range(-4 * top, 4 * top), 2))
        edges = [Fraction(low - start, slope), Fraction(high - start, slope)]
        if all((edge.denominator == 1) == whole for edge in edges):
            break
    shut = [rng.random() < 0.5, rng.random() < 0.5]
    signs = [r"\le" if closed else "<" for closed in shut]
    ends = list(zip(edges, shut, strict=True))
    if slope < 0:
        ends.reverse()
    (a, a_shut), (b, b_shut) = ends
    answer = _between(latex(a), latex(b), a_shut, b_shut)
    wrong = [
        _between(latex(a), latex(b), not a_shut, b_shut),
        _between(latex(a), latex(b), a_shut, not b_shut),
        _between(latex(-b), latex(-a), b_shut, a_shut),
        _between(latex(a), latex(b + 1), a_shut, b_shut),
    ]
    if a == -b:
        del wrong[2]
    text = f"{low} {signs[0]} {polynomial([slope, start], variable)} {signs[1]} {high}"
    turned = ", which turns both signs" if slope < 0 else ""
    return Posed(
        statement=worded(rng, TEMPLATES, e=text, v=variable),
        answer=answer,
        near_misses=slips(answer, *wrong),
        solution=f"Take ${start}$ away everywhere and divide by ${slope}${turned}: ${answer}$.",
    )


def _half(edge: str, *, upwards: bool, closed: bool) -> str:
    """Write a half line."""
    if upwards:
        return rf"{'[' if closed else '('}{edge}, \infty)"
    return rf"(-\infty, {edge}{']' if closed else ')'}"


def _between(a: str, b: str, a_shut: bool, b_shut: bool) -> str:
    """Write a bounded interval."""
    return f"{'[' if a_shut else '('}{a}, {b}{']' if b_shut else ')'}"
