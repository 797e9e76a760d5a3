"""Counts the solutions of a sum in whole numbers."""

from math import comb
from random import Random

from etude.stages.problems.families._base import Family, Posed
from etude.stages.problems.families._level import by_level
from etude.stages.problems.families._slips import slips
from etude.stages.problems.families._wording import worded

EQUATION = (
    "How many solutions in integers does ${sum} = {n}$ have, if {rule}?",
    "Count the tuples $({letters})$ of integers with ${sum} = {n}$, where {rule}.",
    "In how many ways can {n} be written as an ordered sum ${sum}$ of integers, if {rule}?",
)


class IntegerSolutionsFamily(Family, frozen=True, kw_only=True):
    """Stars and bars, with lower bounds and one upper bound."""

    topic = "combinatorics"

    def pose(self, rng: Random, level: int) -> Posed:
        """Pose one count."""
        k = by_level(level, 2, 3, 3, 4, 5)
        low = by_level(level, rng.choice((0, 1)), rng.choice((0, 1)), 2, rng.choice((0, 1)), 0)
        letter = rng.choice("xyab")
        letters = [f"{letter}_{place + 1}" for place in range(k)]
        n = rng.randint(low * k + 3, by_level(level, 40, 25, 30, 30, 30))
        answer = _ways(n, k, low)
        each = {0: "every number is at least 0", 1: "every number is positive"}
        rule = each.get(low, f"every number is at least {low}")
        more = ""
        if level >= 4:
            top = rng.randint(low + 1, max(low + 1, n // 2))
            rule += f" and ${letters[0]} \\le {top}$"
            beyond = _ways(n - (top + 1 - low), k, low)
            more = f" In ${beyond}$ of them ${letters[0]}$ is too large; these go off."
            answer -= beyond
        wrong = [_ways(n, k, 1 - low), comb(n, k), comb(n + k, k), k**n if n < 9 else n**k]
        wrong += [_ways(n, k, low), answer + 1, answer - 1]
        left = n - low * k
        return Posed(
            statement=worded(
                rng, EQUATION, sum=" + ".join(letters), n=n, rule=rule, letters=", ".join(letters)
            ),
            answer=str(answer),
            near_misses=slips(answer, *(w for w in wrong if w > 0)),
            solution=f"After each number has got its least value, ${left}$ are left for ${k}$ "
            rf"places: $\binom{{{left + k - 1}}}{{{k - 1}}} = {_ways(n, k, low)}$.{more} "
            f"The answer is ${answer}$.",
        )


def _ways(n: int, k: int, low: int) -> int:
    """Count the ways to write `n` as an ordered sum of `k` numbers from `low` on."""
    left = n - low * k
    return comb(left + k - 1, k - 1) if left >= 0 else 0
