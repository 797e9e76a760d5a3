"""The list of toxic terms and the parts of adult sites' names, read from their data files."""

from functools import cache
from importlib.resources import files
from typing import NamedTuple

import msgspec


class Term(msgspec.Struct, frozen=True):
    """One entry of the list."""

    text: str
    """Lower case."""
    category: str
    """`obscene`, `slur`, `adult`, or `except` for a phrase in which no other term counts."""
    weight: float
    language: str
    open_end: bool
    """Whether letters may follow, as endings do."""


class HostParts(NamedTuple):
    """Parts of host names."""

    anywhere: tuple[str, ...]
    words: frozenset[str]


def _rows(name: str) -> list[list[str]]:
    text = (files(__package__) / name).read_text(encoding="utf-8")
    lines = [line for line in text.splitlines() if line and not line.startswith("# ")]
    return [line.split("\t") for line in lines]


@cache
def toxic_terms() -> tuple[Term, ...]:
    """Return the entries of the list of terms."""
    return tuple(
        Term(text.rstrip("~"), category, float(weight), language, text.endswith("~"))
        for text, category, weight, language in _rows("toxicity.tsv")
    )


@cache
def adult_hosts() -> HostParts:
    """Return the parts of host names that mark adult sites."""
    rows = _rows("adult_hosts.tsv")
    return HostParts(
        tuple(part for part, how in rows if how == "in"),
        frozenset(part for part, how in rows if how == "word"),
    )
