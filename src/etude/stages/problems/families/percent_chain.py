"""Follows a price through several changes by percentages."""

from fractions import Fraction
from random import Random

from etude.stages.problems.families._base import Family, Posed
from etude.stages.problems.families._level import by_level
from etude.stages.problems.families._number_text import decimal, has_decimal
from etude.stages.problems.families._slips import slips
from etude.stages.problems.families._wording import listed, worded

THINGS = ("bicycle", "coat", "laptop", "sofa", "camera", "guitar", "tent", "washing machine")
TEMPLATES = (
    "A {thing} costs {price} euros. Its price is {changes}. "
    "What does it cost in the end, in euros?{extra}",
    "The price of a {thing} was {price} euros to begin with. Since then it has been {changes}. "
    "How many euros is it now?{extra}",
    "A shop sells a {thing} at {price} euros. Over the year that price is {changes}, "
    "each time counted from the price just before. Find the final price in euros.{extra}",
)
EXTRAS = (
    "",
    " (Delivery, which costs 15 euros, is charged apart and does not count.)",
    " A second shop asks 30 euros more for it all year, which does not matter here.",
)


class PercentChainFamily(Family, frozen=True, kw_only=True):
    """Prices raised and cut by percentages, one after another."""

    topic = "arithmetic"

    def pose(self, rng: Random, level: int) -> Posed:
        """Pose one chain of changes."""
        n_changes = by_level(level, 1, 2, 2, 3, 4)
        step = by_level(level, 10, 10, 5, 5, 5)
        while True:
            price = rng.randint(2, by_level(level, 20, 40, 60, 80, 120)) * 20
            changes = [rng.randint(1, 60 // step) * step for _ in range(n_changes)]
            changes = [percent * rng.choice((1, -1)) for percent in changes]
            values = [Fraction(price)]
            for percent in changes:
                values.append(values[-1] * (100 + percent) / 100)
            if has_decimal(values[-1]):
                break
        answer = values[-1]
        words = [f"{'raised' if p > 0 else 'cut'} by {abs(p)}%" for p in changes]
        together = Fraction(price * (100 + sum(changes)), 100)
        wrong = [together, Fraction(price + sum(changes)), answer * 100 / (100 + changes[-1])]
        wrong += [answer * (100 - p) / (100 + p) for p in changes]
        wrong += [answer + 1, answer - price]
        steps = ", ".join(f"${decimal(value)}$" for value in values)
        return Posed(
            statement=worded(
                rng,
                TEMPLATES,
                thing=rng.choice(THINGS),
                price=price,
                changes=listed(words, "and then"),
                extra=rng.choice(EXTRAS[1:]) if level >= 4 else "",
            ),
            answer=decimal(answer),
            near_misses=slips(answer, *(decimal(w) for w in wrong if w > 0 and has_decimal(w, 6))),
            solution=f"Each change is counted from the price before it: {steps}.",
        )
