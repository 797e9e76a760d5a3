"""Dates as sources write them, to ISO 8601."""

import re
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime

_ISO = re.compile(r"\d{4}(-\d\d(-\d\d([T ]\d\d:\d\d(:\d\d(\.\d+)?)?)?)?)?\s*(Z|[+-]\d\d:?\d\d)?")
_NUMBER = re.compile(r"\d{9,13}(\.\d+)?")
_MONTHS = ("jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec")
_WRITTEN = re.compile(
    r"(?:(?P<before>\d{1,2})(?:st|nd|rd|th)?\s+)?(?P<month>[A-Za-z]{3,9})\.?\s+"
    r"(?:(?P<after>\d{1,2})(?:st|nd|rd|th)?,?\s+)?(?P<year>\d{4})"
)
_LAST_SECOND = 253_402_300_799


def iso_date(value: object) -> str:
    """Return a date as ISO 8601; empty when it is none.

    Numbers are seconds since 1970, or milliseconds when they would lie beyond the year 9999.
    """
    if isinstance(value, bool):
        return ""
    if isinstance(value, (int, float)):
        return _from_seconds(float(value))
    text = str(value or "").strip()
    if _ISO.fullmatch(text):
        return text.replace(" ", "T", 1)
    if _NUMBER.fullmatch(text):
        return _from_seconds(float(text))
    if len(text) > 100 or not text:
        return ""
    if found := _WRITTEN.fullmatch(text):
        return _from_words(found)
    try:
        return parsedate_to_datetime(text).isoformat()
    except (ValueError, TypeError, OverflowError, IndexError):
        return ""


def _from_seconds(seconds: float) -> str:
    if seconds > _LAST_SECOND:
        seconds /= 1000
    if not 0 <= seconds <= _LAST_SECOND:
        return ""
    return datetime.fromtimestamp(int(seconds), UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def _from_words(found: re.Match[str]) -> str:
    """Return `24 June 2020` or `June 2020` as ISO 8601, as exact as it is."""
    month = found["month"][:3].lower()
    day = int(found["before"] or found["after"] or 0)
    if month not in _MONTHS or day > 31:
        return ""
    head = f"{found['year']}-{_MONTHS.index(month) + 1:02}"
    return f"{head}-{day:02}" if day else head
