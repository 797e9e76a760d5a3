"""Wording: a choice of templates, first names, lists and plurals."""

from collections.abc import Sequence
from random import Random

# Short first names of many languages; which one a problem takes does not matter.
NAMES = (
    *("Amara", "Ben", "Chloe", "Dmitri", "Elif", "Farah", "Goran", "Hana", "Ivan", "Jun", "Kofi"),
    *("Lena", "Mateo", "Nadia", "Omar", "Priya", "Quinn", "Rosa", "Samir", "Tomas", "Uma"),
    *("Viktor", "Wren", "Yusuf", "Zoe"),
)


def worded(rng: Random, templates: Sequence[str], **values: object) -> str:
    """Fill in one of several wordings."""
    return rng.choice(templates).format(**values)


def listed(items: Sequence[object], last: str = "and") -> str:
    """Write out a list as English does: `a, b and c`."""
    texts = [str(item) for item in items]
    if len(texts) < 2:
        return "".join(texts)
    return f"{', '.join(texts[:-1])} {last} {texts[-1]}"


def counted(number: int, noun: str, plural: str = "") -> str:
    """Write out how many there are of something."""
    return f"{number} {noun if number == 1 else plural or noun + 's'}"


def ordinal(number: int) -> str:
    """Write out a place in a row: `1st`, `22nd`, `13th`."""
    ending = "th" if number % 100 in {11, 12, 13} else {1: "st", 2: "nd", 3: "rd"}.get(number % 10)
    return f"{number}{ending or 'th'}"
