"""Counts or adds the divisors of a number."""

from math import prod
from random import Random

from etude.stages.problems.families._base import Family, Posed
from etude.stages.problems.families._level import by_level
from etude.stages.problems.families._slips import slips
from etude.stages.problems.families._wording import worded

COUNT = (
    "How many positive divisors does {n} have, 1 and {n} included?",
    "Count the positive integers that divide {n}; 1 and {n} are among them.",
    "By how many different positive integers can {n} be divided without remainder?",
)
SUM = (
    "What is the sum of all positive divisors of {n}, 1 and {n} included?",
    "Add up all positive integers that divide {n}, with 1 and {n} among them.",
    "The positive divisors of {n} include 1 and {n} itself. What do all of them add up to?",
)
EVEN = (
    "How many positive divisors of {n} are even?",
    "Count the even positive integers that divide {n}.",
    "Of the positive divisors of {n}, how many are even numbers?",
)
PRIMES = (2, 3, 5, 7, 11, 13, 17)


class DivisorCountFamily(Family, frozen=True, kw_only=True):
    """The number of divisors, their sum, or the number of even ones."""

    topic = "number theory"

    def pose(self, rng: Random, level: int) -> Posed:
        """Pose one question on the divisors of a number."""
        low, high = by_level(level, (12, 99), (50, 400), (200, 2000), (500, 9000), (4000, 99999))
        n_primes = by_level(level, 2, 2, 3, 3, 4)
        while True:
            primes = sorted(rng.sample(PRIMES[: 3 + level // 2], n_primes - (rng.random() < 0.3)))
            powers = {p: rng.randint(1, 5) for p in primes}
            number = prod(p**k for p, k in powers.items())
            if low <= number <= high:
                break
        count = prod(k + 1 for k in powers.values())
        total = prod(sum(p**i for i in range(k + 1)) for p, k in powers.items())
        odd = prod(k + 1 for p, k in powers.items() if p != 2)
        asked = rng.choice(("count", "sum") if level < 3 else ("count", "sum", "even"))
        factored = r" \cdot ".join(f"{p}^{{{k}}}" for p, k in powers.items())
        if asked == "sum":
            answer, templates = total, SUM
            wrong = [total - number, total - 1, total - 1 - number, count]
            how = "the sums of the powers of each prime, multiplied"
        elif asked == "even":
            answer, templates = count - odd, EVEN
            wrong = [odd, count, count - odd + 1, count - odd - 1]
            how = f"all {count} divisors without the {odd} odd ones"
        else:
            answer, templates = count, COUNT
            wrong = [count - 1, count - 2, prod(powers.values()), sum(powers.values()), 2**n_primes]
            how = "one more than each power, multiplied"
        return Posed(
            statement=worded(rng, templates, n=number),
            answer=str(answer),
            near_misses=slips(answer, *wrong, answer + 1),
            solution=f"${number} = {factored}$. The answer is {how}: ${answer}$.",
        )
