"""Difference: what B changes against A, over runs that differ in their seed and in nothing else."""

import math
from collections.abc import Sequence

import msgspec
import numpy as np
import numpy.typing as npt

from etude.errors import ConfigError
from etude.value.statistics.student import cdf, quantile

_DRAWS = 10_000


class Difference(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The mean of paired differences, and how sure it is."""

    mean: float
    low: float
    """Bounds by Student's t; infinite with a single pair, which JSON has as null."""
    high: float
    low_drawn: float
    """Bounds by drawing the pairs anew (the bootstrap), widened for their small number. They never
    leave what was seen: of three pairs they hold the truth three times in four at most."""
    high_drawn: float
    p_value: float
    """Of no difference, by Student's t, both sides; 1 with a single pair."""
    n: int
    """Pairs."""
    level: float
    """Of the intervals, such as 0.95."""

    @property
    def is_sure(self) -> bool:
        """Whether the interval by Student's t leaves out zero, with three pairs or more.

        Two pairs that happen to differ alike would leave no doubt.
        """
        return self.n > 2 and (self.low > 0 or self.high < 0)


def paired(
    a: Sequence[float], b: Sequence[float], *, level: float = 0.95, seed: int = 0
) -> Difference:
    """Return how much B is above A, pair by pair.

    Args:
        a: Values of A, one for each seed.
        b: Values of B, for the same seeds in the same order.
        level: Of the intervals.
        seed: Of the pairs that are drawn.

    Raises:
        ConfigError: There are no pairs, not as many of A as of B, or a value is no number.
    """
    if len(a) != len(b) or not len(a):
        raise ConfigError(f"a difference needs pairs: there are {len(a)} values and {len(b)}")
    gaps = np.asarray(b, dtype=float) - np.asarray(a, dtype=float)
    if not np.isfinite(gaps).all():
        raise ConfigError("a difference cannot be taken: a value is no finite number")
    n, mean = len(gaps), float(gaps.mean())
    if n == 1:
        return Difference(
            mean=mean, low=-math.inf, high=math.inf, low_drawn=-math.inf, high_drawn=math.inf,
            p_value=1.0, n=1, level=level,
        )  # fmt: skip
    error = float(gaps.std(ddof=1)) / math.sqrt(n)
    half = quantile((1 + level) / 2, n - 1) * error
    low, high = _drawn(gaps, level, seed)
    return Difference(
        mean=mean,
        low=mean - half,
        high=mean + half,
        low_drawn=low,
        high_drawn=high,
        p_value=_p_value(mean, error, n),
        n=n,
        level=level,
    )


def holm(p_values: Sequence[float]) -> list[float]:
    """Return p-values of several questions, adjusted so that all hold together (Holm, 1979).

    >>> holm([0.01, 0.04, 0.03])
    [0.03, 0.06, 0.06]
    """
    n, worst = len(p_values), 0.0
    adjusted = [1.0] * n
    for rank, place in enumerate(sorted(range(n), key=p_values.__getitem__)):
        worst = max(worst, min(1.0, (n - rank) * p_values[place]))
        adjusted[place] = worst
    return adjusted


def _p_value(mean: float, error: float, n: int) -> float:
    if not error:
        return 0.0 if mean else 1.0
    return 2 * cdf(-abs(mean / error), n - 1)


def _drawn(gaps: npt.NDArray[np.float64], level: float, seed: int) -> tuple[float, float]:
    """Return percentiles of means of pairs drawn with replacement, expanded for a small number.

    Plain percentiles are too narrow with few pairs; those of Hesterberg (2015) stand further out,
    where the t interval would stand with normal values.
    """
    n = len(gaps)
    chance = np.random.Generator(np.random.PCG64(seed))
    means = gaps[chance.integers(0, n, (_DRAWS, n))].mean(axis=1)
    reach = quantile((1 + level) / 2, n - 1) * math.sqrt(n / (n - 1))
    outside = 0.5 * math.erfc(reach / math.sqrt(2))
    low, high = np.quantile(means, (outside, 1 - outside))
    return float(low), float(high)
