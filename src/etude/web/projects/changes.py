"""Changes: what differs between two texts, line by line and within lines."""

import difflib
import re
from itertools import zip_longest
from typing import Literal

import msgspec

_WORDS = re.compile(r"\s+|\w+|[^\w\s]")
_MAX_LINE = 4000
Sort = Literal["same", "add", "del"]


class Piece(msgspec.Struct, frozen=True):
    """Part of a line."""

    text: str
    marked: bool
    """Whether it is what differs within the line."""


class Line(msgspec.Struct, frozen=True, kw_only=True):
    """One line of what differs."""

    sort: Sort
    pieces: tuple[Piece, ...]


def changes(old: str, new: str, n_around: int = 3) -> list[list[Line]]:
    r"""Return the places where two texts differ, each with lines around it.

    >>> [line.sort for line in changes("a\nb", "a\nc")[0]]
    ['same', 'del', 'add']
    """
    before, after = old.split("\n"), new.split("\n")
    matcher = difflib.SequenceMatcher(None, before, after)
    places = []
    for group in matcher.get_grouped_opcodes(n_around):
        lines: list[Line] = []
        for tag, start, end, start_new, end_new in group:
            if tag == "equal":
                lines += [_line("same", text) for text in before[start:end]]
            else:
                lines += _replaced(before[start:end], after[start_new:end_new])
        places.append(lines)
    return places


def _line(sort: Sort, text: str) -> Line:
    return Line(sort=sort, pieces=(Piece(text, marked=False),))


def _replaced(old: list[str], new: list[str]) -> list[Line]:
    gone: list[Line] = []
    come: list[Line] = []
    for left, right in zip_longest(old, new):
        if left is not None and right is not None and max(len(left), len(right)) < _MAX_LINE:
            pair = _within(left, right)
            gone.append(pair[0])
            come.append(pair[1])
            continue
        if left is not None:
            gone.append(_line("del", left))
        if right is not None:
            come.append(_line("add", right))
    return gone + come


def _within(old: str, new: str) -> tuple[Line, Line]:
    before, after = _WORDS.findall(old), _WORDS.findall(new)
    matcher = difflib.SequenceMatcher(None, before, after)
    if matcher.quick_ratio() < 0.4:
        return _line("del", old), _line("add", new)
    gone: list[Piece] = []
    come: list[Piece] = []
    for tag, start, end, start_new, end_new in matcher.get_opcodes():
        marked = tag != "equal"
        if end > start:
            gone.append(Piece("".join(before[start:end]), marked))
        if end_new > start_new:
            come.append(Piece("".join(after[start_new:end_new]), marked))
    return Line(sort="del", pieces=tuple(gone)), Line(sort="add", pieces=tuple(come))
