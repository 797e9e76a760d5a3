"""Power: how many more ratings, or items, until something is known well enough.

Each question has a closed form, which assumes raters that are alike, and a simulation, which draws
from the raters and items at hand. Where the two differ, the simulation is to be believed.
"""

import math

import msgspec
import numpy as np
from numpy.typing import NDArray

from etude.stages.prefs.agreement import Level, alpha_of, alpha_units, count_table, group_sum
from etude.stages.prefs.intervals import binomial_tail, normal_quantile, wilson

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]


def majority_accuracy(n_raters: int, accuracy: float) -> float:
    """Return the exact chance that most of `n_raters` are right; an even split is a coin's throw.

    Source: Condorcet's jury theorem.
    """
    half = n_raters // 2
    right = binomial_tail(half + 1, n_raters, accuracy)
    if n_raters % 2:
        return right
    return right + (binomial_tail(half, n_raters, accuracy) - right) / 2


def raters_for_certainty(accuracy: float, certainty: float, most: int = 199) -> int | None:
    """Return the least odd number of raters whose majority is right with that chance.

    `None` where even `most` of them are too few: with a coin's accuracy no number suffices.
    """
    return next(
        (n for n in range(1, most + 1, 2) if majority_accuracy(n, accuracy) >= certainty), None
    )


def items_for_half_width(half_width: float, n_items: int, wanted: float) -> int:
    """Return how many items give the wanted half-width, from what so many items gave.

    Half-widths fall with the square root of the number of items.

    Raises:
        ValueError: A half-width is not above 0.
    """
    if half_width <= 0 or wanted <= 0:
        raise ValueError("a half-width is above 0")
    return math.ceil(n_items * (half_width / wanted) ** 2)


def trials_for_share(share: float, wanted: float, confidence: float = 0.95) -> int:
    """Return how many trials give a share a Wilson interval of the wanted half-width.

    Raises:
        ValueError: The half-width is not above 0 and below one half.
    """
    if not 0 < wanted < 0.5:
        raise ValueError("the half-width of a share lies between 0 and 0.5")
    low, high = 1, 1
    while wilson(share * high, high, confidence).half_width > wanted:
        low, high = high, high * 2
    while low < high:
        middle = (low + high) // 2
        if wilson(share * middle, middle, confidence).half_width > wanted:
            low = middle + 1
        else:
            high = middle
    return high


def contests_for_difference(win_chance: float, power: float = 0.8, confidence: float = 0.95) -> int:
    """Return how many contests tell one source from an equal one, by the normal approximation.

    Args:
        win_chance: Of the better source, ties left out.
        power: Wanted chance that the difference is seen.
        confidence: Of the two-sided test.

    Raises:
        ValueError: The chance is one half, which no number of contests tells from one half.
    """
    if win_chance == 0.5:
        raise ValueError("sources that are equally good cannot be told apart")
    z_test, z_power = normal_quantile(confidence), normal_quantile(2 * power - 1)
    spread = z_test / 2 + z_power * math.sqrt(win_chance * (1 - win_chance))
    return math.ceil((spread / abs(win_chance - 0.5)) ** 2)


def further_ratings(left: Floats, accuracy: float, certainty: float) -> Floats:
    """Return the expected number of further ratings of each pair until it is certain enough.

    Ratings are asked for one by one, and stop as soon as one side has the wanted posterior. Source:
    Wald 1945, "Sequential tests of statistical hypotheses", without overshoot.

    Args:
        left: Of (pairs,): chance now that the left side is better.
        accuracy: Of the raters to come; infinite numbers are returned for a coin's.
        certainty: Wanted posterior of the better side, between one half and one.
    """
    bound = math.log(certainty / (1 - certainty))
    odds = np.clip(_logit(left), -bound, bound)
    if accuracy <= 0.5:
        return np.where(np.abs(odds) >= bound, 0.0, np.inf)
    drift = (2 * accuracy - 1) * math.log(accuracy / (1 - accuracy)) if accuracy < 1 else math.inf
    if math.isinf(drift):
        return np.where(np.abs(odds) >= bound, 0.0, 1.0)
    ends_right = (1 - np.exp(-(odds + bound))) / (1 - math.exp(-2 * bound))
    ends_left = (1 - np.exp(-(bound - odds))) / (1 - math.exp(-2 * bound))
    chance = 1 / (1 + np.exp(-odds))
    if_left = ((2 * ends_right - 1) * bound - odds) / drift
    if_right = ((2 * ends_left - 1) * bound + odds) / drift
    return np.maximum(0.0, chance * if_left + (1 - chance) * if_right)


class Further(msgspec.Struct, frozen=True, kw_only=True):
    """What further ratings would bring, as simulated."""

    certain: tuple[float, ...]
    """Share of pairs that are certain enough after 0, 1, 2 … further ratings of those not yet."""
    ratings: tuple[float, ...]
    """Further ratings a pair, on average over all pairs, that this took."""


def simulate_further(
    left: Floats, accuracies: Floats, certainty: float, *, most: int = 10, seed: int = 0
) -> Further:
    """Simulate ratings that are asked for one by one, of raters drawn from those at hand.

    Args:
        left: Of (pairs,): chance now that the left side is better; the truth is drawn by it.
        accuracies: Of (raters,): each rater as likely to come as any.
        certainty: Wanted posterior of the better side.
        most: Further ratings of one pair at most.
        seed: Of truths, raters and answers.
    """
    rng = np.random.default_rng(seed)
    bound = math.log(certainty / (1 - certainty))
    odds = _logit(left)
    truth = rng.random(len(left)) < left
    known = np.clip(accuracies, 1e-6, 1 - 1e-6)
    certain, ratings, asked = [], [], 0
    for turn in range(most + 1):
        open_ = np.flatnonzero(np.abs(odds) < bound)
        certain.append(1 - len(open_) / max(1, len(left)))
        ratings.append(asked / max(1, len(left)))
        if turn == most or not len(open_):
            break
        skill = known[rng.integers(0, len(known), len(open_))]
        right = rng.random(len(open_)) < skill
        step = np.log(skill / (1 - skill))
        odds[open_] += np.where(truth[open_] == right, step, -step)
        asked += len(open_)
    return Further(certain=tuple(certain), ratings=tuple(ratings))


def simulate_alpha_half_width(
    table: Floats,
    n_items: int,
    level: Level = "nominal",
    *,
    groups: Ints | None = None,
    n_draws: int = 300,
    seed: int = 0,
) -> float:
    """Return half the length of alpha's 95 % interval if so many units were rated as these were.

    Args:
        table: Of (raters, items), NaN where there is no rating.
        n_items: Units to draw: items, or groups where there are such.
        level: See `alpha_of`.
        groups: Of (items,): items that are drawn together.
        n_draws: Simulated data sets.
        seed: Of the draws.
    """
    values, counts = count_table(table)
    units = group_sum(alpha_units(counts, values, level), groups)
    rng = np.random.default_rng(seed)
    chances = np.full(len(units), 1.0 / len(units))
    weights = rng.multinomial(n_items, chances, size=n_draws).astype(np.float64)
    drawn = alpha_of(weights @ units, level)
    low, high = np.nanquantile(drawn, [0.025, 0.975])
    return float(high - low) / 2


def _logit(chance: Floats) -> Floats:
    kept = np.clip(chance, 1e-12, 1 - 1e-12)
    return np.asarray(np.log(kept / (1 - kept)), dtype=np.float64)
