"""Counts the days between two dates."""

from datetime import date, timedelta
from random import Random

from etude.stages.problems.families._base import Family, Posed
from etude.stages.problems.families._calendar import long_date
from etude.stages.problems.families._level import by_level
from etude.stages.problems.families._slips import slips
from etude.stages.problems.families._wording import worded

BETWEEN = (
    "How many days after {a} is {b}?",
    "How many days pass from {a} to {b}? (From one day to the next it is 1 day.)",
    "A countdown starts on {a} and ends on {b}; on the day before the end it shows 1. What does it "
    "show on the first day?",
)
INCLUSIVE = (
    "An exhibition opens on {a} and closes on {b}, and is open every day, the first and the last "
    "included. On how many days is it open?",
    "Someone writes one page of a diary every day, beginning on {a} and ending on {b}, both days "
    "included. How many pages is that?",
    "A ticket is valid from {a} up to and including {b}. For how many days is it valid?",
)


class DaysBetweenFamily(Family, frozen=True, kw_only=True):
    """Differences of dates, with or without both ends, over leap years."""

    topic = "dates"

    def pose(self, rng: Random, level: int) -> Posed:
        """Pose one count."""
        a = date(rng.randint(1996, 2040), 1, 1) + timedelta(rng.randint(0, 364))
        longest = by_level(level, 28, 150, 500, 1500, 9000)
        n = rng.randint(max(3, longest // 4), longest)
        b = a + timedelta(n)
        inclusive = level > 1 and rng.random() < 0.5
        answer = n + inclusive
        months = 12 * (b.year - a.year) + b.month - a.month
        wrong = [answer - 1, answer + 1, 30 * months + b.day - a.day, answer + 2]
        wrong.append(365 * (b.year - a.year) + (_same(b) - _same(a)).days)
        ends = ", and one more as both ends count" if inclusive else ""
        return Posed(
            statement=worded(
                rng, INCLUSIVE if inclusive else BETWEEN, a=long_date(a), b=long_date(b)
            ),
            answer=str(answer),
            near_misses=slips(answer, *(w for w in wrong if w > 0)),
            solution=f"Month by month, the difference of the dates is ${n}$ days{ends}: "
            f"${answer}$.",
        )


def _same(day: date) -> date:
    """Return the same day in a year without a leap day."""
    return day.replace(year=2001, day=min(day.day, 28) if day.month == 2 else day.day)
