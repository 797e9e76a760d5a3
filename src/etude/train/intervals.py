"""Intervals: how far to trust a share or a mean that was counted."""

import math
from collections.abc import Sequence

from etude.train.manifest import Bin, Figure

_Z = 1.959964
"""Normal deviate of a 95 % interval."""


def share(n_right: float, n: int) -> Figure:
    """Return a share with its Wilson interval; ties may count half.

    >>> found = share(8, 10)
    >>> [round(at, 3) for at in (found.value, found.low, found.high)]
    [0.8, 0.49, 0.943]
    """
    if not n:
        return Figure(value=math.nan)
    p, z2 = n_right / n, _Z * _Z
    middle = (p + z2 / (2 * n)) / (1 + z2 / n)
    half = _Z * math.sqrt(p * (1 - p) / n + z2 / (4 * n * n)) / (1 + z2 / n)
    return Figure(value=p, low=max(0.0, middle - half), high=min(1.0, middle + half), n=n)


def mean(values: Sequence[float]) -> Figure:
    """Return a mean with its normal interval; the values must not depend on each other."""
    n = len(values)
    if not n:
        return Figure(value=math.nan)
    middle = math.fsum(values) / n
    if n < 2:
        return Figure(value=middle, n=n)
    spread = math.fsum((value - middle) ** 2 for value in values) / (n - 1)
    half = _Z * math.sqrt(spread / n)
    return Figure(value=middle, low=middle - half, high=middle + half, n=n)


def reliability(
    predicted: Sequence[float], came_true: Sequence[bool], n_bins: int = 10
) -> tuple[Bin, ...]:
    """Return how often what was predicted came true, by bins of equal width; empty ones are out."""
    found = []
    for number in range(n_bins):
        inside = [
            at for at, p in enumerate(predicted) if min(int(p * n_bins), n_bins - 1) == number
        ]
        if inside:
            n = len(inside)
            found.append(
                Bin(
                    predicted=math.fsum(predicted[at] for at in inside) / n,
                    observed=sum(came_true[at] for at in inside) / n,
                    n=n,
                )
            )
    return tuple(found)


def calibration_error(bins: Sequence[Bin]) -> float:
    """Return the expected calibration error (Naeini et al. 2015): mean gap, weighed by count."""
    n = sum(one.n for one in bins)
    return math.fsum(one.n * abs(one.predicted - one.observed) for one in bins) / n if n else 0.0
