"""Simulated raters of known accuracy, bias and laziness, and the data sets that they make.

What finds bad raters is believed only as far as it finds those that were planted, and leaves the
honest ones alone. Everything here is made of a seed.
"""

import math
from collections.abc import Mapping, Sequence
from pathlib import Path
from random import Random
from typing import Literal

import msgspec

from etude import __version__
from etude.records import Candidate, Comparison, Message, Origin, Rating
from etude.stages.prefs.habits import AGREES
from etude.store import Dataset, DatasetWriter

Purpose = Literal["work", "gold", "repeat"]
MADE_BY = f"etude.stages.prefs.simulate {__version__}"

FOUR_SOURCES = {"alder": 0.6, "birch": 0.2, "cedar": -0.2, "dogwood": -0.6}
"""Log-strengths of made-up sources."""


class SimulatedRater(msgspec.Struct, frozen=True, kw_only=True):
    """How one rater behaves."""

    name: str
    accuracy: float = 0.8
    """Chance of saying what is true where nothing else decides."""
    habit: str = ""
    """What else may decide: `first` shown, `longer`, `agrees` with the user; empty is nothing."""
    strength: float = 0.0
    """Share of ratings that the habit decides; the others are as honest as any."""
    copies: str = ""
    """Name of the rater whose answers are taken over; empty for one who answers alone."""
    tie_share: float = 0.0
    """Share of ratings that call it a tie."""
    seconds: float = 40.0
    """Typical time of one rating."""


class Design(msgspec.Struct, frozen=True, kw_only=True):
    """What is rated, and how often."""

    n_comparisons: int = 300
    overlap: int = 5
    """Raters of each comparison; all of them if there are no more."""
    n_candidates: int = 2
    strengths: Mapping[str, float] = msgspec.field(default_factory=lambda: dict(FOUR_SOURCES))
    """Log-strength of each source: the better of two answers is drawn by Bradley and Terry."""
    difficulty: float = 0.0
    """How much comparisons differ: log-odds of being right are multiplied by the exponential of a
    normal deviate of this s.d.; 0 makes all alike."""
    gold_share: float = 0.05
    """Share of comparisons whose best answer is known and tests raters."""
    repeat_share: float = 0.05
    """Share of ratings that are asked for once more, with the answers in another order."""


class Simulated(msgspec.Struct, frozen=True, kw_only=True):
    """A made-up data set and the truth about it."""

    comparisons: tuple[Comparison, ...]
    ratings: tuple[Rating, ...]
    best: dict[str, tuple[int, ...]]
    """Candidates of each comparison from best to worst."""
    raters: tuple[SimulatedRater, ...]


def honest(n: int, low: float = 0.6, high: float = 0.95) -> tuple[SimulatedRater, ...]:
    """Return raters without faults whose accuracies are spread evenly from `low` to `high`."""
    step = (high - low) / max(1, n - 1)
    return tuple(
        SimulatedRater(name=f"honest-{k}", accuracy=round(low + k * step, 6), seconds=30 + 4 * k)
        for k in range(n)
    )


def spammer(name: str = "spammer") -> SimulatedRater:
    """Return a rater who clicks at random."""
    return SimulatedRater(name=name, accuracy=0.5)


def inverter(name: str = "inverter", accuracy: float = 0.85) -> SimulatedRater:
    """Return a rater who knows, and says the opposite."""
    return SimulatedRater(name=name, accuracy=1 - accuracy)


def first_lover(name: str = "first-lover", strength: float = 0.6) -> SimulatedRater:
    """Return a rater with a habit of position."""
    return SimulatedRater(name=name, habit="first", strength=strength)


def sycophant(name: str = "sycophant", strength: float = 0.6) -> SimulatedRater:
    """Return a rater who prefers the answer that agrees with what the user said."""
    return SimulatedRater(name=name, habit="agrees", strength=strength)


def length_lover(name: str = "length-lover", strength: float = 0.6) -> SimulatedRater:
    """Return a rater who prefers the longer answer."""
    return SimulatedRater(name=name, habit="longer", strength=strength)


def copier(of: str, name: str = "copier") -> SimulatedRater:
    """Return a rater who takes over another's answers."""
    return SimulatedRater(name=name, copies=of, accuracy=0.7)


def hasty(name: str = "hasty", accuracy: float = 0.7) -> SimulatedRater:
    """Return a rater who spends a sixth of the usual time."""
    return SimulatedRater(name=name, accuracy=accuracy, seconds=7.0)


def usual_suspects() -> tuple[SimulatedRater, ...]:
    """Return eight honest raters from 0.6 to 0.95, and one of each kind that is not."""
    return (
        *honest(8),
        spammer(),
        inverter(),
        first_lover(),
        sycophant(),
        length_lover(),
        copier("honest-5"),
        hasty(),
    )


def simulate(
    raters: Sequence[SimulatedRater], design: Design | None = None, seed: int = 0
) -> Simulated:
    """Return comparisons, the ratings that these raters give, and what is true.

    Truth, length and agreement with the user are drawn independently, so that a habit is a fault.

    Raises:
        ValueError: A rater copies one who is not there or comes later.
    """
    design = design or Design()
    rng = Random(seed)
    names = [rater.name for rater in raters]
    for place, rater in enumerate(raters):
        if rater.copies and rater.copies not in names[:place]:
            raise ValueError(f"{rater.name} copies {rater.copies!r}, who is not among those before")
    comparisons: list[Comparison] = []
    ratings: list[Rating] = []
    best: dict[str, tuple[int, ...]] = {}
    for number in range(design.n_comparisons):
        comparison, order = _comparison(number, design, rng)
        comparisons.append(comparison)
        best[comparison.id] = order
        easier = rng.gauss(0.0, design.difficulty) if design.difficulty else 0.0
        ratings += _rated(comparison, order, easier, _drawn(raters, design, rng), design, rng)
    stamped = [
        msgspec.structs.replace(rating, id=f"r{number:06}", created=f"{number:09}")
        for number, rating in enumerate(ratings)
    ]
    return Simulated(
        comparisons=tuple(comparisons), ratings=tuple(stamped), best=best, raters=tuple(raters)
    )


def rate(
    comparisons: Sequence[Comparison],
    best: Mapping[str, tuple[int, ...]],
    raters: Sequence[SimulatedRater],
    design: Design | None = None,
    seed: int = 0,
) -> tuple[Rating, ...]:
    """Return the ratings that these raters give comparisons which are there already.

    Args:
        comparisons: What is rated; where none agrees with the user, that habit is idle.
        best: Candidates of each from best to worst.
        raters: Who rates.
        design: How often; what it says of comparisons that are made up says nothing here.
        seed: Of who rates what, and who errs.
    """
    design, rng = design or Design(), Random(seed)
    ratings = [
        rating
        for one in comparisons
        for rating in _rated(one, best[one.id], 0.0, _drawn(raters, design, rng), design, rng)
    ]
    return tuple(
        msgspec.structs.replace(rating, id=f"r{number:06}", created=f"{number:09}")
        for number, rating in enumerate(ratings)
    )


def write_simulated(simulated: Simulated, target: Path) -> Dataset:
    """Write comparisons and ratings as a data set.

    Raises:
        ConfigError: The folder cannot be written to.
    """
    with DatasetWriter(target, record="comparison") as writer:
        writer.write("comparisons", simulated.comparisons)
        writer.write("ratings", simulated.ratings)
        writer.finish(recipe="{}")
    return Dataset.open(target)


def _drawn(raters: Sequence[SimulatedRater], design: Design, rng: Random) -> list[SimulatedRater]:
    """Draw who rates a comparison; a copier only rates what was rated by whom they copy."""
    chosen = set(rng.sample(range(len(raters)), min(design.overlap, len(raters))))
    names = {raters[place].name for place in chosen}
    return [
        rater
        for place, rater in enumerate(raters)
        if (rater.copies in names if rater.copies else place in chosen)
    ]


def _comparison(number: int, design: Design, rng: Random) -> tuple[Comparison, tuple[int, ...]]:
    """Make one comparison, and the true order of its answers."""
    n = design.n_candidates
    sources = rng.sample(sorted(design.strengths), n)
    # Gumbel noise makes the order one of Plackett and Luce, and of two answers Bradley and Terry's.
    worth = [design.strengths[name] - math.log(-math.log(rng.random())) for name in sources]
    order = tuple(sorted(range(n), key=lambda place: -worth[place]))
    agreeing = rng.randrange(n)
    candidates = tuple(
        Candidate(
            messages=(Message(role="assistant", content="word " * rng.randint(20, 400)),),
            source=source,
        )
        for source in sources
    )
    comparison = Comparison(
        id=f"c{number:05}",
        origin=Origin(source="simulated", made_by=MADE_BY),
        prompt=(Message(role="user", content=f"I think it is {agreeing}. What is it?"),),
        candidates=candidates,
        gold=order[0] if rng.random() < design.gold_share else None,
        tags={AGREES: str(agreeing)},
    )
    return comparison, order


def _rated(
    comparison: Comparison,
    best: tuple[int, ...],
    easier: float,
    raters: Sequence[SimulatedRater],
    design: Design,
    rng: Random,
) -> list[Rating]:
    """Let raters rate one comparison, and some of them once more."""
    said: dict[str, tuple[tuple[int, ...], ...]] = {}
    ratings: list[Rating] = []
    effort = math.exp(rng.gauss(0.0, 0.3))
    for rater in raters:
        shown = list(range(len(best)))
        rng.shuffle(shown)
        turns = [tuple(shown)]
        if rng.random() < design.repeat_share:
            turns.append(tuple(reversed(shown)))
        for turn, order in enumerate(turns):
            ranking = said.get(rater.copies) or _ranking(
                rater, comparison, best, order, (easier, rng)
            )
            said.setdefault(rater.name, ranking)
            asked: Purpose = "work" if comparison.gold is None else "gold"
            ratings.append(
                Rating(
                    id="",
                    comparison_id=comparison.id,
                    rater=rater.name,
                    order=order,
                    ranking=ranking,
                    purpose="repeat" if turn else asked,
                    duration_s=round(rater.seconds * effort * math.exp(rng.gauss(0, 0.4)), 1),
                )
            )
    return ratings


def _ranking(
    rater: SimulatedRater,
    comparison: Comparison,
    best: tuple[int, ...],
    order: tuple[int, ...],
    chance: tuple[float, Random],
) -> tuple[tuple[int, ...], ...]:
    """Return what a rater says: a habit's favourite, or answers sorted by erring comparisons."""
    easier, rng = chance
    if rng.random() < rater.tie_share:
        return (tuple(range(len(best))),)
    ranked = rng.sample(best, len(best))
    odds = math.log(rater.accuracy / (1 - rater.accuracy)) if 0 < rater.accuracy < 1 else 0.0
    # Difficulty moves everyone's log-odds towards or away from chance, and never past it.
    accuracy = 1 / (1 + math.exp(-odds * math.exp(easier))) if odds else rater.accuracy
    truly = {place: level for level, place in enumerate(best)}
    for end in range(len(ranked) - 1, 0, -1):
        for place in range(end):
            wrong = truly[ranked[place]] > truly[ranked[place + 1]]
            if wrong == (rng.random() < accuracy):
                ranked[place], ranked[place + 1] = ranked[place + 1], ranked[place]
    idle = rater.habit == "agrees" and AGREES not in comparison.tags
    if rater.habit and not idle and rng.random() < rater.strength:
        favourite = _favourite(rater.habit, comparison, order)
        ranked = [favourite, *(place for place in ranked if place != favourite)]
    return tuple((place,) for place in ranked)


def _favourite(habit: str, comparison: Comparison, order: tuple[int, ...]) -> int:
    """Return which answer a habit prefers."""
    if habit == "first":
        return order[0]
    if habit == "agrees":
        return int(comparison.tags[AGREES])
    lengths = [len(one.messages[0].content) for one in comparison.candidates]
    return lengths.index(max(lengths))
