"""Numbers that are only nearly the same, where the settings allow it."""

import re
from fractions import Fraction
from typing import Protocol

_DECIMAL = re.compile(r"[+-]?\d{0,30}\.(\d{1,30})", re.ASCII)


class _Rules(Protocol):
    @property
    def tolerance(self) -> float: ...
    @property
    def decimals(self) -> int: ...


def close_enough(wanted: Fraction | None, given: Fraction | None, text: str, rules: _Rules) -> bool:
    """Whether a number lies within the tolerance, or is the wanted one rounded as it is written."""
    if wanted is None or given is None:
        return False
    if rules.tolerance and abs(given - wanted) <= Fraction(rules.tolerance) * abs(wanted):
        return True
    written = _DECIMAL.fullmatch(text.replace(",", ""))
    if not rules.decimals or written is None or len(written[1]) < rules.decimals:
        return False
    return abs(given - wanted) * 2 <= Fraction(1, 10 ** len(written[1]))
