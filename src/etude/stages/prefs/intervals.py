"""Estimates with their intervals, and the few distributions that these need.

Everything here is closed form or a short series: no statistics package is needed at run time.
"""

import math
from collections.abc import Callable, Sequence
from statistics import NormalDist

import msgspec
import numpy as np
from numpy.typing import NDArray


class Estimate(msgspec.Struct, frozen=True, kw_only=True):
    """A number and how far to trust it."""

    value: float
    low: float
    """Lower bound of the interval."""
    high: float
    """Upper bound of the interval."""
    n: int
    """What it rests on: items, ratings or pairs, as whoever made it says."""

    @property
    def half_width(self) -> float:
        """Half the length of the interval."""
        return (self.high - self.low) / 2


def normal_quantile(confidence: float) -> float:
    """Return the normal deviate that leaves the rest evenly on both sides.

    >>> round(normal_quantile(0.95), 6)
    1.959964

    Raises:
        ValueError: The confidence does not lie within (0, 1).
    """
    if not 0.0 < confidence < 1.0:
        raise ValueError(f"a confidence lies between 0 and 1, got {confidence}")
    return NormalDist().inv_cdf(0.5 + confidence / 2)


def normal_tail(z: float) -> float:
    """Return the chance that a standard normal deviate is `z` or more."""
    return 0.5 * math.erfc(z / math.sqrt(2.0))


def incomplete_beta(a: float, b: float, x: float) -> float:
    """Return the regularised incomplete beta function I_x(a, b), by Lentz's continued fraction.

    Source: Abramowitz and Stegun 26.5.8; relative error below 1e-12 for a, b up to 1e6.
    """
    if x <= 0.0 or x >= 1.0:
        return 0.0 if x <= 0.0 else 1.0
    if x > (a + 1.0) / (a + b + 2.0):
        return 1.0 - incomplete_beta(b, a, 1.0 - x)
    front = math.lgamma(a + b) - math.lgamma(a) - math.lgamma(b)
    front = math.exp(front + a * math.log(x) + b * math.log1p(-x)) / a
    tiny = 1e-300
    c, d = 1.0, 1.0 / _away(1.0 - (a + b) * x / (a + 1.0), tiny)
    total = d
    for m in range(1, 20_000):
        for step in (
            m * (b - m) * x / ((a + 2 * m - 1.0) * (a + 2 * m)),
            -(a + m) * (a + b + m) * x / ((a + 2 * m) * (a + 2 * m + 1.0)),
        ):
            d = 1.0 / _away(1.0 + step * d, tiny)
            c = _away(1.0 + step / c, tiny)
            total *= c * d
        if abs(c * d - 1.0) < 1e-15:
            break
    return front * total


def _away(value: float, tiny: float) -> float:
    """Keep a denominator away from zero."""
    return value if abs(value) > tiny else tiny


def beta_quantile(share: float, a: float, b: float) -> float:
    """Return the x at which I_x(a, b) is `share`, by Newton's method within a closing bracket."""
    low, high, x = 0.0, 1.0, a / (a + b)
    scale = math.lgamma(a + b) - math.lgamma(a) - math.lgamma(b)
    for _ in range(200):
        above = incomplete_beta(a, b, x) - share
        low, high = (low, x) if above > 0 else (x, high)
        slope = math.exp(scale + (a - 1) * math.log(x) + (b - 1) * math.log1p(-x))
        step = x - above / slope if slope > 0 else low
        # Where the slope misleads, halving the bracket always comes nearer.
        following = step if low < step < high else (low + high) / 2
        if abs(following - x) <= 1e-15 * x or not 0.0 < following < 1.0:
            return following
        x = following
    return x


def student_quantile(confidence: float, degrees: float) -> float:
    """Return the two-sided quantile of Student's t, as `normal_quantile` does of the normal."""
    x = beta_quantile(1.0 - confidence, degrees / 2, 0.5)
    return math.sqrt(degrees * (1.0 - x) / x)


def binomial_tail(k: int, n: int, p: float) -> float:
    """Return the exact chance of `k` or more successes in `n` trials of chance `p`."""
    if k <= 0:
        return 1.0
    return 0.0 if k > n else incomplete_beta(k, n - k + 1, p)


def binomial_two_sided(k: int, n: int, p: float = 0.5) -> float:
    """Return twice the smaller exact tail, at most 1."""
    return min(1.0, 2 * min(binomial_tail(k, n, p), 1.0 - binomial_tail(k + 1, n, p)))


def wilson(k: float, n: float, confidence: float = 0.95) -> Estimate:
    """Return a share with its Wilson score interval (Wilson 1927).

    Args:
        k: Successes; may be a sum of weights.
        n: Trials.
        confidence: Of the interval.

    Raises:
        ValueError: There was no trial, or more successes than trials.
    """
    if n <= 0 or not 0 <= k <= n * (1 + 1e-12):
        raise ValueError(f"a share needs 0 <= k <= n and n > 0, got k={k} n={n}")
    share = min(1.0, k / n)
    spread = normal_quantile(confidence) ** 2 / n
    middle = (share + spread / 2) / (1 + spread)
    reach = math.sqrt(spread * share * (1 - share) + spread**2 / 4) / (1 + spread)
    low = 0.0 if share == 0.0 else max(0.0, middle - reach)
    high = 1.0 if share == 1.0 else min(1.0, middle + reach)
    return Estimate(value=share, low=low, high=high, n=round(n))


def exact_share(k: int, n: int, confidence: float = 0.95) -> Estimate:
    """Return a share with its exact interval (Clopper and Pearson 1934).

    Raises:
        ValueError: There was no trial, or more successes than trials.
    """
    if n < 1 or not 0 <= k <= n:
        raise ValueError(f"a share needs 0 <= k <= n and n >= 1, got k={k} n={n}")
    rest = (1.0 - confidence) / 2
    low = 0.0 if k == 0 else beta_quantile(rest, k, n - k + 1)
    high = 1.0 if k == n else beta_quantile(1.0 - rest, k + 1, n - k)
    return Estimate(value=k / n, low=low, high=high, n=n)


def median_interval(values: Sequence[float], confidence: float = 0.95) -> Estimate:
    """Return the median with its interval of order statistics, which assumes no distribution.

    Raises:
        ValueError: There are no values.
    """
    if not values:
        raise ValueError("no median of no values")
    ordered = sorted(values)
    n = len(ordered)
    rest = (1.0 - confidence) / 2
    below = 0
    while below < n // 2 and 1.0 - binomial_tail(below + 1, n, 0.5) <= rest:
        below += 1
    depth = max(0, below - 1)
    middle = (ordered[(n - 1) // 2] + ordered[n // 2]) / 2
    return Estimate(value=middle, low=ordered[depth], high=ordered[n - 1 - depth], n=n)


def benjamini_hochberg(p_values: Sequence[float]) -> list[float]:
    """Return the q-value of each p-value: flagging q <= f keeps the false share of flags at f.

    Source: Benjamini and Hochberg 1995.
    """
    order = sorted(range(len(p_values)), key=lambda place: p_values[place], reverse=True)
    q_values = [1.0] * len(p_values)
    least = 1.0
    for n_above, place in enumerate(order):
        least = min(least, p_values[place] * len(p_values) / (len(p_values) - n_above))
        q_values[place] = least
    return q_values


def bootstrap_weights(n: int, n_draws: int, seed: int) -> NDArray[np.float64]:
    """Return how often each of `n` units falls into each draw with replacement.

    Returns:
        Array of (n_draws, n); every row sums to n.
    """
    rng = np.random.default_rng(seed)
    return rng.multinomial(n, np.full(n, 1.0 / n), size=n_draws).astype(np.float64)


def percentile_interval(
    value: float, draws: NDArray[np.float64], n: int, confidence: float = 0.95
) -> Estimate | None:
    """Return an estimate whose bounds are percentiles of its bootstrap draws.

    Draws in which the statistic is undefined are left out; `None` where it is undefined in the
    data itself or in more than half of the draws.
    """
    defined = draws[np.isfinite(draws)]
    if not math.isfinite(value) or len(defined) * 2 < len(draws):
        return None
    low, high = np.quantile(defined, [(1 - confidence) / 2, (1 + confidence) / 2])
    return Estimate(value=value, low=min(float(low), value), high=max(float(high), value), n=n)


def bootstrap(
    statistic: Callable[[NDArray[np.float64]], NDArray[np.float64]],
    n: int,
    *,
    n_draws: int = 1000,
    seed: int = 0,
    confidence: float = 0.95,
) -> Estimate | None:
    """Return a statistic of weighted units with its percentile bootstrap interval.

    Args:
        statistic: Takes weights of (draws, n) and returns one value a draw.
        n: Number of units, such as items.
        n_draws: Resamples.
        seed: Of the resampling.
        confidence: Of the interval.
    """
    if n == 0:
        return None
    value = float(statistic(np.ones((1, n)))[0])
    draws = [
        statistic(bootstrap_weights(n, min(100, n_draws - start), seed + start))
        for start in range(0, n_draws, 100)
    ]
    return percentile_interval(value, np.concatenate(draws), n, confidence)
