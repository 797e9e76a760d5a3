"""Outcome: what wrong labels cost, and how many of a noisy set do the work of a clean one."""

import math
from collections.abc import Sequence
from itertools import pairwise
from statistics import fmean

import msgspec

from etude.value.noise.labeller import Learned
from etude.value.noise.recipe import NoiseRecipe
from etude.value.statistics.difference import Difference, holm, paired
from etude.value.statistics.noise import NoiseLaw, fit_noise

METRICS = ("error", "loss")
"""Share of labels that are missed, which decides, and nats a label."""
_UNLIKELY = 0.05


class Cost(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What a share of wrong labels costs at one amount, in one figure."""

    metric: str
    noise: float
    amount: int
    value: float
    """Mean over seeds."""
    value_clean: float
    """Mean of as many examples without a wrong one."""
    same_as: float | None
    """So many clean examples come to the same, by a line through the means of clean ones over the
    logarithm of the amount, without any law; `None` outside of what was tried."""
    difference: Difference
    """With noise less without, seed by seed."""
    p_all: float
    """p-value, adjusted for all shares and amounts of the figure (Holm)."""


class Law(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Quality against quantity, in one figure."""

    metric: str
    law: NoiseLaw

    @property
    def doubts(self) -> tuple[str, ...]:
        """What the runs leave open."""
        found = []
        if self.law.one_floor_p < _UNLIKELY:
            found.append(
                f"one floor for all shares does not hold (p = {self.law.one_floor_p:.2g}): noise "
                "costs what no amount makes up for, or the least amounts teach next to nothing; "
                "the worth is a mean over the amounts that were tried, and what single amounts "
                "come to says more"
            )
        if any(level.worth.high >= 1 for level in self.law.levels if level.noise):
            found.append("of some shares it is open whether noise costs anything")
        return tuple(found)


class NoiseFound(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The experiment and what came of it."""

    recipe: NoiseRecipe
    labels: tuple[str, ...]
    n_pool: int
    """Examples that are drawn from."""
    n_held_out: int
    base: str
    """Digest of the model that has read and not yet learned a label."""
    learned: tuple[Learned, ...]
    costs: tuple[Cost, ...]
    laws: tuple[Law, ...]

    def values(self, metric: str, noise: float, amount: int) -> list[float]:
        """Return one figure of the labellers of one kind, by seed."""
        mine = [one for one in self.learned if (one.noise, one.amount) == (noise, amount)]
        mine.sort(key=lambda one: one.seed)
        return [one.error if metric == "error" else one.loss for one in mine]


def judge_noise(found: NoiseFound) -> NoiseFound:
    """Return the same with what wrong labels cost.

    Raises:
        ConfigError: There are too few labellers to say anything.
    """
    recipe = found.recipe
    return msgspec.structs.replace(
        found,
        costs=tuple(cost for metric in METRICS for cost in _costs(found, metric)),
        laws=tuple(
            Law(
                metric=metric,
                law=fit_noise(
                    [float(one.amount) for one in found.learned],
                    [one.noise for one in found.learned],
                    [getattr(one, metric) for one in found.learned],
                    level=recipe.level,
                    seed=recipe.data_seed,
                ),
            )
            for metric in METRICS
        ),
    )


def _costs(found: NoiseFound, metric: str) -> list[Cost]:
    recipe = found.recipe
    costs = []
    means = [fmean(found.values(metric, 0.0, amount)) for amount in sorted(recipe.amounts)]
    for amount in sorted(recipe.amounts):
        clean = found.values(metric, 0.0, amount)
        for noise in sorted(recipe.noises):
            if not noise:
                continue
            noisy = found.values(metric, noise, amount)
            costs.append(
                Cost(
                    metric=metric,
                    noise=noise,
                    amount=amount,
                    value=fmean(noisy),
                    value_clean=fmean(clean),
                    same_as=same_as(fmean(noisy), sorted(recipe.amounts), means),
                    difference=paired(clean, noisy, level=recipe.level, seed=recipe.data_seed),
                    p_all=1.0,
                )
            )
    adjusted = holm([cost.difference.p_value for cost in costs])
    return [msgspec.structs.replace(one, p_all=p) for one, p in zip(costs, adjusted, strict=True)]


def same_as(value: float, amounts: Sequence[int], means: Sequence[float]) -> float | None:
    """Return the amount at which clean examples come to a value; `None` where none of them does.

    >>> same_as(0.4, [100, 400], [0.5, 0.3])
    200.0
    """
    for (few, worse), (many, better) in pairwise(zip(amounts, means, strict=True)):
        if better <= value <= worse and better < worse:
            share = (worse - value) / (worse - better)
            return round(math.exp(math.log(few) + share * math.log(many / few)), 6)
    return None
