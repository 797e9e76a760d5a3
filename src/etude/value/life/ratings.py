"""Ratings: what simulated raters say of answers side by side, and what it comes to."""

from pathlib import Path
from random import Random
from typing import NamedTuple

from etude.records import Preference
from etude.stages.prefs.aggregate import AggregateRecipe, aggregate_dataset
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
from etude.train.run import Run
from etude.value.life.comparisons import Side, compared, is_better, truth_of
from etude.value.life.keeping import Tables, keep
from etude.value.life.own import own_comparisons
from etude.value.life.recipe import LifeRecipe, World


class Rated(NamedTuple):
    """Ratings and the preferences they come to."""

    ratings: Dataset
    preferences: Dataset


class Sides(NamedTuple):
    """Problems."""

    learned: Dataset
    held_out: Dataset


class Judged(NamedTuple):
    """What is compared, of each side."""

    learned: Rated
    steering: Rated
    """Says when the reward model has learned enough; nothing is measured on it."""
    held_out: Rated


def write_all_ratings(folder: Path, recipe: LifeRecipe, problems: Sides, run: Run) -> Judged:
    """Let simulated raters compare the answers of each side.

    Args:
        folder: Where the data sets go.
        recipe: What there is to compare, and who compares it.
        problems: Those that are learned from, and those that are held out.
        run: The model whose own answers are compared too.

    Raises:
        ConfigError: A folder holds what was made otherwise.
    """
    return Judged(
        write_ratings(folder, recipe, "learned", problems.learned, run),
        write_ratings(folder, recipe, "steering", problems.held_out, run),
        write_ratings(folder, recipe, "held out", problems.held_out, run),
    )


def write_ratings(
    folder: Path, recipe: LifeRecipe, side: Side, problems: Dataset, run: Run
) -> Rated:
    """Let simulated raters compare answers, aggregate what they say, and return both.

    Args:
        folder: Where the data sets go.
        recipe: What there is to compare, and who compares it.
        side: What the comparisons are for.
        problems: Those of the side.
        run: The model whose own answers are compared too.

    Raises:
        ConfigError: A folder holds what was made otherwise.
    """
    world, seed = recipe.world, recipe.seed
    suffix = "" if side == "learned" else f"-{side.replace(' ', '-')}"
    settings = {
        name: getattr(world, name)
        for name in ("copies", "own", "raters", "sycophants", "spammers", "overlap")
    }

    def make() -> Tables:
        rows = compared(world, seed, side, problems)
        rows += own_comparisons(run, rows, world.own, seed, recipe.answer_tokens)
        # A loop measures on the first ones.
        Random(f"{seed}/{side}").shuffle(rows)
        ratings = rate(
            rows,
            {one.id: truth_of(one) for one in rows},
            _people(world),
            Design(overlap=world.overlap),
            seed,
        )
        return {"comparisons": rows, "ratings": ratings}

    path = folder / f"ratings{suffix}"
    settings |= {"seed": seed, "model": run.manifest.digest}
    ratings = keep(path, "comparison", settings, (problems,), make)
    target = folder / f"preferences{suffix}"
    if not (target / MANIFEST).exists():
        aggregate_dataset(ratings, AggregateRecipe(keep_ratings=False), target)
    return Rated(ratings, Dataset.open(target))


def share_right(preferences: Dataset) -> float:
    """Return how often what was aggregated prefers what is truly better."""
    rows = [is_better(row.chosen_source) for row in preferences.rows("preferences", Preference)]
    return sum(rows) / max(len(rows), 1)


def _people(world: World) -> list[SimulatedRater]:
    return [
        *honest(world.raters, 0.7, 0.95),
        *(sycophant(f"sycophant-{n}") for n in range(world.sycophants)),
        *(spammer(f"spammer-{n}") for n in range(world.spammers)),
    ]
