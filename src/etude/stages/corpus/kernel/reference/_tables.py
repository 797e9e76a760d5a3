"""Tables of characters and of English, as the C kernel has them: Unicode 14, spaCy, datatrove."""

import bisect
import functools
import json
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

TABLES = Path(__file__).parents[1] / "tables"


class _Run(NamedTuple):
    first: int
    last: int
    names: frozenset[str]


class Changes(NamedTuple):
    """What becomes of characters when a text is simplified."""

    strings: dict[str, str]
    """Character -> what it changes to, marks left out; Hangul syllables are not here."""
    order: dict[str, int]
    """Canonical combining class of characters that have one and are no marks."""
    lower: dict[str, str]
    """Lower case of single characters; the final sigma counts as a capital of the other."""


class English(NamedTuple):
    """What spaCy's English tokenizer knows beside characters."""

    exceptions: dict[str, list[str]]
    """Text -> its tokens."""
    phrases: dict[tuple[str, ...], str]
    """What affix rules make of an exception -> its text."""
    units: list[str]
    money: list[str]


def _lines(name: str) -> Iterator[list[str]]:
    for line in (TABLES / name).read_text(encoding="utf-8").splitlines():
        if not line.startswith(("#", "!")):
            yield line.split()


@functools.cache
def _runs() -> list[_Run]:
    return [
        _Run(int(first, 16), int(last, 16), frozenset(names))
        for first, last, *names in _lines("characters.txt")
    ]


@functools.cache
def _firsts() -> list[int]:
    return [run.first for run in _runs()]


@functools.cache
def classes(char: str) -> frozenset[str]:
    """Return the names of the classes that a character is in: those of tables/characters.txt."""
    point = ord(char)
    run = _runs()[bisect.bisect_right(_firsts(), point) - 1]
    return run.names if run.first <= point <= run.last else frozenset()


@functools.cache
def char_set(*names: str) -> str:
    r"""Return the inside of a regular expression's [...] for characters of any of these classes."""
    wanted = set(names)
    runs = (run for run in _runs() if wanted & run.names)
    return "".join(f"\\U{run.first:08x}-\\U{run.last:08x}" for run in runs)


def _char(code: str) -> str:
    return chr(int(code, 16))


@functools.cache
def changes() -> Changes:
    """Return what simplification does to characters."""
    strings: dict[str, str] = {}
    order: dict[str, int] = {}
    lower: dict[str, str] = {}
    for kind, *rest in _lines("normalise.txt"):
        if kind == "ccc":
            order |= {_char(code): int(rest[0]) for code in rest[1:]}
        elif kind == "lower":
            first, last, step, far = int(rest[0], 16), int(rest[1], 16), int(rest[2]), int(rest[3])
            lower |= {chr(c): chr(c + far) for c in range(first, last + 1, step)}
        else:
            strings[_char(kind)] = "".join(map(_char, rest))
    return Changes(strings, order, lower)


@functools.cache
def english() -> English:
    """Return the tables of English."""
    data = json.loads((TABLES / "english.json").read_text(encoding="utf-8"))
    return English(
        {text: tokens.split(" ") for text, tokens in data["exceptions"].items()},
        {tuple(tokens.split(" ")): text for text, tokens in data["phrases"].items()},
        data["units"],
        data["money"],
    )
