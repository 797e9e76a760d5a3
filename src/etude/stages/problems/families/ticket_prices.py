"""Finds prices from two or three bills."""

from random import Random

from etude.stages.problems.families._base import Family, Posed
from etude.stages.problems.families._level import by_level
from etude.stages.problems.families._matrix import determinant
from etude.stages.problems.families._slips import slips
from etude.stages.problems.families._wording import counted, listed, worded

GOODS = (
    ("scarf", "hat", "belt"),
    ("lamp", "chair", "bench"),
    ("ticket for an adult", "ticket for a child", "programme"),
    ("shirt", "tie", "jacket"),
    ("book", "atlas", "globe"),
)
PLURALS = {
    "bench": "benches",
    "atlas": "atlases",
    "ticket for an adult": "tickets for adults",
    "ticket for a child": "tickets for children",
}
TEMPLATES = (
    "{bills} What is the price of one {asked}, in euros?",
    "In a shop, every item has a fixed price. {bills} How many euros does one {asked} cost?",
    "The following is known of some fixed prices. {bills} Find the price of one {asked} in euros.",
)


class TicketPricesFamily(Family, frozen=True, kw_only=True):
    """Systems of equations in words; one bill too many at level 3."""

    topic = "equations"

    def pose(self, rng: Random, level: int) -> Posed:
        """Pose one set of bills."""
        size = by_level(level, 2, 2, 2, 3, 3)
        top = by_level(level, 4, 7, 12, 5, 9)
        goods = rng.choice(GOODS)[:size]
        prices = [rng.randint(1, by_level(level, 9, 15, 25, 12, 30)) for _ in goods]
        while True:
            rows = [[rng.randint(1, top) for _ in goods] for _ in goods]
            if determinant(rows):
                break
        bills = [list(row) for row in rows]
        if level == 3:
            bills.append([2 * a + b for a, b in zip(*rows, strict=True)])
        sentences = []
        for bill in bills:
            cost = sum(n * p for n, p in zip(bill, prices, strict=True))
            things = [counted(n, g, PLURALS.get(g, "")) for n, g in zip(bill, goods, strict=True)]
            sentences.append(f"{listed(things)} cost {cost} euros in all.")
        place = rng.randrange(size)
        answer = prices[place]
        wrong = [*prices, sum(prices), answer + 1, answer - 1, 2 * answer]
        found = listed([f"one {g} costs {p}" for g, p in zip(goods, prices, strict=True)])
        return Posed(
            statement=worded(rng, TEMPLATES, bills=" ".join(sentences), asked=goods[place]),
            answer=str(answer),
            near_misses=slips(answer, *(w for w in wrong if w > 0)),
            solution="Each bill is an equation. Multiplying two of them so that one price falls "
            f"away when they are subtracted, and so on, gives: {found} euros.",
        )
