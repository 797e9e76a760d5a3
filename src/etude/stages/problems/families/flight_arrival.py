"""Finds a local time of arrival over time zones."""

from random import Random

from etude.stages.problems.families._base import Family, Posed
from etude.stages.problems.families._calendar import clock, duration
from etude.stages.problems.families._level import by_level
from etude.stages.problems.families._slips import slips
from etude.stages.problems.families._wording import worded

CITIES = ("Arlen", "Brava", "Corvin", "Dunmere", "Estoria", "Falkirk Bay", "Gallus", "Hedra")
TEMPLATES = (
    "A plane leaves {a} at {start} local time and flies for {flight}. Clocks in {b} are {zone} "
    "those in {a}.{more} What is the local time in {last} when it arrives there? {form}",
    "From {a}, a flight takes off at {start} (time of {a}); it takes {flight} to {b}, where clocks "
    "are {zone} those of {a}.{more} At what local time does the journey end in {last}? {form}",
    "Someone flies from {a} to {b}, leaving at {start} by the clocks of {a}, in {flight}. Local "
    "time in {b} is {zone} that of {a}.{more} Find the local time of arrival in {last}. {form}",
)
FORM = "Give it as HH:MM on a 24-hour clock."


class FlightArrivalFamily(Family, frozen=True, kw_only=True):
    """One or two flights, whole and half hours of difference, over midnight."""

    topic = "dates"

    def pose(self, rng: Random, level: int) -> Posed:
        """Pose one journey."""
        a, b, c = rng.sample(CITIES, 3)
        grain = by_level(level, 30, 5, 1, 1, 1)
        start = rng.randint(0, 1439 // grain) * grain
        flight = rng.randint(60 // grain, 700 // grain) * grain
        half = by_level(level, 60, 60, 60, 30, 15)
        shift = _shift(rng, half, by_level(level, 3, 8, 11, 11, 11))
        minutes, zones, more = flight, shift, ""
        if level >= 4:
            wait, second = rng.randint(30, 300), rng.randint(60, 700)
            other = _shift(rng, half, 11)
            more = (
                f" After a stop of {duration(wait)} in {b} it goes on to {c}, which takes "
                f"{duration(second)}; local time in {c} is {_zone(other)} that of {b}."
            )
            minutes += wait + second
            zones += other
        answer = (start + minutes + zones) % 1440
        wrong = [start + minutes, start + minutes - zones, start + flight + shift, answer + 60]
        wrong += [answer - 60, start + minutes + shift]
        return Posed(
            statement=worded(
                rng,
                TEMPLATES,
                a=a,
                b=b,
                start=clock(start),
                flight=duration(flight),
                zone=_zone(shift),
                more=more,
                last=c if more else b,
                form=FORM,
            ),
            answer=clock(answer),
            near_misses=slips(clock(answer), *(clock(w % 1440) for w in wrong)),
            solution=f"By the clocks of {a} the journey ends {duration(minutes)} after "
            f"{clock(start)}, at {clock((start + minutes) % 1440)}. There it is "
            f"{duration(abs(zones))} {'later' if zones >= 0 else 'earlier'}: {clock(answer)}.",
        )


def _shift(rng: Random, grain: int, top_hours: int) -> int:
    """Draw a difference of time zones in minutes."""
    return rng.choice((1, -1)) * rng.randint(1, top_hours * 60 // grain) * grain


def _zone(shift: int) -> str:
    """Say how the clocks of one place stand to those of another."""
    return f"{duration(abs(shift))} {'ahead of' if shift > 0 else 'behind'}"
