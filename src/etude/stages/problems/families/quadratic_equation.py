"""Solves a quadratic equation over the real numbers."""

from fractions import Fraction
from random import Random

from etude.stages.problems.families._base import Family, Posed
from etude.stages.problems.families._level import by_level
from etude.stages.problems.families._number_text import latex
from etude.stages.problems.families._polynomial import polynomial, product
from etude.stages.problems.families._slips import slips
from etude.stages.problems.families._wording import worded

TEMPLATES = (
    "Find all real solutions of ${e}$. Give them as a set.",
    "What is the solution set of the equation\n\n$${e}$$\n\nover the real numbers?",
    "Solve ${e}$ for real ${v}$ and write down the set of all solutions.",
    "For which real numbers ${v}$ is ${e}$? Answer with a set.",
)


class QuadraticEquationFamily(Family, frozen=True, kw_only=True):
    """Integer, rational and irrational roots; terms on both sides at the higher levels."""

    topic = "equations"

    def pose(self, rng: Random, level: int) -> Posed:
        """Pose one equation."""
        variable = rng.choice("xyzt")
        top = by_level(level, 9, 12, 9, 9, 9)
        if level == 5:
            return _irrational(rng, variable, top)
        bottom = by_level(level, 1, 1, 3, 4, 1)
        scale = by_level(level, 1, rng.choice((2, 3, -1, -2)), 1, rng.choice((1, -1, 2)), 1)
        roots = [Fraction(rng.randint(-top, top), rng.randint(1, bottom)) for _ in range(2)]
        terms = [scale]
        for root in roots:
            terms = product(terms, [root.denominator, -root.numerator])
        values = sorted(set(roots))
        answer = _set([latex(v) for v in values])
        wrong = [_set([latex(-v) for v in reversed(values)])]
        if len(values) == 2:
            wrong += [_set([latex(v)]) for v in values]
            wrong.append(_set([latex(values[0]), latex(-values[1])]))
        wrong.append(_set([latex(v + 1) for v in values]))
        other = (_set([latex(v) for v in reversed(values)]),) if len(values) == 2 else ()
        factors = "".join(f"({polynomial([r.denominator, -r.numerator], variable)})" for r in roots)
        return Posed(
            statement=worded(rng, TEMPLATES, e=_shown(rng, terms, variable, level), v=variable),
            answer=answer,
            spellings=other,
            near_misses=slips(answer, *wrong, right=other),
            solution=f"Everything on one side gives ${polynomial(terms, variable)} = 0$, which is "
            f"{'' if scale == 1 else f'${scale}$ times '}${factors} = 0$. "
            f"A product is zero when a factor is: ${answer}$.",
        )


def _irrational(rng: Random, variable: str, top: int) -> Posed:
    """Pose an equation with the roots p - sqrt(q) and p + sqrt(q)."""
    p, q = rng.randint(-top, top), rng.choice((2, 3, 5, 6, 7, 10, 11, 13, 14, 15, 17, 19))
    terms = [1, -2 * p, p * p - q]
    pair = [rf"{p or ''} - \sqrt{{{q}}}".strip(), rf"{p or ''} + \sqrt{{{q}}}".strip(" +")]
    flipped = [rf"{-p or ''} - \sqrt{{{q}}}".strip(), rf"{-p or ''} + \sqrt{{{q}}}".strip(" +")]
    bigger = [
        rf"{p or ''} - \sqrt{{{q + 2}}}".strip(),
        rf"{p or ''} + \sqrt{{{q + 2}}}".strip(" +"),
    ]
    answer, other = _set(pair), _set(pair[::-1])
    wrong = [_set(bigger), _set(pair[:1]), _set(pair[1:]), _set([str(p - q), str(p + q)])]
    if p:
        wrong.append(_set(flipped))
    return Posed(
        statement=worded(rng, TEMPLATES, e=_shown(rng, terms, variable, 5), v=variable),
        answer=answer,
        spellings=(other,),
        near_misses=slips(answer, *wrong, right=(other,)),
        solution=f"On one side: ${polynomial(terms, variable)} = 0$. Half the middle term is "
        rf"${-p}$, so ${variable} = {p} \pm \sqrt{{{p * p} - ({p * p - q})}}$: ${answer}$.",
    )


def _shown(rng: Random, terms: list[int], variable: str, level: int) -> str:
    """Write the equation, with some of it moved to the other side at the higher levels."""
    if level < 4:
        return f"{polynomial(terms, variable)} = 0"
    moved = [rng.randint(-9, 9) for _ in terms]
    left = [a + b for a, b in zip(terms, moved, strict=True)]
    return f"{polynomial(left, variable)} = {polynomial(moved, variable)}"


def _set(items: list[str]) -> str:
    """Write a set."""
    return rf"\{{{', '.join(items)}\}}"
