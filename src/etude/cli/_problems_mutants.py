"""The bug makers of `etude swe`, as what puts mistakes into functions for `etude problems code`."""

from collections.abc import Iterator
from random import Random

from etude.stages.swe.bugs import SourceFile
from etude.stages.swe.bugs.mutate import MutateMaker

MAX_MUTANTS = 12
"""Mistakes proposed for one function, at most."""


def mutants(code: str, covered: frozenset[int], seed: int) -> Iterator[str]:
    """Yield codes of a function that differ from it by one small mistake each.

    Args:
        code: The function, at the margin.
        covered: Its lines that tests run, counted from 1.
        seed: Decides which mistakes come first.
    """
    maker = MutateMaker(max_per_function=MAX_MUTANTS)
    file = SourceFile(path="function.py", text=code + "\n", covered=covered)
    for bug in maker.propose([file], Random(seed)):
        yield bug.files[0].text
