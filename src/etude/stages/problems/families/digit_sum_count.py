"""Counts the numbers up to a bound whose digits have a given property."""

from functools import cache
from random import Random

from etude.stages.problems.families._base import Family, Posed
from etude.stages.problems.families._level import by_level
from etude.stages.problems.families._slips import slips
from etude.stages.problems.families._wording import worded

TEMPLATES = (
    "How many integers from {low} to {high}, both included, have digits that add up to {total}?",
    "Count the integers $n$ with ${low} \\le n \\le {high}$ whose digit sum is {total}.",
    "The digits of a number add up to {total}, and the number lies between {low} and {high} "
    "(the ends are allowed). How many such numbers are there?",
)


class DigitSumCountFamily(Family, frozen=True, kw_only=True):
    """Numbers of a range with a given sum of digits."""

    topic = "number theory"

    def pose(self, rng: Random, level: int) -> Posed:
        """Pose one count."""
        n_digits = by_level(level, 2, 3, 3, 4, 5)
        high = rng.randint(10 ** (n_digits - 1) * 2, 10**n_digits - 1)
        low = 1 if level <= 2 else rng.randint(2, high // 2)
        total = rng.randint(3, 4 + 4 * n_digits)
        answer = _up_to(high, total) - _up_to(low - 1, total)
        wrong = [answer + 1, answer - 1, _up_to(high, total), _up_to(high, total + 1)]
        wrong.append(_up_to(10**n_digits - 1, total))
        return Posed(
            statement=worded(rng, TEMPLATES, low=low, high=high, total=total),
            answer=str(answer),
            near_misses=slips(answer, *(w for w in wrong if w >= 0)),
            solution=f"Up to {high} there are ${_up_to(high, total)}$ such numbers, "
            f"up to {low - 1} there are ${_up_to(low - 1, total)}$. "
            f"The difference is ${answer}$.",
        )


def _up_to(bound: int, total: int) -> int:
    """Count the numbers from 1 to a bound with a digit sum, digit by digit."""
    digits = [int(d) for d in str(bound)]
    found, used = 0, 0
    for place, digit in enumerate(digits):
        left = len(digits) - place - 1
        found += sum(_free(left, total - used - smaller) for smaller in range(digit))
        used += digit
    return found + (used == total)


@cache
def _free(n_digits: int, total: int) -> int:
    """Count the strings of digits with a sum."""
    if n_digits == 0 or total < 0:
        return int(total == 0)
    return sum(_free(n_digits - 1, total - digit) for digit in range(10))
