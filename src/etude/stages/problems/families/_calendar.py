"""Dates and times of day in words."""

from datetime import date

WEEKDAYS = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday")
MONTHS = (
    *("January", "February", "March", "April", "May", "June", "July", "August", "September"),
    *("October", "November", "December"),
)


def long_date(day: date) -> str:
    """Write a date with the name of its month: `5 March 2021`."""
    return f"{day.day} {MONTHS[day.month - 1]} {day.year}"


def clock(minutes: int) -> str:
    """Write the time of day that many minutes after midnight: `07:05`."""
    return f"{minutes // 60 % 24:02d}:{minutes % 60:02d}"


def duration(minutes: int) -> str:
    """Write a length of time in words."""
    hours, rest = divmod(minutes, 60)
    parts = [f"{hours} hour{'s' if hours != 1 else ''}"] if hours else []
    parts += [f"{rest} minute{'s' if rest != 1 else ''}"] if rest or not hours else []
    return " and ".join(parts)
