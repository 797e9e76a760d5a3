"""Finds the probability of a sum of dice."""

from fractions import Fraction
from random import Random

from etude.stages.problems.families._base import Family, Posed
from etude.stages.problems.families._level import by_level
from etude.stages.problems.families._number_text import latex
from etude.stages.problems.families._slips import slips
from etude.stages.problems.families._wording import worded

TEMPLATES = (
    "{dice} are rolled. What is the probability that the sum is {rule}? "
    "Give a fraction in lowest terms.",
    "Someone rolls {dice}. Find the probability that they show a total that is {rule}, "
    "as a reduced fraction.",
    "{dice} are thrown at once and what they show is added up. How likely is it that the result "
    "is {rule}? Answer with a fraction in lowest terms.",
)
NUMBERS = {2: "two", 3: "three", 4: "four", 5: "five"}


class DiceProbabilityFamily(Family, frozen=True, kw_only=True):
    """Sums of fair dice, also of dice that have more or fewer faces."""

    topic = "combinatorics"

    def pose(self, rng: Random, level: int) -> Posed:
        """Pose one probability."""
        n = by_level(level, 2, 2, 3, 3, 4)
        faces = by_level(level, 6, rng.choice((4, 6, 8, 10, 12)), 6, rng.choice((4, 8, 10)), 6)
        ways = {0: 1}
        for _ in range(n):
            after: dict[int, int] = {}
            for total, count in ways.items():
                for face in range(1, faces + 1):
                    after[total + face] = after.get(total + face, 0) + count
            ways = after
        target = rng.randint(n + 1, n * faces - 1)
        kind = rng.choice(
            ("exactly", "at least", "at most", "even") if level > 1 else ("exactly", "at least")
        )
        kind = "a multiple of" if kind == "even" else kind
        if kind == "a multiple of":
            target = rng.choice((3, 4, 5, 7))
        hits = {
            "exactly": lambda total: total == target,
            "at least": lambda total: total >= target,
            "at most": lambda total: total <= target,
            "a multiple of": lambda total: total % target == 0,
        }
        every = faces**n
        good = sum(count for total, count in ways.items() if hits[kind](total))
        answer, edge = Fraction(good, every), Fraction(ways.get(target, 1), every)
        sums = sum(1 for total in ways if hits[kind](total))
        wrong = [1 - answer, answer - edge, answer + edge, Fraction(sums, len(ways))]
        wrong += [Fraction(good, n * faces), Fraction(good + 1, every)]
        name = "fair dice" if faces == 6 else f"fair {faces}-sided dice (numbered 1 to {faces})"
        dice = f"{NUMBERS[n]} {name}"
        statement = worded(rng, TEMPLATES, dice=dice, rule=f"{kind} {target}")
        return Posed(
            statement=statement[0].upper() + statement[1:],
            answer=str(answer),
            near_misses=slips(answer, *(w for w in wrong if 0 < w <= 1)),
            solution=f"Of the ${faces}^{n} = {every}$ equally likely outcomes ${good}$ fit, "
            rf"so the probability is $\frac{{{good}}}{{{every}}} = {latex(answer)}$.",
        )
