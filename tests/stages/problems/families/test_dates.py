"""Families of dates and times, solved again day by day and minute by minute."""

import re
from datetime import date, datetime, timedelta
from fractions import Fraction

import pytest
from tests.stages.problems.families._solving import Solver, disagreements, numbers

NAMES = ["Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday"]


def dates(text: str) -> list[date]:
    found = re.findall(r"\d{1,2} [A-Z][a-z]+ \d{4}", text)
    return [datetime.strptime(day, "%d %B %Y").date() for day in found]  # noqa: DTZ007


def weekday_after(text: str) -> str:
    days = dates(text)
    if days:
        return days[-1].strftime("%A")
    n, day = numbers(text)[0], next(i for i, name in enumerate(NAMES) if name in text)
    back = any(word in text for word in ("ago", "before", "earlier"))
    return NAMES[(day + (-n if back else n)) % 7]


def days_between(text: str) -> int:
    a, b = sorted(dates(text))
    n = 0
    while a < b:
        a += timedelta(1)
        n += 1
    return n + ("included" in text or "including" in text)


def date_shift(text: str) -> str:
    day = dates(text)[0]
    weeks, days = re.search(r"(\d+) weeks", text), re.search(r"(\d+) days", text)
    assert days
    total = int(days[1]) + 7 * (int(weeks[1]) if weeks else 0)
    back = any(word in text for word in ("before", "earlier", " back "))
    return str(day + timedelta(-total if back else total))


def lengths(text: str) -> list[int]:
    """Return the durations of a text in minutes."""
    found = re.findall(r"(?:(\d+) hours?)?(?: and )?(?:(\d+) minutes?)?", text)
    return [60 * int(h or 0) + int(m or 0) for h, m in found if h or m]


def clock_time(text: str) -> str:
    start = re.search(r"(\d\d):(\d\d)", text)
    assert start
    # The parts of a list are told apart by commas and by `and` before a new length.
    spoken = re.sub(
        r"(hours?|minutes?) and (?=\d+ hours?)|(minutes?) and (?=\d+ minutes?)", r"\1\2, ", text
    )
    total = sum(lengths(spoken))
    back = any(word in text for word in ("was over", "begin?", "ended at"))
    minutes = int(start[1]) * 60 + int(start[2]) + (-total if back else total)
    return f"{minutes // 60 % 24:02d}:{minutes % 60:02d}"


def flight_arrival(text: str) -> str:
    start = re.search(r"(\d\d):(\d\d)", text)
    assert start
    minutes = int(start[1]) * 60 + int(start[2])
    length = r"((?:\d+ hours?)?(?: and )?(?:\d+ minutes?)?)"
    for words in re.findall(rf"(?:flies for|it takes|, in|stop of|which takes) {length}", text):
        minutes += sum(lengths(words))
    for words, way in re.findall(rf"{length} (ahead of|behind)", text):
        minutes += sum(lengths(words)) * (1 if way == "ahead of" else -1)
    return f"{minutes // 60 % 24:02d}:{minutes % 60:02d}"


def nth_weekday(text: str) -> int:
    nth = re.search(r"(\d)(?:st|nd|rd|th)|last", text.replace("1st of a month is", ""))
    first = re.search(r"(?:is a|on a|month is a) (\w+day)(?:[.,])", text)
    year = re.search(r"\b(\d{4})\b", text)
    if not year:
        assert first
        assert nth
        day = re.findall(r"\w+day\b", text.replace("day of", ""))[-1]
        start = NAMES.index(first[1])
        days = [d for d in range(1, 32) if (start + d - 1) % 7 == NAMES.index(day)]
        return days[int(nth[1]) - 1]
    weekday = next(name for name in NAMES if name in text)
    start_day = date(int(year[1]), 1, 1)
    every = [start_day + timedelta(k) for k in range(366)]
    every = [d for d in every if d.year == start_day.year and d.strftime("%A") == weekday]
    months = [d for d in every if f"{d:%B} {d.year}" in text]
    if not months:
        n = int(re.findall(r"(\d+)(?:st|nd|rd|th)", text)[0])
        return sum(d.day == n for d in every)
    if "ow many" in text or "Count" in text:
        return len(months)
    return months[
        -1 if "last" in text else int(re.findall(r"(\d)(?:st|nd|rd|th)", text)[0]) - 1
    ].day


def clock_angle(text: str) -> Fraction:
    times = re.findall(r"(\d+):(\d\d)(?::(\d\d))?", text)
    moments = [int(h) % 12 * 3600 + int(m) * 60 + int(s or 0) for h, m, s in times]
    if len(moments) == 2:
        return Fraction((moments[1] - moments[0]) % 43200, 120)
    hour, minute = Fraction(moments[0], 120), Fraction(moments[0] % 3600, 10)
    return min((hour - minute) % 360, (minute - hour) % 360)


SOLVERS: dict[str, Solver] = {
    "weekday_after": weekday_after,
    "days_between": days_between,
    "date_shift": date_shift,
    "clock_time": clock_time,
    "flight_arrival": flight_arrival,
    "nth_weekday": nth_weekday,
    "clock_angle": clock_angle,
}


@pytest.mark.parametrize("name", SOLVERS)
def test_an_independent_solver_agrees(name: str) -> None:
    assert disagreements(name, SOLVERS[name]) == []
