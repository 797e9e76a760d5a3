"""What a handful of attempts says about an agent: pass@k and how far to trust a share."""

import math
from typing import NamedTuple

_Z_95 = 1.959963984540054
"""The normal deviate that leaves 2.5 % on either side."""


class Interval(NamedTuple):
    """Bounds of a share, both in [0, 1]."""

    low: float
    high: float


def pass_at_k(n: int, c: int, k: int) -> float:
    """Return the chance that at least one of `k` attempts solves a task.

    The unbiased estimator of Chen et al. 2021 (arXiv 2107.03374): of all ways to draw `k` of the
    `n` attempts made, the share that holds one of the `c` that solved it.

    >>> pass_at_k(4, 1, 2)
    0.5

    Raises:
        ValueError: `c` does not lie in [0, n], or `k` not in [1, n].
    """
    if not 0 <= c <= n or not 1 <= k <= n:
        raise ValueError(
            f"pass@k needs 0 <= c <= n and 1 <= k <= n, got n={n} c={c} k={k}; "
            "k attempts cannot be judged from fewer than k"
        )
    return 1.0 - math.comb(n - c, k) / math.comb(n, k)


def wilson_interval(share: float, n: int) -> Interval:
    """Return the 95 % Wilson interval of a share observed in `n` independent trials.

    Raises:
        ValueError: `share` lies outside [0, 1], or there was no trial.
    """
    if not 0.0 <= share <= 1.0 or n < 1:
        raise ValueError(f"an interval needs a share in [0, 1] of n >= 1, got {share} of {n}")
    spread = _Z_95**2 / n
    middle = (share + spread / 2) / (1 + spread)
    reach = math.sqrt(spread * share * (1 - share) + spread**2 / 4) / (1 + spread)
    # The bound is exact at the ends, where rounding would fall just short of it.
    low = 0.0 if share == 0.0 else max(0.0, middle - reach)
    high = 1.0 if share == 1.0 else min(1.0, middle + reach)
    return Interval(low, high)
