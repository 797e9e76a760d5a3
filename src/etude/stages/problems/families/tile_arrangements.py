"""Counts the different orders of tiles, some of which are alike."""

from math import factorial, prod
from random import Random

from etude.stages.problems.families._base import Family, Posed
from etude.stages.problems.families._level import by_level
from etude.stages.problems.families._slips import slips
from etude.stages.problems.families._wording import worded

TEMPLATES = (
    "Letter tiles read {tiles}. How many different strings can be made with all of them{rule}?",
    "In how many distinguishable orders can the letters {tiles} be written in a row{rule}?",
    "Someone lays the tiles {tiles} in a row, using every one. "
    "How many different strings can appear{rule}?",
)


class TileArrangementsFamily(Family, frozen=True, kw_only=True):
    """Orders of a multiset of letters, with neighbours demanded or forbidden."""

    topic = "combinatorics"

    def pose(self, rng: Random, level: int) -> Posed:
        """Pose one count."""
        n_kinds = by_level(level, 3, 3, 4, 4, 5)
        top = by_level(level, 2, 3, 3, 4, 4)
        letters = rng.sample("ABCDEGHKLMNOPRSTU", n_kinds)
        counts = [rng.randint(1, top) for _ in letters]
        counts[0] = rng.randint(2, max(2, top))
        total = sum(counts)
        every = _orders(counts)
        first, rest = counts[0], counts[1:]
        block = _orders([1, *rest])
        spread = _orders(rest) * _choose(total - first + 1, first)
        kind = by_level(level, "all", "all", "together", "apart", rng.choice(("apart", "not all")))
        if kind == "apart" and spread == 0:
            kind = "not all"
        rule, answer = {
            "all": ("", every),
            "together": (f" in which all the {letters[0]}s stand side by side", block),
            "apart": (f" in which no two {letters[0]}s are next to each other", spread),
            "not all": (
                f" in which the {letters[0]}s do not all stand in one block",
                every - block,
            ),
        }[kind]
        wrong = [factorial(total), every, every - answer, block * factorial(first), block]
        wrong += [prod(counts), answer + 1]
        tiles = [letter for letter, n in zip(letters, counts, strict=True) for _ in range(n)]
        rng.shuffle(tiles)
        below = r" \cdot ".join(f"{n}!" for n in counts)
        how = {
            "all": "",
            "together": f" Taking the {letters[0]}s as one tile leaves ${block}$.",
            "apart": f" Order the other tiles, then choose gaps for the {letters[0]}s: ${spread}$.",
            "not all": f" In ${block}$ of them the {letters[0]}s form one block; these go off.",
        }[kind]
        return Posed(
            statement=worded(rng, TEMPLATES, tiles=", ".join(tiles), rule=rule),
            answer=str(answer),
            near_misses=slips(answer, *(w for w in wrong if w > 0)),
            solution=rf"There are $\frac{{{total}!}}{{{below}}} = {every}$ orders in all.{how} "
            f"The answer is ${answer}$.",
        )


def _orders(counts: list[int]) -> int:
    """Count the orders of a multiset."""
    return factorial(sum(counts)) // prod(factorial(n) for n in counts)


def _choose(n: int, k: int) -> int:
    """Count the subsets of a size."""
    return factorial(n) // (factorial(k) * factorial(n - k)) if 0 <= k <= n else 0
