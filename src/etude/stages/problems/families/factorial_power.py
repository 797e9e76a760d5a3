"""Counts the zeros at the end of a factorial, or the power of a prime in it."""

from random import Random

from etude.stages.problems.families._base import Family, Posed
from etude.stages.problems.families._level import by_level
from etude.stages.problems.families._slips import slips
from etude.stages.problems.families._wording import worded

ZEROS = (
    "With how many zeros does ${n}!$ end?",
    "The number ${n}!$ is written out in base ten. How many zeros stand at its very end?",
    "How many trailing zeros does ${n}!$ have?",
)
POWER = (
    "What is the largest integer $k$ for which ${p}^k$ divides ${n}!$?",
    "How often can ${n}!$ be divided by ${p}$ before the result is no longer an integer?",
    "In the prime factorisation of ${n}!$, which exponent does ${p}$ have?",
)
QUOTIENT = (
    "What is the largest integer $k$ for which ${p}^k$ divides $\\frac{{{n}!}}{{{m}!}}$?",
    "How often can $\\frac{{{n}!}}{{{m}!}}$ be divided by ${p}$ before the result is no longer an "
    "integer?",
    "The number $\\frac{{{n}!}}{{{m}!}}$ is factored into primes. Which exponent does ${p}$ have?",
)


class FactorialPowerFamily(Family, frozen=True, kw_only=True):
    """How often a prime divides a factorial or a quotient of factorials."""

    topic = "number theory"

    def pose(self, rng: Random, level: int) -> Posed:
        """Pose one count."""
        n = rng.randint(10, by_level(level, 100, 400, 300, 1500, 3000))
        prime = 5 if level <= 2 else rng.choice((2, 3, 5, 7, 11, 13))
        m = rng.randint(5, n // 2) if level == 5 else 1
        answer = _power(n, prime) - _power(m, prime)
        templates = by_level(level, ZEROS, ZEROS, POWER, POWER, QUOTIENT)
        wrong = [n // prime - m // prime, _power(n, prime), _power(n - m, prime)]
        wrong += [answer + 1, answer - 1, n // 10]
        parts = []
        step = prime
        while step <= n:
            parts.append(str(n // step))
            step *= prime
        less = f" The same for ${m}!$ gives ${_power(m, prime)}$, which goes off." if m > 1 else ""
        return Posed(
            statement=worded(rng, templates, n=n, m=m, p=prime),
            answer=str(answer),
            near_misses=slips(answer, *(w for w in wrong if w >= 0)),
            solution=f"Among the factors of ${n}!$ the multiples of ${prime}$, of its square "
            f"and so on number ${' + '.join(parts) or '0'} = {_power(n, prime)}$.{less} "
            f"The answer is ${answer}$.",
        )


def _power(n: int, prime: int) -> int:
    """Return how often a prime divides a factorial."""
    total = 0
    while n:
        n //= prime
        total += n
    return total
