"""Finds the smallest number with given remainders."""

from math import gcd, prod
from random import Random

from etude.stages.problems.families._base import Family, Posed
from etude.stages.problems.families._level import by_level
from etude.stages.problems.families._slips import slips
from etude.stages.problems.families._wording import listed, worded

TEMPLATES = (
    "What is the smallest positive integer that leaves {rests}?",
    "Find the least positive integer with these properties: it leaves {rests}.",
    "A box holds fewer than {size} beads. The number of beads leaves {rests}. "
    "How many beads are there?",
    "When soldiers line up, their number leaves {rests}. "
    "What is the smallest number of soldiers that fits?",
)


class ChineseRemainderFamily(Family, frozen=True, kw_only=True):
    """Remainders for two to four moduli without common factors."""

    topic = "number theory"

    def pose(self, rng: Random, level: int) -> Posed:
        """Pose one search."""
        count = by_level(level, 2, 2, 3, 3, 4)
        top = by_level(level, 9, 16, 11, 20, 17)
        while True:
            moduli = sorted(rng.sample(range(3, top + 1), count))
            if all(gcd(a, b) == 1 for i, a in enumerate(moduli) for b in moduli[:i]):
                break
        size = prod(moduli)
        answer = rng.randint(max(moduli), size - 1)
        rests = [answer % m for m in moduli]
        said = [
            f"a remainder of {r} when divided by {m}" for r, m in zip(rests, moduli, strict=True)
        ]
        wrong = [answer + moduli[0], answer + size, size - answer, answer + 1, answer - moduli[-1]]
        first = rests[0] or moduli[0]
        shown = ", ".join(str(first + moduli[0] * i) for i in range(3))
        return Posed(
            statement=worded(rng, TEMPLATES, rests=listed(said), size=size),
            answer=str(answer),
            near_misses=slips(answer, *(w for w in wrong if w > 0)),
            solution=f"The numbers that fit the first remainder are ${shown}, \\dots$; adding one "
            "condition after another, the step grows to the product of the divisors used so far. "
            f"The first number that fits all of them is ${answer}$.",
        )
