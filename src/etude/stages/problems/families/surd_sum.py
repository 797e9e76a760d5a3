"""Simplifies sums and products of square roots."""

from math import isqrt
from random import Random

from etude.stages.problems.families._base import Family, Posed
from etude.stages.problems.families._level import by_level
from etude.stages.problems.families._slips import slips
from etude.stages.problems.families._wording import worded

TEMPLATES = (
    "Simplify ${e}$. Give the answer in the form $a\\sqrt{{b}}$ with $b$ as small as possible.",
    "Write ${e}$ in the form $a\\sqrt{{b}}$, where $a$ and $b$ are integers and $b$ is positive "
    "and has no square factor greater than 1.",
    "Express ${e}$ as an integer multiple of one square root, in simplest form.",
)


class SurdSumFamily(Family, frozen=True, kw_only=True):
    """Sums of multiples of one square root in disguise."""

    topic = "algebra"

    def pose(self, rng: Random, level: int) -> Posed:
        """Pose one sum."""
        root = rng.choice((2, 3, 5, 6, 7, 10, 11, 13, 14, 15))
        top = by_level(level, 5, 7, 9, 12, 15)
        outer_top = by_level(level, 1, 1, 4, 6, 9)
        n_terms = by_level(level, 2, 3, 3, 4, 5)
        steps: list[str] = []
        text, answer, sizes = "", 0, 0
        while not answer:
            text, answer, steps, sizes = "", 0, [], 0
            for place in range(n_terms):
                sign = 1 if place == 0 else rng.choice((1, -1))
                factor, outer = rng.randint(2, top), rng.randint(1, outer_top)
                inside = factor * factor * root
                shown = rf"{outer if outer > 1 else ''}\sqrt{{{inside}}}"
                text += shown if not text else f" {'+' if sign > 0 else '-'} {shown}"
                steps.append(rf"${shown} = {outer * factor}\sqrt{{{root}}}$")
                answer += sign * outer * factor
                sizes += sign * outer * outer * inside
        result = _surd(answer, root)
        wrong = [_surd(answer + 1, root), _surd(-answer, root), _surd(answer, root + 1)]
        if sizes > 0 and isqrt(sizes) ** 2 != sizes and sizes != answer * answer * root:
            wrong.append(rf"\sqrt{{{sizes}}}")
        wrong.append(str(answer * root))
        return Posed(
            statement=worded(rng, TEMPLATES, e=text),
            answer=result,
            near_misses=slips(result, *wrong),
            solution=f"Take the squares out: {', '.join(steps)}. Together that is ${result}$.",
        )


def _surd(factor: int, root: int) -> str:
    """Write a multiple of a square root."""
    if factor == 0:
        return "0"
    sign = "-" if factor < 0 else ""
    return rf"{sign}{abs(factor) if abs(factor) > 1 else ''}\sqrt{{{root}}}"
