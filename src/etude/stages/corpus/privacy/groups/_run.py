"""Digits in their surroundings."""

import re
from collections.abc import Iterator
from typing import NamedTuple

from etude.stages.corpus.privacy._base import Anchor, Window

_OTHERS = bytes(c for c in range(256) if not 48 <= c < 58)
_REACH = 64
_LINE = 96
_CUE_BYTES = 64
_NUMBER = re.compile(rb"(?<![\w.\-()+:/])[+\-]?[0-9]+(?:[.,][0-9]+)*(?![\w\-()/:])")
_WORD_BEFORE = re.compile(rb"[^\s\"'<>(),;|\[\]{}]*\Z")
# Digits go on behind these, so they are the end of a longer thing: UUIDs, hexadecimal, decimals.
_NOT_BEFORE = re.compile(rb"(?:[0-9a-f]{4}-|0x[0-9a-f]*|[0-9][.,]|(?:^|[^0-9a-z])\.)\(?\Z")
_PATH = re.compile(rb"[/\\%#&_]|\?|\.\Z")
_FILE = re.compile(rb"[\w.\-]*(?:\.[a-z][a-z0-9]{1,4}\b|/[a-z0-9]|_)|#|:[0-9a-f]{2}")
_IN_ROW = 3


class Run(NamedTuple):
    """A cell in which numbers may begin."""

    window: Window

    def matches(self, pattern: re.Pattern[bytes]) -> Iterator[re.Match[bytes]]:
        """Yield matches that begin in the cell and are no part of a longer thing."""
        for match in self.window.matches(pattern, _REACH):
            if not _NOT_BEFORE.search(self.window.before(match.start(), 24)):
                yield match

    def follows(self, words: re.Pattern[bytes], start: int) -> bool:
        """Say whether a cue, a pattern that `cue` made, leads to a place."""
        return words.search(self.window.before(start, _CUE_BYTES)) is not None

    def in_row(self, start: int, end: int) -> bool:
        """Say whether several more numbers stand in the line, as in a table."""
        before = self.window.before(start, _LINE).rpartition(b"\n")[2]
        after = self.window.after(end, _LINE).partition(b"\n")[0]
        return len(_NUMBER.findall(before)) + len(_NUMBER.findall(after)) >= _IN_ROW

    def in_path(self, start: int, end: int) -> bool:
        """Say whether a place is in the name of a file or an address on the web."""
        word = _WORD_BEFORE.search(self.window.before(start, _CUE_BYTES))
        before = word[0] if word else b""
        if before.endswith((b"/", b"=", b":")) and before[:-1].isalpha():
            before = b""
        return bool(_PATH.search(before) or _FILE.match(self.window.after(end)))


def cue(words: bytes, gap: int = 32) -> tuple[re.Pattern[bytes], Anchor]:
    """Return what says that a cue leads to a number, and the anchor that stands for that.

    Args:
        words: Alternatives in lower case.
        gap: Bytes between the word and the number's first digit, at most; no digit is among them.
    """
    joint = rb"[^0-9]{0,%d}" % gap
    anchor = Anchor(rb"(?i:" + words + rb")" + joint + rb"[0-9]", 8)
    return re.compile(rb"(?:" + words + rb")" + joint + rb"\Z"), anchor


def digits_of(value: bytes) -> str:
    """Return the digits of a value, without what separates them."""
    return value.translate(None, _OTHERS).decode()
