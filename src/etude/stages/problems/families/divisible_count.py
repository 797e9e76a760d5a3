"""Counts the numbers of a range that certain numbers divide."""

from math import lcm
from random import Random

from etude.stages.problems.families._base import Family, Posed
from etude.stages.problems.families._level import by_level
from etude.stages.problems.families._slips import slips
from etude.stages.problems.families._wording import worded

TEMPLATES = (
    "How many integers from {low} to {high}, both included, are {what}?",
    "Count the integers $n$ with ${low} \\le n \\le {high}$ that are {what}.",
    "Cards are numbered from {low} to {high} without a gap. How many of the numbers are {what}?",
)


class DivisibleCountFamily(Family, frozen=True, kw_only=True):
    """Multiples of one number, of either of two, of neither, or of exactly one."""

    topic = "number theory"

    def pose(self, rng: Random, level: int) -> Posed:
        """Pose one count."""
        low = rng.randint(1, by_level(level, 1, 60, 300, 500, 2000))
        high = low + rng.randint(30, by_level(level, 120, 300, 1000, 3000, 9000))
        a, b, c = rng.sample(range(3, by_level(level, 10, 13, 16, 20, 25)), 3)
        one, two, both = (_multiples(low, high, n) for n in (a, b, lcm(a, b)))
        every = high - low + 1
        kind = by_level(level, "one", "one", "either", "neither", rng.choice(("one of", "but not")))
        if kind == "one":
            what, answer = f"divisible by {a}", one
            wrong = [high // a - low // a, (high - low) // a, one + 1]
        elif kind == "either":
            what, answer = f"divisible by {a} or by {b} (or by both)", one + two - both
            wrong = [
                one + two,
                one + two - 2 * both,
                both,
                one + two - _multiples(low, high, a * b),
            ]
        elif kind == "neither":
            what, answer = f"divisible neither by {a} nor by {b}", every - one - two + both
            wrong = [every - one - two, one + two - both, every - both, answer - 1]
        elif kind == "one of":
            what, answer = f"divisible by exactly one of {a} and {b}", one + two - 2 * both
            wrong = [one + two - both, one + two, both]
        else:
            three = _multiples(low, high, lcm(a, c)) + _multiples(low, high, lcm(b, c))
            all_of = _multiples(low, high, lcm(a, b, c))
            what = f"divisible by {a} or by {b} (or by both), but not by {c}"
            answer = one + two - both - three + all_of
            wrong = [one + two - both, one + two - three, answer - all_of]
        return Posed(
            statement=worded(rng, TEMPLATES, low=low, high=high, what=what),
            answer=str(answer),
            near_misses=slips(answer, *(w for w in wrong if w >= 0), answer + 1, answer + 2),
            solution=f"Up to {high} there are ${high // a}$ multiples of {a}, below {low} "
            f"there are ${(low - 1) // a}$. The difference is ${answer}$."
            if kind == "one"
            else f"Among the {every} numbers, ${one}$ are multiples of {a}, ${two}$ of {b} and "
            f"${both}$ of both. Adding and taking away what is counted twice gives ${answer}$.",
        )


def _multiples(low: int, high: int, divisor: int) -> int:
    """Count the multiples of a number in a range."""
    return high // divisor - (low - 1) // divisor
