"""Asks which of several numbers is the largest."""

from collections.abc import Callable
from fractions import Fraction
from random import Random

from etude.stages.problems.families._base import Family, Posed
from etude.stages.problems.families._level import by_level
from etude.stages.problems.families._slips import slips
from etude.stages.problems.families._wording import listed, worded

TEMPLATES = (
    "Which is the largest of {n}?",
    "Name the greatest of these numbers: {n}.",
    "Of {n}, which number is the largest?",
)


class LargestNumberFamily(Family, frozen=True, kw_only=True):
    """Digits at first, then negative numbers, decimals of unequal length, and fractions."""

    topic = "arithmetic"

    def pose(self, rng: Random, level: int) -> Posed:
        """Pose one choice among different numbers."""
        draw: Callable[[Random], str] = by_level(
            level, _digit, _two_digits, _signed, _decimal, _fraction
        )
        wanted = by_level(level, 3, 4, 5, 4, 4)
        # The first spelling of each value stays, so that no answer has a twin.
        found: dict[Fraction, str] = {}
        while len(found) < wanted:
            text = draw(rng)
            found.setdefault(Fraction(text), text)
        ranked = [found[value] for value in sorted(found, reverse=True)]
        shown = [_shown(text) for text in found.values()]
        return Posed(
            statement=worded(rng, TEMPLATES, n=listed(shown)),
            answer=ranked[0],
            near_misses=slips(ranked[0], *ranked[1:]),
            solution=f"From the largest to the smallest: {listed([_shown(t) for t in ranked])}.",
        )


def _digit(rng: Random) -> str:
    return str(rng.randint(0, 9))


def _two_digits(rng: Random) -> str:
    return str(rng.randint(10, 99))


def _signed(rng: Random) -> str:
    return str(rng.choice((-1, -1, 1)) * rng.randint(2, 60))


def _decimal(rng: Random) -> str:
    """Draw a decimal close to others, of one to three places: 3.9 and 3.11 are often confused."""
    places = rng.randint(1, 3)
    return f"{rng.choice((3, 4))}.{rng.randint(1, 10**places - 1):0{places}}"


def _fraction(rng: Random) -> str:
    below = rng.randint(3, 13)
    return str(Fraction(rng.randint(1, below - 1), below))


def _shown(text: str) -> str:
    above, _, below = text.partition("/")
    return rf"$\frac{{{above}}}{{{below}}}$" if below else text if text.isdigit() else f"${text}$"
