"""Shares an amount in a given ratio."""

from random import Random

from etude.stages.problems.families._base import Family, Posed
from etude.stages.problems.families._level import by_level
from etude.stages.problems.families._slips import slips
from etude.stages.problems.families._wording import NAMES, listed, worded

FROM_TOTAL = (
    "{who} share {total} {things} in the ratio {ratio}, in that order. {asked}",
    "There are {total} {things} to be divided among {who} in the ratio {ratio} (in this order). "
    "{asked}",
    "{total} {things} are split between {who}, in proportion {ratio} respectively. {asked}",
)
FROM_SHARE = (
    "{who} share some {things} in the ratio {ratio}, in that order. {known} {asked}",
    "A number of {things} is divided among {who} in the ratio {ratio} (in this order). "
    "{known} {asked}",
    "Some {things} are split between {who}, in proportion {ratio} respectively. {known} {asked}",
)
THINGS = ("marbles", "coins", "stickers", "seeds", "cards")


class RatioShareFamily(Family, frozen=True, kw_only=True):
    """A share, a difference of shares, or the whole from one share."""

    topic = "arithmetic"

    def pose(self, rng: Random, level: int) -> Posed:
        """Pose one division."""
        n_people = by_level(level, 2, 3, 3, 3, 4)
        parts = rng.sample(range(1, by_level(level, 8, 9, 12, 15, 20)), n_people)
        unit = rng.randint(2, by_level(level, 12, 20, 40, 60, 90))
        people = rng.sample(NAMES, n_people)
        i, j = sorted(rng.sample(range(n_people), 2), key=lambda k: -parts[k])
        total, things = unit * sum(parts), rng.choice(THINGS)
        known, templates = "", FROM_TOTAL
        if level >= 4:
            templates = FROM_SHARE
            known = f"{people[i]} gets {unit * (parts[i] - parts[j])} more than {people[j]}."
        if level in {3, 5}:
            asked = f"How many more {things} does {people[i]} get than {people[j]}?"
            answer = unit * (parts[i] - parts[j])
        else:
            asked = f"How many {things} does {people[i]} get?"
            answer = unit * parts[i]
        if level == 5:
            asked, answer = f"How many {things} are there altogether?", total
        wrong = [unit * part for part in parts] + [total // n_people, unit, total - answer]
        return Posed(
            statement=worded(
                rng,
                templates,
                who=listed(people),
                total=total,
                things=things,
                ratio=" : ".join(str(part) for part in parts),
                asked=asked,
                known=known,
            ),
            answer=str(answer),
            near_misses=slips(answer, *wrong, answer + unit, answer + 1),
            solution=f"There are ${' + '.join(map(str, parts))} = {sum(parts)}$ equal parts, "
            f"and one part is ${unit}$ {things}. So the answer is ${answer}$.",
        )
