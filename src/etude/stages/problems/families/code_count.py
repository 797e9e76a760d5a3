"""Counts codes and numbers whose characters obey rules."""

from math import perm
from random import Random

from etude.stages.problems.families._base import Family, Posed
from etude.stages.problems.families._level import by_level
from etude.stages.problems.families._slips import slips
from etude.stages.problems.families._wording import worded

CODES = (
    "A code has {k} characters, each one of {n} symbols. How many codes are there{rule}?",
    "A lock is opened by a string of {k} symbols, each out of an alphabet of {n}. "
    "How many strings are possible{rule}?",
    "How many strings of length {k} can be formed over an alphabet of {n} symbols{rule}?",
)
NUMBERS = (
    "How many positive integers with exactly {k} digits {rule}?",
    "Count the {k}-digit positive integers (they do not begin with 0) that {rule}.",
    "Among the positive integers with {k} digits, how many {rule}?",
)
AT_LEAST = (
    "A code has {k} characters, each one of {n} symbols, one of which is a star. "
    "How many codes hold at least one star?",
    "Strings of length {k} are made of {n} symbols, and the star is one of these. In how many of "
    "the strings does the star occur?",
    "Of all strings of {k} symbols over an alphabet of {n}, how many contain the symbol `A`, which "
    "is one of the {n}?",
)


class CodeCountFamily(Family, frozen=True, kw_only=True):
    """Strings with or without repetition, and numbers with rules for their digits."""

    topic = "combinatorics"

    def pose(self, rng: Random, level: int) -> Posed:
        """Pose one count."""
        n, k = rng.randint(4, by_level(level, 18, 22, 26, 30, 34)), rng.randint(3, 3 + level)
        if level == 3:
            text, answer = worded(rng, AT_LEAST, n=n, k=k), n**k - (n - 1) ** k
            how = f"All strings less those without it: ${n}^{k} - {n - 1}^{k}$"
            wrong = [(n - 1) ** k, k * n ** (k - 1), k * (n - 1) ** (k - 1), n**k]
            return _posed(text, how, answer, *wrong)
        if level == 5:
            return _digits(rng, max(3, min(k, 8)))
        k = min(k, n - 1)
        rule, how, answer, *wrong = {
            1: ("", f"${n}$ choices for each of ${k}$ places", n**k, k**n, n * k, perm(n, k)),
            2: (
                " if no symbol may occur twice",
                f"${n}$ choices for the first place, then one less for each further one",
                *(perm(n, k), n**k, perm(n, k - 1), perm(n, k) // perm(k)),
            ),
            4: (
                " if neighbouring symbols must differ",
                f"${n}$ choices for the first place and ${n - 1}$ for each further one",
                *(n * (n - 1) ** (k - 1), n**k, perm(n, k), (n - 1) ** k),
            ),
        }[level]
        return _posed(worded(rng, CODES, n=n, k=k, rule=rule), how, answer, *wrong)


def _digits(rng: Random, k: int) -> Posed:
    """Ask for numbers with a rule for their digits."""
    digit, every, without = rng.randint(1, 9), 9 * 10 ** (k - 1), 8 * 9 ** (k - 1)
    odd, distinct = 5 * 8 * perm(8, k - 2), 9 * perm(9, k - 1)
    nine = "The first digit has 9 choices, as 0 is out"
    rule, how, answer, *wrong = rng.choice(
        (
            (
                "have no digit twice",
                f"{nine}; the second has 9 as well, then there is one less each time",
                *(distinct, perm(10, k), every, perm(9, k)),
            ),
            (
                f"contain the digit {digit} at least once",
                f"All ${every}$ less the ${without}$ without that digit",
                *(every - without, without, every - 9**k),
            ),
            (
                "have at least one digit twice or more often",
                f"All ${every}$ less the ${distinct}$ with different digits",
                *(every - distinct, distinct, every),
            ),
            (
                "are odd and have no digit twice",
                "The last digit has 5 choices, the first then 8, those between 8, 7 and so on",
                *(odd, 5 * perm(9, k - 1), 5 * 9 * perm(8, k - 2)),
            ),
            (
                "have only even digits",
                "The first digit has 4 choices, each other one 5",
                *(4 * 5 ** (k - 1), 5**k, 4**k),
            ),
            (
                f"do not contain the digit {digit}",
                "The first digit has 8 choices, each other one 9",
                *(without, 9**k, every - without),
            ),
        )
    )
    return _posed(worded(rng, NUMBERS, k=k, rule=rule), how, answer, *wrong)


def _posed(statement: str, how: str, answer: int, *wrong: int) -> Posed:
    """Put a problem together."""
    return Posed(
        statement=statement,
        answer=str(answer),
        near_misses=slips(answer, *(w for w in wrong if w > 0), answer + 1, answer - 1),
        solution=f"{how}: ${answer}$.",
    )
