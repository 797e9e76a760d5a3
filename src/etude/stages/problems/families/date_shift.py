"""Finds the date so many days, weeks or months later or earlier."""

from datetime import date, timedelta
from random import Random

from etude.stages.problems.families._base import Family, Posed
from etude.stages.problems.families._calendar import long_date
from etude.stages.problems.families._level import by_level
from etude.stages.problems.families._slips import slips
from etude.stages.problems.families._wording import listed, worded

LATER = (
    "What is the date {shift} after {a}? {form}",
    "A deadline lies {shift} after {a}. On which date is it? {form}",
    "Starting from {a}, go {shift} forward in the calendar. Which date do you reach? {form}",
)
EARLIER = (
    "What is the date {shift} before {a}? {form}",
    "A task that is due on {a} has to be started {shift} earlier. On which date is that? {form}",
    "Starting from {a}, go {shift} back in the calendar. Which date do you reach? {form}",
)
FORM = "Write it as YYYY-MM-DD."


class DateShiftFamily(Family, frozen=True, kw_only=True):
    """Days and weeks added to or taken from a date, over months and leap years."""

    topic = "dates"

    def pose(self, rng: Random, level: int) -> Posed:
        """Pose one shift."""
        a = date(rng.randint(1996, 2040), 1, 1) + timedelta(rng.randint(0, 364))
        days = rng.randint(5, by_level(level, 30, 90, 200, 500, 2500))
        weeks = rng.randint(2, 30) if level >= 3 else 0
        parts = [f"{weeks} weeks"] if weeks else []
        shift = listed([*parts, f"{days} days"])
        total = days + 7 * weeks
        back = level > 1 and rng.random() < 0.5
        answer = a + timedelta(-total if back else total)
        wrong = [answer + timedelta(k) for k in (1, -1, 2, -2)]
        wrong += [a + timedelta(total if back else -total), a + timedelta(-days if back else days)]
        return Posed(
            statement=worded(
                rng, EARLIER if back else LATER, shift=shift, a=long_date(a), form=FORM
            ),
            answer=answer.isoformat(),
            near_misses=slips(answer.isoformat(), *(w.isoformat() for w in wrong if w != answer)),
            solution=f"The shift is ${total}$ days. Going {'back' if back else 'on'} month by "
            f"month from {long_date(a)} one reaches {long_date(answer)}, that is "
            f"{answer.isoformat()}.",
        )
