"""Finds who came in at a place from clues about a race."""

from collections.abc import Callable, Mapping, Sequence
from itertools import islice, permutations
from random import Random
from typing import ClassVar

from etude.stages.problems.families._base import Family, Posed
from etude.stages.problems.families._level import by_level
from etude.stages.problems.families._slips import slips
from etude.stages.problems.families._wording import NAMES, listed, ordinal, worded

TEMPLATES = (
    "{who} ran a race, and no two of them finished together.\n\n{clues}\n\n"
    "Who finished {place}? Answer with the name.",
    "In a race of {size}, {who} took part; there were no ties. This is known:\n\n{clues}\n\n"
    "Which of them came {place}? Give just the name.",
    "Only {who} started in a swimming contest, and each got a different place.\n\n{clues}\n\n"
    "Who took the {place} place? Give the name alone.",
)
SIZES = {3: "three", 4: "four", 5: "five", 6: "six", 7: "seven"}
Clue = tuple[str, Callable[[Sequence[str]], bool]]


class RaceOrderFamily(Family, frozen=True, kw_only=True):
    """Clues about an order, none of which can be left out."""

    topic = "logic"
    grader: ClassVar[Mapping[str, object]] = {"use": "text"}

    def pose(self, rng: Random, level: int) -> Posed:
        """Pose one race."""
        size = by_level(level, 3, 4, 5, 6, 7)
        order = rng.sample(NAMES, size)
        left = list(permutations(sorted(order)))
        clues: list[Clue] = []
        while len(left) > 1:
            clue = _clue(rng, order, level)
            fewer = [way for way in left if clue[1](way)]
            if len(fewer) < len(left):
                clues.append(clue)
                left = fewer
        ways = list(permutations(sorted(order)))
        for clue in list(clues):
            others = [other for other in clues if other is not clue]
            fits = (way for way in ways if all(test(way) for _, test in others))
            if len(list(islice(fits, 2))) == 1:
                clues = others
        rng.shuffle(clues)
        place = rng.randrange(size)
        answer = order[place]
        near = [order[place - 1], order[(place + 1) % size], order[size - 1 - place], order[0]]
        return Posed(
            statement=worded(
                rng,
                TEMPLATES,
                who=listed(sorted(order)),
                size=SIZES[size],
                clues="\n".join(f"- {text}" for text, _ in clues),
                place="last" if place == size - 1 else ordinal(place + 1),
            ),
            answer=answer,
            near_misses=slips(answer, *near, ", ".join(order)),
            solution=f"The only order that fits all the clues is, from the first to the last: "
            f"{', '.join(order)}. So it is {answer}.",
        )


def _clue(rng: Random, order: Sequence[str], level: int) -> Clue:
    """Draw something that holds of the order."""
    size = len(order)
    i, j = sorted(rng.sample(range(size), 2))
    a, b = order[i], order[j]
    kind = rng.choice(
        by_level(level, *[("before", "not")] * 2, *[("before", "gap", "not", "or")] * 3)
    )
    if kind == "before":
        return f"{a} finished before {b}.", lambda way: way.index(a) < way.index(b)
    if kind == "gap":
        between = j - i - 1
        people = (
            "Nobody" if not between else "Exactly one" if between == 1 else f"Exactly {between}"
        )
        return (
            f"{people} finished between {a} and {b}.",
            lambda way: abs(way.index(a) - way.index(b)) == between + 1,
        )
    if kind == "not":
        wrong = rng.choice([k for k in range(size) if k != i])
        text = f"{a} did not finish {ordinal(wrong + 1)}."
        return text, lambda way: way.index(a) != wrong
    other = rng.choice([k for k in range(size) if k != i])
    low, high = sorted((i, other))
    return (
        f"{a} finished {ordinal(low + 1)} or {ordinal(high + 1)}.",
        lambda way: way.index(a) in {low, high},
    )
