"""Words for models, in plain Python: what `grams.h` does, readable, and its test oracle."""

import re
from collections.abc import Iterator
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

Keys = npt.NDArray[np.uint64]

WORDS = 0x9E3779B97F4A7C15
"""Begins the key of a sequence of words."""
LETTERS = 0xC2B2AE3D27D4EB4F
"""Begins the key of a part of a word."""
_START = 0xCBF29CE484222325
_STEP = 0x100000001B3
_CLOSE = 0xD6E8FEB86659FD93
_CHAIN = 0xFF51AFD7ED558CCD
_ALL = (1 << 64) - 1

_SPACE = rb"\xc2\xa0|\xe3\x80\x80"
_ALONE = (
    rb"[\xe3-\xe9][\x80-\xbf]{2}|\xe2[\x80\x81][\x80-\xbf]|\xe0[\xb8-\xbb][\x80-\xbf]"
    rb"|\xf0[\x9f-\xbf][\x80-\xbf]{2}"
)
_HIGH = rb"[\x80-\xff]"
_MARK = rb"[!-/:-@\[-^`{-~]"
_WORD = re.compile(
    rb"(?:" + _SPACE + rb")|(?P<alone>" + _MARK + rb"|" + _ALONE + rb")"
    rb"|(?P<whole>(?:[0-9A-Za-z_]|(?!" + _SPACE + rb"|" + _ALONE + rb")" + _HIGH + rb")+)"
)


class Word(NamedTuple):
    """One word of a text."""

    start: int
    """Its first byte in the text."""
    letters: bytes
    """Its bytes, folded."""
    hash: int
    whole: bool
    """Whether it is a run of letters, and no mark or character by itself."""


def fold_table(*, fold_case: bool, fold_digits: bool) -> bytes:
    """Return what each of the 256 bytes counts as: ASCII only."""
    table = bytearray(range(256))
    if fold_case:
        table[ord("A") : ord("Z") + 1] = bytes(range(ord("a"), ord("z") + 1))
    if fold_digits:
        table[ord("0") : ord("9") + 1] = b"0" * 10
    return bytes(table)


def read_words(text: bytes, fold: bytes) -> Iterator[Word]:
    """Yield the words of a text."""
    for match in _WORD.finditer(text):
        if match.lastgroup is not None:
            letters = match.group().translate(fold)
            yield Word(match.start(), letters, hash_letters(letters), match.lastgroup == "whole")


def hash_letters(letters: bytes) -> int:
    """Return the hash of some folded bytes."""
    h = _START
    for byte in letters:
        h = (h ^ byte) * _STEP & _ALL
    h = (h ^ h >> 32) * _CLOSE & _ALL
    return h ^ h >> 32


def chain(key: int, word: int) -> int:
    """Return the key of a sequence with one more word before it."""
    key = ((key << 23 & _ALL | key >> 41) ^ word) * _CHAIN & _ALL
    return key ^ key >> 29


def chain_all(keys: Keys | int, words: Keys) -> Keys:
    """Do the same for arrays."""
    old = np.asarray(keys, dtype=np.uint64)
    turned = (old << np.uint64(23)) | (old >> np.uint64(41))
    mixed: Keys = (turned ^ words) * np.uint64(_CHAIN)
    return mixed ^ (mixed >> np.uint64(29))
