"""Counts seatings at a round table or in a row."""

from math import comb, factorial
from random import Random

from etude.stages.problems.families._base import Family, Posed
from etude.stages.problems.families._level import by_level
from etude.stages.problems.families._slips import slips
from etude.stages.problems.families._wording import NAMES, listed, worded

ROUND = (
    "{n} people sit down at a round table. Seatings that differ only by a rotation count as one. "
    "In how many ways can they sit{rule}?",
    "How many circular seating orders of {n} people are there{rule}? Turning the whole table does "
    "not make a new order.",
    "Around a round table there are {n} chairs for {n} guests. It only matters who sits next to "
    "whom and on which side. How many seatings are there{rule}?",
)
ROW = (
    "{n} people sit down on a bench, side by side. In how many orders can they sit{rule}?",
    "How many ways are there to line up {n} people for a photograph{rule}?",
    "In how many orders can {n} people stand in a queue{rule}?",
)
NUMBER = {4: "Four", 5: "Five", 6: "Six", 7: "Seven", 8: "Eight", 9: "Nine", 10: "Ten"}


class RoundTableFamily(Family, frozen=True, kw_only=True):
    """Seatings of people some of whom want to sit together or apart."""

    topic = "combinatorics"

    def pose(self, rng: Random, level: int) -> Posed:
        """Pose one count."""
        n = rng.randint(5, by_level(level, 7, 8, 9, 10, 10))
        circle = level > 1 and rng.random() < 0.6
        k = by_level(level, 2, 2, 2, 3, 3)
        people = rng.sample(NAMES, k)
        free = factorial(n - 1) if circle else factorial(n)
        block = factorial(n - k if circle else n - k + 1) * factorial(k)
        spread = _apart(n, k, circle=circle)
        who = listed(people)
        kind = by_level(
            level, "together", "together", "apart", rng.choice(("together", "apart")), "apart"
        )
        if n < 2 * k + 1:
            kind = "together"
        if level == 5 and n >= 7:
            kind = rng.choice(("apart", "not all"))
        some = f"{'two' if k == 2 else 'three'} of them, {who},"
        rule, answer = {
            "together": (f" if {some} want to be next to each other", block),
            "apart": (f" if {some} must not be neighbours", spread),
            "not all": (f" if {some} must not all be together in one block", free - block),
        }[kind]
        if kind == "together" and k == 3:
            rule = f" if {some} want to be together in one block, in any order"
        if kind == "apart" and k == 3:
            rule = f" if of three of them, {who}, no two may be neighbours"
        wrong = [block // factorial(k), free, free - answer, spread, block, answer * 2]
        wrong.append(answer * n if circle else answer // n)
        text = worded(rng, ROUND if circle else ROW, n=n, rule=rule)
        text = text.replace(str(n), NUMBER[n], 1) if text.startswith(str(n)) else text
        return Posed(
            statement=text,
            answer=str(answer),
            near_misses=slips(answer, *(w for w in wrong if w > 0)),
            solution=f"Without the wish there are ${free}$ orders. With {who} as one block there "
            f"are ${block}$"
            + (
                f", and ${spread}$ in which no two of them are neighbours"
                if kind == "apart"
                else ""
            )
            + f". The answer is ${answer}$.",
        )


def _apart(n: int, k: int, *, circle: bool) -> int:
    """Count the orders in which no two of `k` people are neighbours."""
    others = n - k
    if circle:
        return factorial(others - 1) * comb(others, k) * factorial(k)
    return factorial(others) * comb(others + 1, k) * factorial(k)
