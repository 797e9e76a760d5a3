"""Composes functions, at a point or as a formula."""

from random import Random

from etude.stages.problems.families._base import Family, Posed
from etude.stages.problems.families._level import by_level
from etude.stages.problems.families._polynomial import plus, polynomial, product, value_at
from etude.stages.problems.families._slips import slips
from etude.stages.problems.families._wording import listed, worded

AT_POINT = (
    "Let {defs}. Find ${asked}$.",
    "The functions are {defs}. What is ${asked}$?",
    "Given {defs}, compute ${asked}$.",
)
AS_FORMULA = (
    "Let {defs}. Write ${asked}$ as a polynomial in $x$, fully expanded.",
    "The functions are {defs}. Which polynomial in $x$ is ${asked}$?",
    "Given {defs}, expand and simplify ${asked}$.",
)


class FunctionCompositionFamily(Family, frozen=True, kw_only=True):
    """Values of composed functions; at the highest levels their formula."""

    topic = "algebra"

    def pose(self, rng: Random, level: int) -> Posed:
        """Pose one composition."""
        degrees = by_level(level, (1, 1), (2, 1), (2, 1, 1), (2, 1), (2, 2))
        top = by_level(level, 6, 7, 7, 9, 6)
        functions = [
            [rng.choice((1, 2, 3, -1, -2)), *(rng.randint(-top, top) for _ in range(degree))]
            for degree in degrees
        ]
        letters = "fgh"[: len(functions)]
        defs = listed(
            [f"${n}(x) = {polynomial(p)}$" for n, p in zip(letters, functions, strict=True)]
        )
        if level <= 3:
            return _at_point(rng, functions, letters, defs)
        outer, inner = functions
        answer = _composed(outer, inner)
        wrong = [_composed(inner, outer), product(outer, inner), plus(outer, inner)]
        wrong.append([*answer[:-1], answer[-1] + 1])
        text = polynomial(answer)
        return Posed(
            statement=worded(rng, AS_FORMULA, defs=defs, asked="f(g(x))"),
            answer=text,
            near_misses=slips(text, *(polynomial(p) for p in wrong if p != answer)),
            solution=f"Put $g(x)$ into $f$ for $x$: $f({polynomial(inner)}) = {text}$.",
        )


def _at_point(rng: Random, functions: list[list[int]], letters: str, defs: str) -> Posed:
    """Ask for the value at a point."""
    point = rng.choice((1, -1)) * rng.randint(2, 6)
    answer, steps = point, []
    for letter, function in zip(reversed(letters), reversed(functions), strict=True):
        value = value_at(function, answer)
        steps.append(f"${letter}({answer}) = {value}$")
        answer = value
    swapped = point
    for function in functions:
        swapped = value_at(function, swapped)
    multiplied = value_at(functions[0], point) * value_at(functions[1], point)
    wrong = [swapped, multiplied, value_at(functions[0], point), -answer, answer + 2]
    return Posed(
        statement=worded(
            rng, AT_POINT, defs=defs, asked=f"{'('.join(letters)}({point}{')' * len(letters)}"
        ),
        answer=str(answer),
        near_misses=slips(answer, *wrong),
        solution=f"From the inside out: {', '.join(steps)}.",
    )


def _composed(outer: list[int], inner: list[int]) -> list[int]:
    """Put one polynomial into another."""
    result = [0]
    for factor in outer:
        result = plus(product(result, inner), [factor])
    while len(result) > 1 and result[0] == 0:
        result = result[1:]
    return result
