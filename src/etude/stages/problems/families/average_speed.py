"""Finds the average speed of a journey in several stages."""

from collections.abc import Mapping
from fractions import Fraction
from random import Random
from typing import ClassVar

from etude.stages.problems.families._base import Family, Posed
from etude.stages.problems.families._level import by_level
from etude.stages.problems.families._number_text import decimal, has_decimal
from etude.stages.problems.families._slips import slips
from etude.stages.problems.families._wording import NAMES, listed, worded

TEMPLATES = (
    "{name} cycles {legs}{rest}. What is the average speed over the whole journey, in km/h?",
    "On a trip, {name} travels {legs}{rest}. Find the average speed of the whole trip in km/h.",
    "A courier called {name} rides {legs}{rest}. Give the courier's average speed for the "
    "journey as a whole in km/h.",
)


class AverageSpeedFamily(Family, frozen=True, kw_only=True):
    """Total distance over total time, with a rest at the higher levels."""

    topic = "arithmetic"
    grader: ClassVar[Mapping[str, object]] = {"use": "maths", "omit_units": True}

    def pose(self, rng: Random, level: int) -> Posed:
        """Pose one journey."""
        n_legs = by_level(level, 2, 2, 3, 3, 4)
        quarters = by_level(level, 4, 2, 2, 1, 1)
        while True:
            speeds = [rng.randint(4, 20) * 2 for _ in range(n_legs)]
            times = [Fraction(rng.randint(1, 12 // quarters) * quarters, 4) for _ in speeds]
            lengths = [speed * time for speed, time in zip(speeds, times, strict=True)]
            pause = Fraction(rng.randint(1, 4), 4) if level >= 4 else Fraction(0)
            way, hours = sum(lengths, Fraction(0)), sum(times, pause)
            answer = way / hours
            if len(set(speeds)) > 1 and has_decimal(answer):
                break
        legs = [_leg(rng, *leg) for leg in zip(lengths, speeds, times, strict=True)]
        rest = f", with a rest of {60 * pause} minutes on the way that counts as well"
        mean = Fraction(sum(speeds), n_legs)
        wrong = [mean, way / (hours - pause), answer * 2, way, answer + 1]
        near = [f"{decimal(w)} km/h" for w in wrong if w != answer and has_decimal(w)]
        near.append(f"{decimal(answer)} km")
        return Posed(
            statement=worded(
                rng,
                TEMPLATES,
                name=rng.choice(NAMES),
                legs=listed(legs, "and then"),
                rest=rest if pause else "",
            ),
            answer=f"{decimal(answer)} km/h",
            near_misses=slips(f"{decimal(answer)} km/h", *near),
            solution=f"The distance is ${decimal(way)}$ km in all, the time "
            f"${decimal(hours)}$ hours. The average speed is their quotient, "
            f"${decimal(answer)}$ km/h.",
        )


def _leg(rng: Random, length: Fraction, speed: int, time: Fraction) -> str:
    """Say one stage in two of its three quantities."""
    minutes = int(60 * time)
    if rng.random() < 0.5:
        return f"{decimal(length)} km at {speed} km/h"
    return f"for {minutes} minutes at {speed} km/h"
