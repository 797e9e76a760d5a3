"""Finds the date of a weekday in a month, or counts weekdays."""

from calendar import monthrange
from datetime import date
from random import Random

from etude.stages.problems.families._base import Family, Posed
from etude.stages.problems.families._calendar import MONTHS, WEEKDAYS
from etude.stages.problems.families._level import by_level
from etude.stages.problems.families._slips import slips
from etude.stages.problems.families._wording import ordinal, worded

KNOWN = (
    "The first day of a month is a {first}. On which day of the month does the {nth} {day} fall? "
    "Answer with the number of the day.",
    "A month begins on a {first}. What is the date of its {nth} {day}? Give just the number of the "
    "day.",
    "If the 1st of a month is a {first}, which day of that month is its {nth} {day}? Answer with a "
    "number.",
)
BARE = (
    "A club meets on the {nth} {day} of each month. On which day of {month} {year} does it meet? "
    "Answer with the number of the day.",
    "What day of the month is the {nth} {day} of {month} {year}? Give just the number.",
    "On which date in {month} {year} does the {nth} {day} of that month fall? Give the day of the "
    "month as a number.",
)
COUNT = (
    "How many {day}s does {month} {year} have?",
    "Count the {day}s in {month} {year}.",
    "A shop closes on {day}s only. On how many days of {month} {year} is it closed?",
)
THIRTEENTH = (
    "How many months of the year {year} have a {day} that is the {n} of the month?",
    "In {year}, how often does the {n} of a month fall on a {day}?",
    "How many times in the year {year} is the {n} of the month a {day}?",
)


class NthWeekdayFamily(Family, frozen=True, kw_only=True):
    """Dates of weekdays from the first of a month or from the calendar alone."""

    topic = "dates"

    def pose(self, rng: Random, level: int) -> Posed:
        """Pose one question."""
        year, month = rng.randint(1950, 2060), rng.randint(1, 12)
        weekday = rng.randrange(7)
        first = date(year, month, 1).weekday()
        n_days = monthrange(year, month)[1]
        days = [d for d in range(1, n_days + 1) if (first + d - 1) % 7 == weekday]
        place = rng.randint(0, 3)
        nth = ordinal(place + 1)
        if level >= 3 and rng.random() < 0.3:
            place, nth = len(days) - 1, "last"
        answer, templates = days[place], by_level(level, KNOWN, KNOWN, BARE, COUNT, THIRTEENTH)
        if level == 4 and rng.random() < 0.5:
            templates = BARE
        wrong = [answer - 7, answer + 7, answer + 1, answer - 1]
        how = f"The 1st is a {WEEKDAYS[first]}, so the {WEEKDAYS[weekday]}s are {days}."
        n = rng.randint(1, 28)
        if templates is COUNT:
            answer, wrong = len(days), [9 - len(days), len(days) - 1, len(days) + 1]
        if templates is THIRTEENTH:
            months = [m for m in range(1, 13) if date(year, m, n).weekday() == weekday]
            answer, wrong = len(months), [len(months) + 1, len(months) - 1, 12 - len(months)]
            how = f"It is so in {', '.join(MONTHS[m - 1] for m in months) or 'no month'}."
        return Posed(
            statement=worded(
                rng,
                templates,
                first=WEEKDAYS[first],
                nth=nth,
                day=WEEKDAYS[weekday],
                month=MONTHS[month - 1],
                year=year,
                n=ordinal(n),
            ),
            answer=str(answer),
            near_misses=slips(answer, *(w for w in wrong if 0 <= w <= 31)),
            solution=f"{how} The answer is ${answer}$.",
        )
