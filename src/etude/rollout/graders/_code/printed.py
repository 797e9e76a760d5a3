"""What a program printed, compared with what it had to print."""

import math
import re
from typing import Literal

Printed = Literal["exact", "tokens", "numbers"]
_INTEGER = re.compile(r"[+-]?[0-9]+", re.ASCII)
_NUMBER = re.compile(r"[+-]?(?:[0-9]+\.?[0-9]*|\.[0-9]+)(?:[eE][+-]?[0-9]{1,4})?", re.ASCII)
_LONGEST = 400
"""Characters of the longest number that is compared as one."""


def printed_alike(wanted: str, got: str, how: Printed, tolerance: float) -> bool:
    """Return whether `got` counts as `wanted`.

    Args:
        wanted: What had to be printed.
        got: What was printed.
        how: `exact` compares all but the ends of lines and line breaks at the end; `tokens` the
            words between white space; `numbers` does the same, but numbers that are not both whole
            need only be close.
        tolerance: Largest difference of two numbers, absolute or as a share of the larger.
    """
    if how == "exact":
        return _lines(wanted) == _lines(got)
    wanted_words, got_words = wanted.split(), got.split()
    if wanted_words == got_words:
        return True
    if how == "tokens" or len(wanted_words) != len(got_words):
        return False
    return all(map(lambda one, other: _close(one, other, tolerance), wanted_words, got_words))


def _lines(text: str) -> str:
    return text.replace("\r\n", "\n").rstrip("\n")


def _close(wanted: str, got: str, tolerance: float) -> bool:
    if wanted == got:
        return True
    if len(wanted) > _LONGEST or len(got) > _LONGEST:
        return False
    if _INTEGER.fullmatch(wanted) and _INTEGER.fullmatch(got):
        return int(wanted) == int(got)
    if not _NUMBER.fullmatch(wanted) or not _NUMBER.fullmatch(got):
        return False
    one, other = float(wanted), float(got)
    if not (math.isfinite(one) and math.isfinite(other)):
        return False
    return abs(one - other) <= tolerance * max(1.0, abs(one), abs(other))
