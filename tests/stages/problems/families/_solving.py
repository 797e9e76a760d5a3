"""Problems solved again, from nothing but what their statements say."""

import re
from collections.abc import Callable
from fractions import Fraction
from random import Random

from etude.stages.problems.families import families

Solver = Callable[[str], object]


def numbers(text: str) -> list[int]:
    """Return the whole numbers of a text, with their signs."""
    return [int(n) for n in re.findall(r"(?<![\w.])-?\d+(?![\w.]*\d)", text)]


def decimals(text: str) -> list[Fraction]:
    """Return the numbers of a text."""
    return [Fraction(n) for n in re.findall(r"(?<![\w.])-?\d+(?:\.\d+)?", text)]


def between(text: str, start: str, end: str) -> str:
    """Return what stands between two marks."""
    return text.partition(start)[2].partition(end)[0]


def items(text: str) -> list[str]:
    """Return the entries of a Markdown list."""
    return re.findall(r"^(?:-|\d+\.) (.*)$", text, re.MULTILINE)


def disagreements(name: str, solve: Solver, count: int = 40) -> list[str]:
    """Return where a solver finds another answer than the family."""
    family = families.make(name)
    found = []
    for seed in range(count):
        posed = family.pose(Random(seed + 1000), seed % family.levels + 1)
        result = solve(posed.statement)
        answer: object = posed.answer
        if isinstance(result, int | Fraction):
            answer = Fraction(re.sub(r"[^\d./-].*$", "", posed.answer))
        if result != answer:
            found.append(f"{posed.statement}\n-> {posed.answer}, but solved as {result}")
    return found
