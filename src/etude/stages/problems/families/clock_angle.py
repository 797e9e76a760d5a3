"""Finds the angle between the hands of a clock."""

from fractions import Fraction
from random import Random

from etude.stages.problems.families._base import Family, Posed
from etude.stages.problems.families._level import by_level
from etude.stages.problems.families._number_text import decimal, has_decimal
from etude.stages.problems.families._slips import slips
from etude.stages.problems.families._wording import worded

ANGLE = (
    "What is the smaller angle, in degrees, between the hour hand and the minute hand of a clock "
    "at {time}?",
    "An analogue clock shows {time}. How many degrees is the smaller angle between its hour hand "
    "and its minute hand?",
    "At {time} exactly, find the angle of at most 180 degrees that the hour and minute hands of a "
    "clock form. Both hands move steadily. Give it in degrees.",
)
TURN = (
    "By how many degrees does the hour hand of a clock turn from {time} to {end} on the same day?",
    "How far, in degrees, does the hour hand of a clock move between {time} and {end} of the same "
    "day?",
    "From {time} until {end} on one day, through which angle does the hour hand turn, in degrees?",
)


class ClockAngleFamily(Family, frozen=True, kw_only=True):
    """Angles between the hands at times that are less and less round."""

    topic = "geometry"

    def pose(self, rng: Random, level: int) -> Posed:
        """Pose one angle."""
        grain = by_level(level, 30, 10, 5, 1, 1)
        while True:
            hour, minute = rng.randint(1, 12), rng.randint(0, 60 // grain - 1) * grain
            second = rng.choice(range(12, 60, 12)) if level == 5 else 0
            time = f"{hour}:{minute:02d}" + (f":{second:02d}" if second else "")
            minutes = minute + Fraction(second, 60)
            apart = abs(30 * (hour % 12) + minutes / 2 - 6 * minutes)
            lazy = abs(30 * (hour % 12) - 6 * minutes)
            answer = min(apart, 360 - apart)
            if 0 < answer < 180 and has_decimal(answer):
                break
        if level <= 2 and rng.random() < 0.4:
            length = rng.randint(1, 11 * 60 // grain) * grain
            if 60 * hour + minute + length < 780:
                end = 60 * hour + minute + length
                return _turn(rng, time, f"{end // 60}:{end % 60:02d}", length)
        wrong = [min(lazy, 360 - lazy), 360 - answer, 180 - answer, answer + 30, answer + 6]
        form = "The second hand does not matter." if second else ""
        return Posed(
            statement=f"{worded(rng, ANGLE, time=time)} {form}".strip(),
            answer=decimal(answer),
            near_misses=slips(
                decimal(answer), *(decimal(w) for w in wrong if w > 0 and has_decimal(w, 6))
            ),
            solution=f"The minute hand stands at ${decimal(6 * minutes)}$ degrees, the hour hand "
            f"at ${decimal(30 * (hour % 12) + minutes / 2)}$. The smaller angle between them is "
            f"${decimal(answer)}$.",
        )


def _turn(rng: Random, time: str, end: str, length: int) -> Posed:
    """Ask how far the hour hand turns."""
    answer = Fraction(length, 2)
    wrong = [*map(Fraction, (6 * length, length // 60 * 30, length)), answer + 30]
    return Posed(
        statement=worded(rng, TURN, time=time, end=end),
        answer=decimal(answer),
        near_misses=slips(decimal(answer), *(decimal(w) for w in wrong if w > 0)),
        solution=f"It turns by half a degree in a minute, and ${length}$ minutes pass: "
        f"${decimal(answer)}$ degrees.",
    )
