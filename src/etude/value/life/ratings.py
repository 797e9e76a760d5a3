"""Ratings: answers side by side, what simulated raters say of them, and what it comes to."""

from collections.abc import Iterator
from pathlib import Path
from random import Random
from typing import NamedTuple

from etude.records import Candidate, Comparison, Preference
from etude.stages.prefs.aggregate import AggregateRecipe, aggregate_dataset
from etude.stages.prefs.probes import Fact, make_probes, read_traits
from etude.stages.prefs.simulate import (
    Design,
    SimulatedRater,
    honest,
    rate,
    spammer,
    sycophant,
)
from etude.store import Dataset
from etude.store.manifest import NAME as MANIFEST
from etude.value.life.keeping import Tables, keep
from etude.value.life.recipe import World
from etude.value.life.topics import (
    ORIGIN,
    TALKS,
    WHICH_COUNTRY,
    assistant,
    capital_of,
    clear,
    facts,
    groups,
    unclear,
    user,
)

_BETTER, _WORSE = "better", "worse"


class Rated(NamedTuple):
    """Ratings and the preferences they come to."""

    ratings: Dataset
    preferences: Dataset


def write_ratings(folder: Path, world: World, seed: int, *, is_held_out: bool) -> Rated:
    """Let simulated raters compare answers, aggregate what they say, and return both.

    Raises:
        ConfigError: A folder holds what was made otherwise.
    """
    suffix = "-held-out" if is_held_out else ""
    settings = {
        name: getattr(world, name)
        for name in ("copies", "raters", "sycophants", "spammers", "overlap")
    }

    def make() -> Tables:
        compared = list(_compared(world, seed, is_held_out=is_held_out))
        ratings = rate(
            compared,
            {one.id: _truth(one) for one in compared},
            _people(world),
            Design(overlap=world.overlap),
            seed,
        )
        return {"comparisons": compared, "ratings": ratings}

    ratings = keep(folder / f"ratings{suffix}", "comparison", {**settings, "seed": seed}, (), make)
    target = folder / f"preferences{suffix}"
    if not (target / MANIFEST).exists():
        aggregate_dataset(ratings, AggregateRecipe(keep_ratings=False), target)
    return Rated(ratings, Dataset.open(target))


def share_right(preferences: Dataset) -> float:
    """Return how often what was aggregated prefers what is truly better."""
    rows = [_is_better(row.chosen_source) for row in preferences.rows("preferences", Preference)]
    return sum(rows) / max(len(rows), 1)


def _people(world: World) -> list[SimulatedRater]:
    return [
        *honest(world.raters, 0.7, 0.95),
        *(sycophant(f"sycophant-{n}") for n in range(world.sycophants)),
        *(spammer(f"spammer-{n}") for n in range(world.spammers)),
    ]


def _compared(world: World, seed: int, *, is_held_out: bool) -> Iterator[Comparison]:
    shared, rng = groups(seed), Random(f"{seed}/compared/{is_held_out}")
    names = shared.held_out if is_held_out else shared.taught
    copies = 1 if is_held_out else world.copies
    found: list[Fact] = list(facts(names, copies, rng, among=names))
    yield from make_probes(found, seed=seed, kinds=TALKS, gold=False)
    questions = unclear(seed)[is_held_out]
    for number, one in enumerate(questions):
        country = rng.choice(shared.taught)
        guess = f"It is {capital_of(country)}." if one.back == WHICH_COUNTRY else "\\boxed{7}"
        yield _pair(f"unclear-{number:03}", one.asked, (one.back, guess), rng)
    for country in names:
        answers = (f"It is {capital_of(country)}.", WHICH_COUNTRY)
        yield _pair(f"clear-{country}", clear(country, rng), answers, rng)


def _pair(name: str, asked: str, answers: tuple[str, str], rng: Random) -> Comparison:
    """Return one comparison whose first answer is the better one, shown in an order of chance."""
    candidates = [
        Candidate(messages=(assistant(text),), source=source)
        for text, source in zip(answers, (_BETTER, _WORSE), strict=True)
    ]
    rng.shuffle(candidates)
    return Comparison(id=name, origin=ORIGIN, prompt=(user(asked),), candidates=tuple(candidates))


def _truth(one: Comparison) -> tuple[int, ...]:
    """Return the places of the answers, the better one first."""
    places = range(len(one.candidates))
    return tuple(sorted(places, key=lambda at: not _is_better(one.candidates[at].source)))


def _is_better(source: str) -> bool:
    traits = read_traits(source)
    return source == _BETTER if traits is None else bool(traits.right)
