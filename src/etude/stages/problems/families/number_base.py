"""Writes a number in another base."""

from random import Random

from etude.stages.problems.families._base import Family, Posed
from etude.stages.problems.families._level import by_level
from etude.stages.problems.families._slips import slips
from etude.stages.problems.families._wording import worded

TEMPLATES = (
    "The number {n} is written in base {a}. Write it in base {b}, giving only the digits.",
    "Convert {n} from base {a} to base {b}. Answer with the digits alone, without a subscript.",
    "What does the base-{a} number {n} look like in base {b}? Give just its digits.",
)


class NumberBaseFamily(Family, frozen=True, kw_only=True):
    """Conversions between bases from 2 to 10."""

    topic = "number theory"

    def pose(self, rng: Random, level: int) -> Posed:
        """Pose one conversion."""
        top = by_level(level, 64, 300, 2000, 10000, 200000)
        if level <= 2:
            a, b = 10, rng.choice((2, 3, 4, 5) if level == 1 else (2, 3, 5, 6, 7, 8))
            if rng.random() < 0.5:
                a, b = b, a
        else:
            a, b = rng.sample(range(2, 10), 2)
        while True:
            value = rng.randint(10, top)
            shown, answer = _digits(value, a), _digits(value, b)
            if shown != answer:
                break
        near = [_digits(value + 1, b), _digits(value - 1, b), answer[::-1].lstrip("0")]
        near += [answer + "0", answer[:-1], shown]
        if a != 10:
            near.append(_digits(int(shown), b))
        return Posed(
            statement=worded(rng, TEMPLATES, n=shown, a=a, b=b),
            answer=answer,
            near_misses=slips(answer, *near),
            solution=f"In base ten the number is ${value}$. Dividing again and again by ${b}$, the "
            f"remainders from last to first are ${answer}$.",
        )


def _digits(value: int, base: int) -> str:
    """Write a number in a base of at most ten."""
    digits = ""
    while value:
        value, digit = divmod(value, base)
        digits = str(digit) + digits
    return digits or "0"
