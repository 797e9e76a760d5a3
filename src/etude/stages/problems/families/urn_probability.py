"""Finds the probability of what is drawn from an urn."""

from fractions import Fraction
from math import comb
from random import Random

from etude.stages.problems.families._base import Family, Posed
from etude.stages.problems.families._level import by_level
from etude.stages.problems.families._number_text import latex
from etude.stages.problems.families._slips import slips
from etude.stages.problems.families._wording import counted, listed, worded

COLOURS = ("red", "blue", "green", "white", "black", "yellow")
TEMPLATES = (
    "An urn holds {balls}, from which {k} balls are drawn at random without putting any back. "
    "What is the probability that {event}? Give a fraction in lowest terms.",
    "A bag contains {balls}. Someone takes out {k} balls at once without looking. "
    "Find the probability that {event}, as a reduced fraction.",
    "From a box with {balls}, {k} balls are picked at random, one after another and without "
    "replacement. How likely is it that {event}? Answer with a fraction in lowest terms.",
)


class UrnProbabilityFamily(Family, frozen=True, kw_only=True):
    """Draws without replacement: all alike, at least one, exactly so many."""

    topic = "combinatorics"

    def pose(self, rng: Random, level: int) -> Posed:
        """Pose one probability."""
        n_colours = by_level(level, 2, 2, 3, 3, 4)
        top = by_level(level, 6, 9, 9, 10, 12)
        k = by_level(level, 2, 2, 3, 3, 4)
        colours = rng.sample(COLOURS, n_colours)
        counts = [rng.randint(k, top) for _ in colours]
        total, mine = sum(counts), counts[0]
        every = comb(total, k)
        kind = rng.choice(
            by_level(level, ("all",), ("all", "some"), *[("same", "some", "just")] * 3)
        )
        some, share = rng.randint(1, k - 1), Fraction(mine, total)
        event, good, back = {
            "all": (f"all of them are {colours[0]}", comb(mine, k), share**k),
            "some": (
                f"at least one of them is {colours[0]}",
                every - comb(total - mine, k),
                1 - Fraction(total - mine, total) ** k,
            ),
            "same": (
                "all of them have the same colour",
                sum(comb(n, k) for n in counts),
                sum((Fraction(n, total) ** k for n in counts), Fraction(0)),
            ),
            "just": (
                f"exactly {some} of them {'is' if some == 1 else 'are'} {colours[0]}",
                comb(mine, some) * comb(total - mine, k - some),
                comb(k, some) * share**some * (1 - share) ** (k - some),
            ),
        }[kind]
        answer = Fraction(good, every)
        wrong = [back, 1 - answer, Fraction(good + 1, every), share, 1 - back]
        wrong.append(Fraction(comb(mine, some), every))
        balls = [counted(n, f"{c} ball") for n, c in zip(counts, colours, strict=True)]
        return Posed(
            statement=worded(
                rng, TEMPLATES, balls=listed(balls), k=("two", "three", "four")[k - 2], event=event
            ),
            answer=str(answer),
            near_misses=slips(answer, *(w for w in wrong if 0 < w < 1)),
            solution=rf"There are $\binom{{{total}}}{{{k}}} = {every}$ equally likely draws, and "
            f"${good}$ of them fit: ${latex(answer)}$.",
        )
