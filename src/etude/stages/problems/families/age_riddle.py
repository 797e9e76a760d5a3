"""Finds an age from what is said of ages now, then and later."""

from random import Random

from etude.stages.problems.families._base import Family, Posed
from etude.stages.problems.families._level import by_level
from etude.stages.problems.families._slips import slips
from etude.stages.problems.families._wording import NAMES, counted, worded

TIMES = {2: "twice", 3: "three times", 4: "four times", 5: "five times", 6: "six times"}
ENDINGS = (
    "How old is {who} today?",
    "What is {who}'s age now, in years?",
    "Find the present age of {who} in years.",
    "How many years old is {who} at present?",
)


class AgeRiddleFamily(Family, frozen=True, kw_only=True):
    """Two or three ages, all whole numbers, from as many statements."""

    topic = "equations"

    def pose(self, rng: Random, level: int) -> Posed:
        """Pose one riddle."""
        a, b, c = rng.sample(NAMES, 3)
        young = rng.randint(4, by_level(level, 20, 30, 15, 20, 25))
        old = young + rng.randint(2, by_level(level, 20, 30, 40, 45, 45))
        third = rng.randint(2, 60)
        after = rng.randint(2, 15)
        if level == 1:
            said = f"{a} is {counted(old - young, 'year')} older than {b}. "
            said += f"Together they are {old + young} years old."
        elif level == 2:
            said = f"{a} is {counted(old - young, 'year')} older than {b}. "
            said += f"In {after} years, their ages will add up to {old + young + 2 * after}."
        else:
            drawn = _times(rng, past=level >= 4)
            young, old, shift, first, second = drawn
            said = f"Today {a} is {TIMES[first]} as old as {b}. "
            said += (
                f"In {counted(shift, 'year')}, {a} will be {TIMES[second]} as old as {b}."
                if shift > 0
                else f"{counted(-shift, 'year')} ago, {a} was {TIMES[second]} as old as {b}."
            )
            after = abs(shift)
        total = old + young + third
        ages = {a: old, b: young}
        if level == 5:
            said += f" With {c} the three of them are {total} years old together."
            ages[c] = third
        who = rng.choice(sorted(ages)) if level < 5 else c
        answer = ages[who]
        wrong = [old, young, third, answer + after, answer - after, old - young, answer + 1]
        facts = ", ".join(f"{name} is {age}" for name, age in ages.items())
        return Posed(
            statement=f"{said} {worded(rng, ENDINGS, who=who)}",
            answer=str(answer),
            near_misses=slips(answer, *(value for value in wrong if value > 0)),
            solution=f"Write each sentence as an equation in the ages today and solve: {facts}.",
        )


def _times(rng: Random, *, past: bool) -> tuple[int, int, int, int, int]:
    """Draw ages that are multiples of each other now and once in the past or future."""
    found = [
        (young, first * young, shift, first, second)
        for young in range(3, 30)
        for first in TIMES
        for shift in (range(-young + 1, 0) if past else range(1, 31))
        for second in TIMES
        if first * young < 95
        and second != first
        and first * young + shift == second * (young + shift)
    ]
    return rng.choice(found)
