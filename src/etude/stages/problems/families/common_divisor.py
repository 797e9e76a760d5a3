"""Finds the greatest common divisor or the least common multiple."""

from math import gcd, lcm, prod
from random import Random

from etude.stages.problems.families._base import Family, Posed
from etude.stages.problems.families._level import by_level
from etude.stages.problems.families._slips import slips
from etude.stages.problems.families._wording import listed, worded

DIVISOR = (
    "What is the greatest common divisor of {numbers}?",
    "Find the largest integer that divides {each} without remainder.",
    "Compute $\\gcd({commas})$.",
)
MULTIPLE = (
    "What is the least common multiple of {numbers}?",
    "Find the smallest positive integer that {each} divide.",
    "Compute $\\operatorname{{lcm}}({commas})$.",
)


class CommonDivisorFamily(Family, frozen=True, kw_only=True):
    """Two or three numbers that share a factor."""

    topic = "number theory"

    def pose(self, rng: Random, level: int) -> Posed:
        """Pose one question on two or three numbers."""
        count = by_level(level, 2, 2, 2, 3, 3)
        shared = rng.randint(2, by_level(level, 9, 18, 60, 40, 120))
        tops = by_level(level, 9, 15, 40, 30, 60)
        numbers = [shared * n for n in rng.sample(range(2, tops), count)]
        divisor, multiple = gcd(*numbers), lcm(*numbers)
        asks_divisor = rng.random() < 0.5
        answer = divisor if asks_divisor else multiple
        smaller = next((divisor // p for p in (2, 3, 5, 7, 11) if divisor % p == 0), 1)
        wrong = [multiple if asks_divisor else divisor, smaller, prod(numbers), 2 * answer]
        wrong += [multiple // divisor, min(numbers)]
        factors = "; ".join(f"${n} = {_factored(n)}$" for n in numbers)
        which = "smallest" if asks_divisor else "largest"
        together = "all of them" if count > 2 else "both"
        return Posed(
            statement=worded(
                rng,
                DIVISOR if asks_divisor else MULTIPLE,
                numbers=listed(numbers),
                each=("all of " if count > 2 else "both ") + listed(numbers),
                commas=", ".join(map(str, numbers)),
            ),
            answer=str(answer),
            near_misses=slips(answer, *wrong),
            solution=f"{factors}. Taking each prime with the {which} power in {together} gives "
            f"${answer}$.",
        )


def _factored(number: int) -> str:
    """Write a number as a product of prime powers."""
    text, rest, prime = [], number, 2
    while rest > 1:
        power = 0
        while rest % prime == 0:
            rest //= prime
            power += 1
        if power:
            text.append(f"{prime}^{{{power}}}" if power > 1 else str(prime))
        prime += 1
    return r" \cdot ".join(text)
