"""Dates as sources write them, to ISO 8601."""

import re
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime

_ISO = re.compile(r"\d{4}(-\d\d(-\d\d([T ]\d\d:\d\d(:\d\d(\.\d+)?)?)?)?)?\s*(Z|[+-]\d\d:?\d\d)?")
_NUMBER = re.compile(r"\d{9,13}(\.\d+)?")
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
