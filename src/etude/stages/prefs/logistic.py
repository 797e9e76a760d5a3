"""Logistic regression of choices on differences, with intervals that allow for repeated prompts.

There is no intercept: which of two answers is written down first means nothing here, so turning a
pair round changes no result.
"""

import math
from collections.abc import Sequence
from functools import lru_cache
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from etude.stages.prefs.intervals import Estimate, normal_tail, student_quantile, wilson

Floats = NDArray[np.float64]
_STEPS = 100


class Fit(NamedTuple):
    """Slopes with their standard errors; the log-odds of being chosen per unit of difference."""

    slopes: Floats
    errors: Floats
    degrees: float
    """Of freedom: groups less one, at least one."""

    def estimate(self, column: int, n: int, confidence: float = 0.95) -> Estimate:
        """Return one slope with its interval of Student's t."""
        value, error = float(self.slopes[column]), float(self.errors[column])
        reach = _quantile(confidence, self.degrees) * error
        return Estimate(value=value, low=value - reach, high=value + reach, n=n)

    def p_value(self, column: int) -> float:
        """Return the two-sided chance of a slope this far from zero if there were none."""
        return 2 * normal_tail(abs(float(self.slopes[column])) / float(self.errors[column]))


def group_codes(groups: Sequence[str]) -> NDArray[np.int64]:
    """Return a number for each group, by first appearance."""
    numbers: dict[str, int] = {}
    return np.array([numbers.setdefault(group, len(numbers)) for group in groups], dtype=np.int64)


def fit_choices(x: Floats, weights: Floats, codes: NDArray[np.int64]) -> Fit:
    """Fit the log-odds of being chosen on differences, chosen less rejected.

    Every slope has the log-F(1,1) prior of Greenland and Mansournia 2015, which is one extra pair,
    half won and half lost, that differs by one unit: slopes stay finite where all choices go one
    way. Standard errors are the larger of the model's own and those of the sandwich clustered by
    group (Liang and Zeger 1986, with the factor of HC1), since the sandwich vanishes there.

    Args:
        x: Differences, (pairs, features).
        weights: How much each pair counts; they are scaled to the mean of one.
        codes: Group of each pair, as `group_codes` has it.
    """
    n, k = x.shape
    weights = weights * (n / weights.sum())
    slopes = np.zeros(k)
    value = _likelihood(slopes, x, weights)
    for _ in range(_STEPS):
        gradient, bend = _derivatives(slopes, x, weights)
        step = np.linalg.solve(bend, gradient)
        scale = 1.0
        while (new := _likelihood(slopes + scale * step, x, weights)) < value and scale > 1e-6:
            scale /= 2
        slopes = slopes + scale * step
        done = abs(new - value) <= 1e-10 * (1 + abs(value))
        value = new
        if done:
            break
    _, bend = _derivatives(slopes, x, weights)
    inverse = np.linalg.inv(bend)
    scores = x * (weights * chance(-(x @ slopes)))[:, None]
    n_groups = int(codes.max()) + 1
    sums = np.zeros((n_groups, k))
    np.add.at(sums, codes, scores)
    small = n_groups / max(1, n_groups - 1) * (n - 1) / max(1, n - k)
    robust = inverse @ (sums.T @ sums) @ inverse * small
    errors = np.sqrt(np.maximum(np.diag(robust), np.diag(inverse)))
    return Fit(slopes, errors, float(max(1, n_groups - 1)))


@lru_cache(maxsize=256)
def _quantile(confidence: float, degrees: float) -> float:
    """Remember the quantile, whose series is slow: all slopes of one fit have the same degrees."""
    return student_quantile(confidence, degrees)


def chance(log_odds: Floats) -> Floats:
    """Return the chance of each log-odds, without overflow."""
    shrunk = np.exp(-np.abs(log_odds))
    return np.asarray(np.where(log_odds >= 0, 1.0, shrunk) / (1.0 + shrunk))


def _likelihood(slopes: Floats, x: Floats, weights: Floats) -> float:
    lost = float(weights @ np.logaddexp(0.0, -(x @ slopes)))
    prior = 0.5 * float(np.sum(np.logaddexp(0.0, -slopes) + np.logaddexp(0.0, slopes)))
    return -lost - prior


def _derivatives(slopes: Floats, x: Floats, weights: Floats) -> tuple[Floats, Floats]:
    p, own = chance(x @ slopes), chance(slopes)
    gradient = x.T @ (weights * (1.0 - p)) + 0.5 - own
    bend = (x * (weights * p * (1.0 - p))[:, None]).T @ x + np.diag(own * (1.0 - own) + 1e-12)
    return gradient, bend


def mean_of(
    values: Floats, weights: Floats, codes: NDArray[np.int64], confidence: float = 0.95
) -> Estimate:
    """Return a weighted mean with its interval of Student's t, clustered by group."""
    mean, error, n_groups = _clustered(values, weights, codes)
    reach = _quantile(confidence, float(max(1, n_groups - 1))) * error
    return Estimate(value=mean, low=mean - reach, high=mean + reach, n=len(values))


def share_of(
    hits: Floats, weights: Floats, codes: NDArray[np.int64], confidence: float = 0.95
) -> Estimate:
    """Return a weighted share with the Wilson interval of as many trials as its groups are worth.

    Args:
        hits: 1 for a success, 0 for none, one half for a tie.
        weights: How much each counts.
        codes: Group of each.
        confidence: Of the interval.
    """
    mean, error, n_groups = _clustered(hits, weights, codes)
    mean = min(1.0, max(0.0, mean))
    trials = float(weights.sum() ** 2 / (weights @ weights))
    if error > 0:
        trials = min(trials, mean * (1 - mean) / error**2)
    else:
        trials = min(trials, float(n_groups))
    trials = max(1.0, trials)
    found = wilson(mean * trials, trials, confidence)
    return Estimate(value=mean, low=found.low, high=found.high, n=len(hits))


def _clustered(
    values: Floats, weights: Floats, codes: NDArray[np.int64]
) -> tuple[float, float, int]:
    """Return a weighted mean, its standard error, and the number of groups."""
    total = float(weights.sum())
    mean = float(weights @ values) / total
    sums = np.bincount(codes, weights=weights * (values - mean))
    n_groups = len(sums)
    error = math.sqrt(float(sums @ sums) * n_groups / max(1, n_groups - 1)) / total
    return mean, error, n_groups
