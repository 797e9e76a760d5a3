"""Solves an equation with absolute values."""

from fractions import Fraction
from random import Random

from etude.stages.problems.families._base import Family, Posed
from etude.stages.problems.families._level import by_level
from etude.stages.problems.families._number_text import latex
from etude.stages.problems.families._polynomial import polynomial
from etude.stages.problems.families._slips import slips
from etude.stages.problems.families._wording import worded

TEMPLATES = (
    "Find all real solutions of ${e}$. Give them as a set.",
    "What is the set of all real numbers ${v}$ with ${e}$?",
    "Solve the equation\n\n$${e}$$\n\nand write down the set of its real solutions.",
)


class AbsoluteValueEquationFamily(Family, frozen=True, kw_only=True):
    """One absolute value against a number, a linear term or another absolute value."""

    topic = "equations"

    def pose(self, rng: Random, level: int) -> Posed:
        """Pose one equation with at least one solution."""
        variable = rng.choice("xyt")
        top = by_level(level, 9, 12, 15, 12, 15)
        kind = by_level(
            level, "number", "number", "number", "linear", rng.choice(("linear", "both"))
        )
        while True:
            a, b = rng.randint(1, by_level(level, 1, 4, 7, 4, 5)), rng.randint(-top, top)
            a *= rng.choice((1, -1)) if level > 1 else 1
            c, d = (0, rng.randint(1, 2 * top)) if kind == "number" else _line(rng, top)
            cases = [Fraction(d * s - b, a - c * s) for s in (1, -1) if a != c * s]
            held = sorted({x for x in cases if kind == "both" or c * x + d >= 0})
            bottom = max((x.denominator for x in cases), default=0)
            if held and len(cases) == 2 and bottom <= by_level(level, 1, 1, 6, 3, 8):
                break
        left = f"|{polynomial([a, b], variable)}|"
        bare = polynomial([c, d], variable)
        right = f"|{bare}|" if kind == "both" else bare
        answer = _set(held)
        wrong = [[-x for x in reversed(held)], sorted(set(cases)), held[:1], held[-1:]]
        wrong.append([x + 1 for x in held])
        other = (_set(held[::-1]),) if len(held) == 2 else ()
        shown = " and ".join(f"${variable} = {latex(x)}$" for x in sorted(set(cases)))
        return Posed(
            statement=worded(rng, TEMPLATES, e=f"{left} = {right}", v=variable),
            answer=answer,
            spellings=other,
            near_misses=slips(answer, *(_set(w) for w in wrong if w != held), right=other),
            solution=f"What is inside equals ${bare}$ or its opposite, which gives {shown}. "
            f"Those that hold in the equation itself form ${answer}$.",
        )


def _line(rng: Random, top: int) -> tuple[int, int]:
    """Draw a slope that is not zero, and a start."""
    return rng.choice((1, -1)) * rng.randint(1, 5), rng.randint(-top, top)


def _set(values: list[Fraction]) -> str:
    """Write a set of numbers."""
    return rf"\{{{', '.join(latex(value) for value in values)}\}}"
