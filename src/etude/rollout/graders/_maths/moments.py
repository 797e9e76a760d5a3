"""Dates and times of day, where a reference is one."""

import re

_NAMES = (
    "january jan|february feb|march mar|april apr|may may|june jun|july jul|august aug|"
    "september sep sept|october oct|november nov|december dec"
)
_MONTHS = {name: n for n, names in enumerate(_NAMES.split("|"), start=1) for name in names.split()}
_ISO = re.compile(r"(\d{4})-(\d{1,2})-(\d{1,2})")
_NAMED = re.compile(r"([A-Za-z]{3,9})\.? (\d{1,2})(?:st|nd|rd|th)?(?:,? (\d{4}))?")
_NAMED_AFTER = re.compile(r"(\d{1,2})(?:st|nd|rd|th)? (?:of )?([A-Za-z]{3,9})\.?(?:,? (\d{4}))?")
_TIME = re.compile(r"(\d{1,2}):(\d{2})(?::(\d{2}))? ?([ap]\.? ?m\.?)?", re.IGNORECASE)

Moment = tuple[str, int, int, int]


def moment(text: str) -> Moment | None:
    """Return the date or the time of day that a text is; `None` if it is neither."""
    if not any(c.isdigit() for c in text) or len(text) > 40:
        return None
    return _date(text) or _time(text)


def _date(text: str) -> Moment | None:
    if found := _ISO.fullmatch(text):
        return _checked(int(found[1]), int(found[2]), int(found[3]))
    if found := _NAMED.fullmatch(text):
        name, day, year = found[1], found[2], found[3]
    elif found := _NAMED_AFTER.fullmatch(text):
        name, day, year = found[2], found[1], found[3]
    else:
        return None
    month = _MONTHS.get(name.lower())
    return _checked(int(year or 0), month, int(day)) if month else None


def _checked(year: int, month: int, day: int) -> Moment | None:
    return ("date", year, month, day) if 1 <= month <= 12 and 1 <= day <= 31 else None


def _time(text: str) -> Moment | None:
    found = _TIME.fullmatch(text)
    if found is None:
        return None
    hour, minute, second = int(found[1]), int(found[2]), int(found[3] or 0)
    half = (found[4] or "")[:1].lower()
    if hour > 24 or minute > 59 or second > 59 or (half and not 1 <= hour <= 12):
        return None
    if half:
        hour = hour % 12 + (12 if half == "p" else 0)
    return ("time", hour, minute, second)
