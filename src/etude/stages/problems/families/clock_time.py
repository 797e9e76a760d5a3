"""Adds durations to a time of day, or takes them away."""

from random import Random

from etude.stages.problems.families._base import Family, Posed
from etude.stages.problems.families._calendar import clock, duration
from etude.stages.problems.families._level import by_level
from etude.stages.problems.families._slips import slips
from etude.stages.problems.families._wording import listed, worded

FORWARD = (
    "A {what} starts at {start} and {parts}. At what time is it over? {form}",
    "It is {start} when a {what} begins. It {parts}. When does it end? {form}",
    "The {what} begins at {start} sharp. It {parts}. What does the clock show at its end? {form}",
)
BACK = (
    "A {what} was over at {start}. It {parts}. At what time had it started? {form}",
    "It is {start} when a {what} ends, which {parts}. When did it begin? {form}",
    "The {what} ended at {start}. It {parts}. What did the clock show at its beginning? {form}",
)
FORM = "Give the time as HH:MM on a 24-hour clock."
WHATS = ("meeting", "concert", "film", "train ride", "workshop", "hike", "football match", "shift")


class ClockTimeFamily(Family, frozen=True, kw_only=True):
    """Times of day, over midnight, with several stretches."""

    topic = "dates"

    def pose(self, rng: Random, level: int) -> Posed:
        """Pose one time."""
        n_parts = by_level(level, 1, 1, 2, 3, 4)
        grain = by_level(level, 15, 5, 1, 1, 1)
        start = rng.randint(0, 1439 // grain) * grain
        longest = by_level(level, 120, 600, 300, 400, 500)
        parts = [rng.randint(1, longest // grain) * grain for _ in range(n_parts)]
        total = sum(parts)
        back = level > 1 and rng.random() < 0.5
        sign = -1 if back else 1
        answer = (start + sign * total) % 1440
        first = duration(parts[0])
        said = [f"lasted {first}" if back else f"lasts {first}"]
        if n_parts > 1:
            rest = [f"{duration(part)}" for part in parts[1:]]
            said = [f"{'had' if back else 'has'} {n_parts} parts of {listed([first, *rest])}"]
            said += ["with nothing in between"]
        # As if an hour had a hundred minutes.
        hundred = start // 60 * 100 + start % 60 + sign * (total // 60 * 100 + total % 60)
        hours, rest_minutes = hundred // 100 % 24, hundred % 100
        wrong = [answer + 60, answer - 60, start - sign * total, answer + 10, answer + 720]
        near = [clock(w % 1440) for w in wrong]
        if rest_minutes < 60:
            near.append(f"{hours:02d}:{rest_minutes:02d}")
        return Posed(
            statement=worded(
                rng,
                BACK if back else FORWARD,
                what=rng.choice(WHATS),
                start=clock(start),
                parts=", ".join(said),
                form=FORM,
            ),
            answer=clock(answer),
            near_misses=slips(clock(answer), *near),
            solution=f"In all it takes {duration(total)}. {duration(total).capitalize()} "
            f"{'before' if back else 'after'} {clock(start)} it is {clock(answer)}.",
        )
