"""Weigh or pick preferences so that what reads nothing predicts them less.

What is lost with a bias is also what was truly right and went along with it: if better answers are
longer, levelling length takes some of that away. The report says how many choices of equal weight
are left.
"""

from collections.abc import Sequence
from pathlib import Path
from typing import Literal, NamedTuple

import msgspec
import numpy as np
from numpy.typing import NDArray

from etude.errors import ConfigError
from etude.records import Preference
from etude.stages.prefs.bias import BiasReport, audit_choices
from etude.stages.prefs.bias.features import NAMES, differences
from etude.stages.prefs.choices import WEIGHT, Choice, ChoiceSet, choice_of
from etude.stages.prefs.logistic import chance, fit_choices, group_codes
from etude.store import Counts, Dataset, DatasetWriter

Floats = NDArray[np.float64]
UNMATCHED = "no counterpart"
"""Why a preference is left out of a matched subset."""
_STEEPEST = 50.0
"""Slope, per root mean square of a feature, from which balancing is given up as impossible."""


class ReweightRecipe(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """How a bias is lowered."""

    method: Literal["balance", "propensity", "match"] = "balance"
    """`balance`: the weights nearest to equal under which chosen and rejected answers have the same
    mean of every feature (entropy balancing, Hainmueller 2012). `propensity`: one over the chance
    that the joint model gave to what was chosen. `match`: keep a subset in which each choice that
    goes with the joint model has a counterpart that goes against it as far."""
    features: tuple[str, ...] = ("length", "lists", "bold", "refusal", "flattery", "agreement")
    """Features to level, as the audit names them."""
    most: float = 10.0
    """Largest weight, in multiples of the mean; larger ones are cut, at the cost of balance."""
    caliper: float = 0.1
    """`match` only: how far counterparts may lie from mirroring each other, in log-odds."""

    def __post_init__(self) -> None:
        """Check what no type can say.

        Raises:
            ConfigError: A feature is unknown, or a number is out of its range.
        """
        if unknown := [name for name in self.features if name not in NAMES]:
            raise ConfigError(f"no feature is called {unknown[0]!r} (known: {', '.join(NAMES)})")
        if not self.features or not self.most > 1 or not self.caliper > 0:
            raise ConfigError("features is not empty, most is above 1 and caliper above 0")


class ReweightOutcome(msgspec.Struct, frozen=True, kw_only=True):
    """What weighing did."""

    path: str
    n_in: int
    n_kept: int
    effective_size: float
    """Choices of equal weight that the kept ones are worth."""
    largest_weight: float
    """In multiples of the mean."""
    imbalance_before: dict[str, float]
    """Mean difference of each levelled feature, chosen less rejected, in its root mean square."""
    imbalance_after: dict[str, float]
    before: BiasReport
    after: BiasReport


class Weighed(NamedTuple):
    """Weights of choices, of mean one over those that stay."""

    weights: Floats
    """0 for a choice that is left out."""
    effective_size: float


def weigh(choices: Sequence[Choice], recipe: ReweightRecipe) -> Weighed:
    """Return a weight for each choice under which the features of the recipe tell less.

    Weights that choices have already are multiplied in.

    Raises:
        ConfigError: There are no choices, none is left, or no weights balance the features.
    """
    old = np.array([choice.weight for choice in choices])
    if not len(old) or old.sum() <= 0:
        raise ConfigError("there are no choices to weigh")
    x = differences(choices)[:, [NAMES.index(name) for name in recipe.features]]
    if recipe.method == "balance":
        new = _balance(x, old)
    else:
        odds = x @ fit_choices(x, old, group_codes([choice.group for choice in choices])).slopes
        matching = recipe.method == "match"
        new = old * (_matched(odds, recipe.caliper) if matching else 0.5 / chance(odds))
    if not new.any():
        raise ConfigError(
            f"no choice has a counterpart within {recipe.caliper}; allow a wider caliper or level "
            "fewer features"
        )
    for _ in range(20):
        ceiling = recipe.most * new[new > 0].mean()
        if new.max() <= ceiling * (1 + 1e-9):
            break
        new = np.minimum(new, ceiling)
    new = new / new[new > 0].mean()
    return Weighed(new, float(new.sum() ** 2 / (new @ new)))


def reweight(dataset: Dataset, recipe: ReweightRecipe, target: Path) -> ReweightOutcome:
    """Write the preferences of a data set to `target`, each with a `weight` tag.

    Raises:
        ConfigError: It holds no preferences, they cannot be balanced, or the target not be written.
        RecordError: It is damaged.
    """
    rows = list(dataset.rows("preferences", Preference))
    choices = [choice_of(row) for row in rows]
    weights, size = weigh(choices, recipe)
    kept = [
        msgspec.structs.replace(row, tags={**row.tags, WEIGHT: f"{weight:.6g}"})
        for row, weight in zip(rows, weights, strict=True)
        if weight > 0
    ]
    weighed = [choice_of(row) for row in kept]
    outcome = ReweightOutcome(
        path=str(target),
        n_in=len(rows),
        n_kept=len(kept),
        effective_size=size,
        largest_weight=float(weights.max()),
        imbalance_before=imbalance(choices, recipe.features),
        imbalance_after=imbalance(weighed, recipe.features),
        before=audit_choices(ChoiceSet(choices, 0, 0), path=str(dataset.path)),
        after=audit_choices(ChoiceSet(weighed, 0, 0), path=str(target)),
    )
    dropped = {UNMATCHED: len(rows) - len(kept)} if len(kept) < len(rows) else {}
    with DatasetWriter(target, record="preference") as writer:
        writer.write("preferences", kept)
        writer.finish(
            recipe=msgspec.json.encode(recipe, order="sorted").decode(),
            counts=Counts(n_in=len(rows), dropped=dropped),
            parents=(dataset.manifest.digest,),
        )
    return outcome


def imbalance(choices: Sequence[Choice], features: Sequence[str]) -> dict[str, float]:
    """Return the weighted mean difference of each feature, in its unweighted root mean square."""
    x = differences(choices)
    weights = np.array([choice.weight for choice in choices])
    found = {}
    for name in features:
        column = x[:, NAMES.index(name)]
        spread = float(np.sqrt(np.mean(column**2)))
        found[name] = float(weights @ column / weights.sum()) / spread if spread else 0.0
    return found


def _balance(x: Floats, old: Floats) -> Floats:
    """Return the weights nearest to the old ones with no mean difference, by Newton's method.

    Raises:
        ConfigError: No weights do that.
    """
    x = x[:, x.any(axis=0)]
    x = x / np.sqrt(np.mean(x**2, axis=0))
    log_old = np.log(np.maximum(old, 1e-300))
    tilt = np.zeros(x.shape[1])
    for _ in range(100):
        weights, value = _tilted(log_old, x, tilt)
        mean = weights @ x
        if np.abs(mean).max(initial=0.0) < 1e-8:
            return np.asarray(weights * len(old))
        bend = (x * weights[:, None]).T @ x - np.outer(mean, mean)
        step = np.linalg.solve(bend + 1e-9 * np.eye(len(tilt)), mean)
        scale = 1.0
        while _tilted(log_old, x, tilt + scale * step)[1] >= value and scale > 1e-8:
            scale /= 2
        tilt = tilt + scale * step
        if np.abs(tilt).max(initial=0.0) > _STEEPEST:
            break
    raise ConfigError(
        "no weights balance these features: in one of them, or a mixture, the choices all go one "
        "way; level fewer features or use `propensity`"
    )


def _tilted(log_old: Floats, x: Floats, tilt: Floats) -> tuple[Floats, float]:
    """Return weights of sum one, and the logarithm of their sum before: least at balance."""
    log_weights = log_old - x @ tilt
    top = float(log_weights.max())
    weights = np.exp(log_weights - top)
    total = float(weights.sum())
    return weights / total, top + float(np.log(total))


def _matched(odds: Floats, caliper: float) -> Floats:
    """Return 1 for the choices that stay: each with, or without need of, a counterpart."""
    keep = (np.abs(odds) <= caliper / 2).astype(np.float64)
    wins = [place for place in np.argsort(odds, kind="stable") if odds[place] > caliper / 2]
    losses = [place for place in np.argsort(-odds, kind="stable") if odds[place] < -caliper / 2]
    i = j = 0
    while i < len(wins) and j < len(losses):
        gap = odds[wins[i]] + odds[losses[j]]
        if abs(gap) <= caliper:
            keep[wins[i]] = keep[losses[j]] = 1.0
            i, j = i + 1, j + 1
        elif gap < 0:
            i += 1
        else:
            j += 1
    return keep
