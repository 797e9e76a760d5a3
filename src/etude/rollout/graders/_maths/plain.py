"""The fast path: plain numbers, without a tree."""

import re
from fractions import Fraction

_PLAIN = re.compile(
    r"\s*([+-]?)(\d{1,300}|\d{1,3}(?:,\d{3}){1,30})(?:\.(\d{1,300}))?(?:/(\d{1,300}))?\.?\s*",
    re.ASCII,
)
_FRACTION = re.compile(
    r"\s*(-?)\\[dt]?frac(?:\{\s*(-?\d{1,300})\s*\}\{\s*(\d{1,300})\s*\}|(\d)(\d))\.?\s*", re.ASCII
)


def plain_number(text: str) -> Fraction | None:
    """Return the value of a plain integer, decimal or fraction; `None` where it is none."""
    found = _PLAIN.fullmatch(text)
    if found is not None:
        sign, whole, part, bottom = found.groups()
        return _value(sign, whole.replace(",", ""), part, bottom)
    found = _FRACTION.fullmatch(text) if "frac" in text else None
    if found is None:
        return None
    lower = int(found[3] or found[5])
    if lower == 0:
        return None
    value = Fraction(int(found[2] or found[4]), lower)
    return -value if found[1] else value


def _value(sign: str, whole: str, part: str | None, bottom: str | None) -> Fraction | None:
    if part is None and bottom is None:
        value = Fraction(int(whole))
    elif bottom is None:
        value = Fraction(int(whole + (part or "")), 10 ** len(part or ""))
    elif part is not None or int(bottom) == 0:
        return None
    else:
        value = Fraction(int(whole), int(bottom))
    return -value if sign == "-" else value
