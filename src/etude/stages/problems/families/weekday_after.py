"""Finds the weekday of a date, or some days later or earlier."""

from collections.abc import Mapping
from datetime import date, timedelta
from random import Random
from typing import ClassVar

from etude.stages.problems.families._base import Family, Posed
from etude.stages.problems.families._calendar import WEEKDAYS, long_date
from etude.stages.problems.families._level import by_level
from etude.stages.problems.families._slips import slips
from etude.stages.problems.families._wording import worded

LATER = (
    "Today is a {day}. What day of the week will it be in {n} days?",
    "If today is {day}, which day of the week comes {n} days from now?",
    "A parcel is posted on a {day} and arrives exactly {n} days later. On which day of the week "
    "does it arrive?",
)
EARLIER = (
    "Today is a {day}. What day of the week was it {n} days ago?",
    "If today is {day}, which day of the week was {n} days before today?",
    "A letter that arrived on a {day} had been posted exactly {n} days earlier. On which day of "
    "the week was it posted?",
)
BY_DATE = (
    "{known} was a {day}. On which day of the week does {asked} fall?",
    "Given that {known} was a {day}, what day of the week is {asked}?",
    "A calendar shows that {known} was a {day}. Which weekday is {asked}?",
)
BARE = (
    "On which day of the week does {asked} fall in the Gregorian calendar?",
    "What day of the week is {asked}?",
    "Which weekday belongs to the date {asked} (Gregorian calendar)?",
)


class WeekdayAfterFamily(Family, frozen=True, kw_only=True):
    """Counting days modulo seven, over months and leap years."""

    topic = "dates"
    grader: ClassVar[Mapping[str, object]] = {"use": "text"}

    def pose(self, rng: Random, level: int) -> Posed:
        """Pose one question on a weekday."""
        n = rng.randint(8, by_level(level, 60, 500, 300, 4000, 30000))
        known = date(rng.randint(1995, 2035), 1, 1) + timedelta(rng.randint(0, 364))
        if level <= 2:
            back = level == 2 and rng.random() < 0.5
            shift = -n if back else n
            text = worded(rng, EARLIER if back else LATER, day=_name(known), n=n)
            how = f"${n}$ leaves a remainder of ${n % 7}$ when divided by 7."
        else:
            shift = n if level < 5 else rng.randint(-40000, 30000)
            asked = known + timedelta(shift)
            text = worded(
                rng,
                BARE if level == 5 else BY_DATE,
                known=long_date(known),
                day=_name(known),
                asked=long_date(asked),
            )
            how = f"From {long_date(known)}, a {_name(known)}, it is ${abs(shift)}$ days."
            how += f" That leaves a remainder of ${abs(shift) % 7}$ when divided by 7."
        answer = known + timedelta(shift)
        near = [_name(answer + timedelta(k)) for k in (1, -1, 2, -2)]
        return Posed(
            statement=text,
            answer=_name(answer),
            near_misses=slips(_name(answer), _name(known - timedelta(shift)), *near),
            solution=f"{how} So it is {_name(answer)}.",
        )


def _name(day: date) -> str:
    """Return the name of a weekday."""
    return WEEKDAYS[day.weekday()]
