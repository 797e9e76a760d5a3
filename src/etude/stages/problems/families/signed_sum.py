"""Evaluates an expression with brackets, products and differences."""

from random import Random
from typing import NamedTuple

from etude.stages.problems.families._base import Family, Posed
from etude.stages.problems.families._level import by_level
from etude.stages.problems.families._slips import slips
from etude.stages.problems.families._wording import worded

TEMPLATES = (
    "Work out ${e}$.",
    "What is the value of ${e}$?",
    "Evaluate the following expression.\n\n$${e}$$",
    "Calculate ${e}$, minding the order of operations.",
)


class _Item(NamedTuple):
    """One summand, its value, and what it comes to when the brackets are overlooked."""

    text: str
    value: int
    slip: int


class SignedSumFamily(Family, frozen=True, kw_only=True):
    """Sums of products whose factors may be brackets."""

    topic = "arithmetic"

    def pose(self, rng: Random, level: int) -> Posed:
        """Pose one expression."""
        top = by_level(level, 9, 20, 40, 80, 150)
        depths = by_level(level, (0, 1), (0, 1, 1), (1, 1, 2), (1, 2, 2, 3), (2, 1, 3, 2, 3))
        items = [_item(rng, top, depth) for depth in rng.sample(depths, len(depths))]
        signs = [1] + [rng.choice((1, -1)) for _ in items[1:]]
        text = items[0].text
        for sign, item in zip(signs[1:], items[1:], strict=True):
            text += f" {'+' if sign > 0 else '-'} {item.text}"
        answer = sum(s * i.value for s, i in zip(signs, items, strict=True))
        wrong = [answer - s * (i.value - i.slip) for s, i in zip(signs, items, strict=True)]
        wrong += [answer - 2 * s * i.value for s, i in zip(signs[1:], items[1:], strict=True)]
        steps = [f"${i.text} = {i.value}$" for i in items if i.text != str(i.value)]
        row = " + ".join(
            f"({s * i.value})" if s * i.value < 0 else str(s * i.value)
            for s, i in zip(signs, items, strict=True)
        )
        return Posed(
            statement=worded(rng, TEMPLATES, e=text),
            answer=str(answer),
            near_misses=slips(answer, *wrong, answer + 10, answer - 1, -answer),
            solution=f"Brackets first, then products: {'; '.join(steps)}.\n\n"
            f"Then the sum: ${row} = {answer}$.",
        )


def _item(rng: Random, top: int, depth: int) -> _Item:
    """Draw a summand: a number, a product, or a product with a bracket in it."""
    a, b, c, d = (rng.randint(2, top) for _ in range(4))
    small = rng.randint(2, 12)
    if depth == 0:
        return _Item(str(a), a, a)
    if depth == 1:
        return _Item(rf"{small} \times {b}", small * b, small + b)
    if depth == 2:
        sign = rng.choice((1, -1))
        bracket = f"({b} {'+' if sign > 0 else '-'} {c})"
        return _Item(rf"{small} \times {bracket}", small * (b + sign * c), small * b + sign * c)
    factor = rng.randint(2, 9)
    return _Item(
        rf"{small} \times ({b} - {factor} \times ({c} - {d}))",
        small * (b - factor * (c - d)),
        small * ((b - factor) * (c - d)),
    )
