"""Counts the ways to choose a group, under conditions."""

from math import comb, perm
from random import Random

from etude.stages.problems.families._base import Family, Posed
from etude.stages.problems.families._level import by_level
from etude.stages.problems.families._slips import slips
from etude.stages.problems.families._wording import worded

PLAIN = (
    "A class of {n} students elects {k} of them as equal members of a committee. "
    "In how many ways can it be made up?",
    "In how many ways can {k} of {n} different books be picked to take along, in no order?",
    "How many different teams of {k} can be formed from {n} players?",
)
MIXED = (
    "A committee of {k} is chosen from {w} women and {m} men. How many committees have {rule}?",
    "From {w} women and {m} men, a delegation of {k} is picked. "
    "How many delegations with {rule} are possible?",
    "A jury of {k} people is drawn from {w} women and {m} men. In how many ways can it be made up "
    "of {rule}?",
)
WOMEN = ("Ms Alder", "Ms Birch", "Ms Cedar", "Ms Elm")
MEN = ("Mr Fir", "Mr Hazel", "Mr Oak", "Mr Rowan")


class CommitteeFamily(Family, frozen=True, kw_only=True):
    """Choices without order: plain, of two kinds of people, with two who do not get along."""

    topic = "combinatorics"

    def pose(self, rng: Random, level: int) -> Posed:
        """Pose one count."""
        if level == 1:
            n, k = rng.randint(5, 20), rng.randint(2, 4)
            answer = comb(n, k)
            return Posed(
                statement=worded(rng, PLAIN, n=n, k=k),
                answer=str(answer),
                near_misses=slips(answer, perm(n, k), n**k, comb(n, k - 1), n * k, answer + 1),
                solution=rf"Order does not matter: $\binom{{{n}}}{{{k}}} = {answer}$.",
            )
        women, men = (rng.randint(3, by_level(level, 5, 6, 8, 10, 14)) for _ in range(2))
        k = rng.randint(3, by_level(level, 3, 4, 5, 6, 8))
        least = rng.randint(1, min(k - 1, women))
        counts = [comb(women, i) * comb(men, k - i) for i in range(k + 1)]
        every = comb(women + men, k)
        rule = f"exactly {_women(least)}"
        answer, used = counts[least], [least]
        if level >= 3:
            rule, used = f"at least {_women(least)}", list(range(least, k + 1))
            answer = sum(counts[least:])
        wrong = [every, every - answer, comb(women, least), counts[least]]
        wrong.append(comb(women, least) * comb(women + men - least, k - least))
        wrong.append(sum(counts[least + 1 :]))
        statement = worded(rng, MIXED, k=k, w=women, m=men, rule=rule)
        more = ""
        if level == 5:
            a, b = rng.choice(WOMEN), rng.choice(MEN)
            statement += (
                f" One of the women, {a}, and one of the men, {b}, must not both be chosen."
            )
            both = sum(comb(women - 1, i - 1) * comb(men - 1, k - i - 1) for i in used if 0 < i < k)
            wrong.append(answer)
            answer -= both
            more = f" With both {a} and {b} there are ${both}$ of these, which go off."
        terms = " + ".join(rf"\binom{{{women}}}{{{i}}}\binom{{{men}}}{{{k - i}}}" for i in used)
        return Posed(
            statement=statement,
            answer=str(answer),
            near_misses=slips(answer, *wrong, answer + 1),
            solution=f"Choose the women, then the men: ${terms} = "
            f"{sum(counts[i] for i in used)}$.{more} The answer is ${answer}$.",
        )


def _women(number: int) -> str:
    """Say how many women."""
    return "1 woman" if number == 1 else f"{number} women"
