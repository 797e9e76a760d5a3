"""How far raters agree beyond chance: alpha, kappas, AC1, each with an interval.

Every function takes a table: an array of (raters, items) whose cells are numbers that name or
measure a category, and NaN where a rater did not rate an item. Items that fewer than two raters
rated say nothing of agreement. A coefficient is undefined, and `None` is returned, where no item
has two ratings or all ratings are the same: chance would agree as well.
"""

import math
from typing import Literal

import msgspec
import numpy as np
from numpy.typing import NDArray

from etude.stages.prefs.intervals import (
    Estimate,
    bootstrap,
    bootstrap_weights,
    normal_quantile,
    percentile_interval,
    student_quantile,
)

Level = Literal["nominal", "ordinal", "interval"]
Weights = Literal["identity", "linear", "quadratic"]
Floats = NDArray[np.float64]
Ints = NDArray[np.int64]


class Resampling(msgspec.Struct, frozen=True, kw_only=True):
    """How intervals are drawn."""

    n_draws: int = 1000
    """Bootstrap resamples of items."""
    seed: int = 0
    confidence: float = 0.95


DEFAULT = Resampling()
_BLOCK = 50
"""Raters that are left out at a time, which bounds the memory."""


def count_table(table: Floats) -> tuple[Floats, Floats]:
    """Return the sorted categories, and how many raters put each item into each of them.

    Returns:
        Categories of (c,) and counts of (items, c).
    """
    values = np.unique(table[np.isfinite(table)])
    counts = (
        np.stack([(table == value).sum(axis=0) for value in values], axis=1)
        if len(values)
        else np.zeros((table.shape[1], 0))
    )
    return values, counts.astype(np.float64)


def coincidences(counts: Floats) -> Floats:
    """Return the coincidences of each item: ordered pairs of its ratings over raters less one.

    Args:
        counts: Of (items, c), as `count_table` returns them.

    Returns:
        Array of (items, c * c). Source: Krippendorff 2011, "Computing Krippendorff's
        alpha-reliability".
    """
    n_items, n_categories = counts.shape
    pairs = counts[:, :, None] * counts[:, None, :]
    pairs[:, range(n_categories), range(n_categories)] -= counts
    n_ratings = counts.sum(axis=1)
    share = np.where(n_ratings > 1, 1.0 / np.maximum(n_ratings - 1, 1), 0.0)
    return (pairs * share[:, None, None]).reshape(n_items, n_categories**2)


def moments(counts: Floats, values: Floats) -> Floats:
    """Return what interval alpha needs of each item, without a table of all pairs of categories.

    Returns:
        Array of (items, 4): ratings that can be paired, their sum, their sum of squares, and the
        squared differences of all ordered pairs over raters less one.
    """
    centred = values - values.mean() if len(values) else values
    n_ratings = counts.sum(axis=1)
    pairable = n_ratings > 1
    total, squares = counts @ centred, counts @ centred**2
    differing = 2 * (n_ratings * squares - total**2) / np.maximum(n_ratings - 1, 1)
    table: Floats = np.stack([n_ratings, total, squares, differing], axis=1) * pairable[:, None]
    return table


def alpha_units(counts: Floats, values: Floats, level: Level) -> Floats:
    """Return what each item adds to alpha, of (items, k): `alpha_of` takes their sums."""
    return moments(counts, values) if level == "interval" else coincidences(counts)


def alpha_of(sums: Floats, level: Level) -> Floats:
    """Return alpha of each row of summed units; NaN where it is undefined.

    Args:
        sums: Of (draws, k), of the units of `alpha_units`.
        level: How categories differ: not at all alike (nominal), by the ratings between them
            (ordinal), or by the square of their distance (interval).
    """
    if level == "interval":
        n_pairable, total, squares, differing = sums.T
        expected = 2 * (n_pairable * squares - total**2)
        # What is left of equal numbers after rounding is no disagreement.
        expected = np.where(expected > 1e-9 * np.abs(n_pairable * squares), expected, 0.0)
    else:
        size = math.isqrt(sums.shape[1])
        observed = sums.reshape(len(sums), size, size)
        totals = observed.sum(axis=2)
        n_pairable = totals.sum(axis=1)
        if level == "ordinal":
            up_to = totals.cumsum(axis=1) - totals / 2
            distance = (up_to[:, :, None] - up_to[:, None, :]) ** 2
        else:
            distance = (1.0 - np.eye(size))[None]
        differing = (observed * distance).sum(axis=(1, 2))
        expected = (totals[:, :, None] * totals[:, None, :] * distance).sum(axis=(1, 2))
    with np.errstate(divide="ignore", invalid="ignore"):
        alpha: Floats = np.where(expected > 0, 1 - (n_pairable - 1) * differing / expected, np.nan)
    return alpha


def group_sum(rows: Floats, groups: Ints | None) -> Floats:
    """Add up the rows of each group, for units that must be drawn together."""
    if groups is None:
        return rows
    summed = np.zeros((int(groups.max(initial=-1)) + 1, rows.shape[1]))
    np.add.at(summed, groups, rows)
    return summed


def krippendorff_alpha(
    table: Floats,
    level: Level = "nominal",
    *,
    groups: Ints | None = None,
    resampling: Resampling = DEFAULT,
) -> Estimate | None:
    """Return Krippendorff's alpha: 1 is full agreement, 0 what chance gives, below 0 is worse.

    Args:
        table: Of (raters, items), NaN where there is no rating.
        level: See `alpha_of`.
        groups: Of (items,): items of one number are drawn together, such as pairs of answers that
            stem from one ranking.
        resampling: Of items, for the interval.
    """
    values, counts = count_table(table)
    units = group_sum(alpha_units(counts, values, level), groups)
    found = bootstrap(
        lambda weights: alpha_of(weights @ units, level),
        len(units),
        n_draws=resampling.n_draws,
        seed=resampling.seed,
        confidence=resampling.confidence,
    )
    return _resting_on(found, counts)


class RaterLeftOut(msgspec.Struct, frozen=True, kw_only=True):
    """Alpha of all raters but one."""

    alpha: float | None
    """`None` where the others have too little in common."""
    rise: Estimate | None
    """By how much alpha is higher without this rater: above 0 where the others agree better."""


def alpha_without_each(
    table: Floats,
    level: Level = "nominal",
    *,
    groups: Ints | None = None,
    resampling: Resampling = DEFAULT,
) -> list[RaterLeftOut]:
    """Return alpha without each rater in turn, and its rise with a paired bootstrap interval."""
    values, counts = count_table(table)
    units = group_sum(alpha_units(counts, values, level), groups)
    answers: list[RaterLeftOut] = []
    for start in range(0, len(table), _BLOCK):
        others = [
            group_sum(alpha_units(counts - (row[:, None] == values), values, level), groups)
            for row in table[start : start + _BLOCK]
        ]
        answers += _rises(units, others, level, resampling)
    return [
        msgspec.structs.replace(answer, rise=_resting_on(answer.rise, counts)) for answer in answers
    ]


def _rises(
    units: Floats, others: list[Floats], level: Level, resampling: Resampling
) -> list[RaterLeftOut]:
    """Draw once for all raters: each draw is alpha without them, less alpha with them."""

    def rises(weights: Floats) -> Floats:
        together = alpha_of(weights @ units, level)
        return np.stack([alpha_of(weights @ one, level) - together for one in others])

    n = len(units)
    if n == 0:
        return [RaterLeftOut(alpha=None, rise=None) for _ in others]
    value = rises(np.ones((1, n)))[:, 0]
    draws = np.concatenate(
        [
            rises(
                bootstrap_weights(n, min(100, resampling.n_draws - first), resampling.seed + first)
            )
            for first in range(0, resampling.n_draws, 100)
        ],
        axis=1,
    )
    found: list[RaterLeftOut] = []
    for place, one in enumerate(others):
        alpha = float(alpha_of(one.sum(axis=0)[None], level)[0])
        rise = percentile_interval(float(value[place]), draws[place], n, resampling.confidence)
        found.append(RaterLeftOut(alpha=alpha if math.isfinite(alpha) else None, rise=rise))
    return found


def percent_agreement(table: Floats, *, confidence: float = 0.95) -> Estimate | None:
    """Return the share of agreeing pairs of ratings, averaged over items, with a t interval."""
    _, counts = count_table(table)
    agreeing, rated = _agreeing_share(counts)
    if not rated.any():
        return None
    shares = agreeing[rated]
    error = float(shares.std(ddof=1)) / math.sqrt(len(shares)) if len(shares) > 1 else math.inf
    found = _student(float(shares.mean()), error, len(shares), confidence)
    return msgspec.structs.replace(found, low=max(0.0, found.low))


def fleiss_kappa(table: Floats, *, confidence: float = 0.95) -> Estimate | None:
    """Return Fleiss' kappa, generalised to missing ratings, with Gwet's analytic interval.

    Source: Fleiss 1971; for missing ratings and the variance, Gwet 2014, "Handbook of Inter-Rater
    Reliability", 4th edition, chapter 5.
    """
    _, counts = count_table(table)
    shares = _category_shares(counts)
    chance = shares.mean(axis=0) if len(shares) else np.zeros(0)
    return _chance_corrected(counts, float(chance @ chance), shares @ chance, confidence)


def gwet_ac1(table: Floats, *, confidence: float = 0.95) -> Estimate | None:
    """Return Gwet's AC1, which stays high where one category is rare, with its interval.

    Source: Gwet 2008, "Computing inter-rater reliability and its variance in the presence of high
    agreement".
    """
    _, counts = count_table(table)
    size = counts.shape[1]
    if size < 2:
        return None
    shares = _category_shares(counts)
    chance = shares.mean(axis=0)
    expected = float(chance @ (1 - chance)) / (size - 1)
    return _chance_corrected(counts, expected, shares @ (1 - chance) / (size - 1), confidence)


def cohen_kappa(
    first: Floats, second: Floats, weights: Weights = "identity", *, confidence: float = 0.95
) -> Estimate | None:
    """Return Cohen's kappa of two raters, weighted or not, with its large-sample interval.

    Args:
        first: Ratings of (items,), NaN where there is none.
        second: The other rater's, of the same items.
        weights: Credit for near misses by rank of category: none, falling with the distance, or
            with its square.
        confidence: Of the interval.

    Source: Cohen 1960 and 1968; variance of Fleiss, Cohen and Everitt 1969.
    """
    both = np.isfinite(first) & np.isfinite(second)
    n_items = int(both.sum())
    values = np.unique(np.concatenate([first[both], second[both]]))
    if len(values) < 2:
        return None
    size = len(values)
    cells = np.zeros((size, size))
    np.add.at(
        cells, (np.searchsorted(values, first[both]), np.searchsorted(values, second[both])), 1
    )
    cells /= n_items
    credit = _credit(size, weights)
    rows, columns = cells.sum(axis=1), cells.sum(axis=0)
    observed, expected = float((cells * credit).sum()), float(rows @ credit @ columns)
    if expected >= 1.0:
        return None
    kappa = (observed - expected) / (1 - expected)
    means = (credit @ columns)[:, None] + (credit.T @ rows)[None, :]
    spread = float((cells * (credit - means * (1 - kappa)) ** 2).sum())
    variance = (spread - (kappa - expected * (1 - kappa)) ** 2) / (n_items * (1 - expected) ** 2)
    reach = normal_quantile(confidence) * math.sqrt(max(0.0, variance))
    return Estimate(
        value=kappa, low=max(-1.0, kappa - reach), high=min(1.0, kappa + reach), n=n_items
    )


def _credit(size: int, weights: Weights) -> Floats:
    """Return what each pair of categories earns, of (size, size), 1 on the diagonal."""
    apart = np.abs(np.subtract.outer(np.arange(size), np.arange(size))) / max(1, size - 1)
    if weights == "identity":
        return np.eye(size)
    return np.asarray(1 - (apart if weights == "linear" else apart**2), dtype=np.float64)


def _agreeing_share(counts: Floats) -> tuple[Floats, NDArray[np.bool_]]:
    """Share of agreeing pairs of each item, and which items have any pair."""
    n_ratings = counts.sum(axis=1)
    rated = n_ratings > 1
    pairs = np.where(rated, n_ratings * (n_ratings - 1), 1)
    return (counts * (counts - 1)).sum(axis=1) / pairs, rated


def _category_shares(counts: Floats) -> Floats:
    """Share of each category among the ratings of each item that has any."""
    some = counts[counts.sum(axis=1) > 0]
    return np.asarray(some / some.sum(axis=1, keepdims=True), dtype=np.float64)


def _chance_corrected(
    counts: Floats, expected: float, expected_of_item: Floats, confidence: float
) -> Estimate | None:
    """Correct agreement for chance, with the variance by linearisation over items (Gwet)."""
    counts = counts[counts.sum(axis=1) > 0]
    agreeing, rated = _agreeing_share(counts)
    n_items, n_rated = len(counts), int(rated.sum())
    if n_rated == 0 or expected >= 1.0:
        return None
    value = (float(agreeing[rated].mean()) - expected) / (1 - expected)
    of_item = n_items / n_rated * (agreeing - expected) * rated / (1 - expected)
    of_item = of_item - 2 * (1 - value) * (expected_of_item - expected) / (1 - expected)
    if n_items < 2:
        return _student(value, math.inf, n_items, confidence)
    error = math.sqrt(float(((of_item - value) ** 2).sum()) / (n_items * (n_items - 1)))
    return _student(value, error, n_items, confidence)


def _student(value: float, error: float, n: int, confidence: float) -> Estimate:
    """Return an estimate with its t interval, within what a coefficient can be."""
    if n < 2 or not math.isfinite(error):
        return Estimate(value=value, low=-1.0, high=1.0, n=n)
    reach = student_quantile(confidence, n - 1) * error
    return Estimate(value=value, low=max(-1.0, value - reach), high=min(1.0, value + reach), n=n)


def _resting_on(found: Estimate | None, counts: Floats) -> Estimate | None:
    """Say how many items an estimate rests on: those with two ratings or more."""
    n_items = int((counts.sum(axis=1) > 1).sum())
    return msgspec.structs.replace(found, n=n_items) if found else None
