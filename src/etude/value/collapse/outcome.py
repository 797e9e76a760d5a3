"""Outcome: how far each way falls over the generations, and which of them prevents it."""

from collections.abc import Sequence

import msgspec

from etude.errors import ConfigError
from etude.value.collapse.generation import Known
from etude.value.collapse.recipe import CollapseRecipe
from etude.value.statistics.difference import Difference, paired

METRICS = ("bits_per_byte", "tail", "worst_lines")
"""What is compared: all real text, its rarest tokens, and the pieces that are hardest."""


class Rise(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """How much a way loses of real text from generation 0 to the last."""

    way: str
    metric: str
    rise: Difference
    """The last generation less generation 0, seed by seed."""
    against: Difference | None
    """The last generation of this way less that of the first one; `None` for that itself."""
    prevented: float
    """Share of the rise of the first way that this one does without; 0 for that itself."""


class Collapse(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The experiment and what came of it."""

    recipe: CollapseRecipe
    real: str
    """Digest of the real text that is read."""
    held_out: str
    n_real: int
    """Pieces of real text."""
    n_held_out: int
    known: tuple[Known, ...]
    rises: tuple[Rise, ...]

    def values(self, way: str, generation: int, metric: str) -> list[float]:
        """Return one figure of a generation, by seed; a measure of variety as `variety/NAME`."""
        name, _, measure = metric.partition("/")
        mine = [
            one
            for one in self.known
            if one.generation == generation and (one.way == way or not generation)
        ]
        mine.sort(key=lambda one: one.seed)
        if name == "variety":
            return [one.variety[measure] for one in mine if measure in one.variety]
        return [float(getattr(one, name)) for one in mine]

    def rise(self, way: str, metric: str = METRICS[0]) -> Rise:
        """Return how much a way loses.

        Raises:
            ConfigError: There is no such way or figure.
        """
        for one in self.rises:
            if (one.way, one.metric) == (way, metric):
                return one
        raise ConfigError(f"{way!r} was not measured in {metric!r}")


def judge_ways(found: Collapse) -> tuple[Rise, ...]:
    """Return how much each way loses, in each figure."""
    recipe = found.recipe
    first, last = next(iter(recipe.ways)), recipe.generations
    rises = []
    for metric in METRICS:
        begin = found.values("", 0, metric)
        worst = found.values(first, last, metric)
        fall = _mean(worst) - _mean(begin)
        for way in recipe.ways:
            end = found.values(way, last, metric)
            rise = paired(begin, end, level=recipe.level, seed=recipe.data_seed)
            rises.append(
                Rise(
                    way=way,
                    metric=metric,
                    rise=rise,
                    against=None
                    if way == first
                    else paired(worst, end, level=recipe.level, seed=recipe.data_seed),
                    prevented=0.0 if way == first or fall <= 0 else 1 - rise.mean / fall,
                )
            )
    return tuple(rises)


def _mean(values: Sequence[float]) -> float:
    return sum(values) / len(values)
