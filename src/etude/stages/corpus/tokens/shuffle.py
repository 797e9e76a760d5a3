"""Chance that can be asked for at any place: of a number, never of what was drawn before."""

from typing import Any

import numpy as np
import numpy.typing as npt

_ROUNDS = 6
_GOLDEN = np.uint64(0x9E3779B97F4A7C15)


def mix(values: npt.ArrayLike, seed: int) -> npt.NDArray[np.uint64]:
    """Return 64 bits of chance for each number (splitmix64, started from `seed`)."""
    start = np.uint64(int(seed) * 0x9E3779B97F4A7C15 % (1 << 64))
    with np.errstate(over="ignore"):
        x = np.asarray(values, dtype=np.uint64) * _GOLDEN + _scramble(start + _GOLDEN)
        bits: npt.NDArray[np.uint64] = _scramble(_scramble(x) + _GOLDEN)
    return bits


def chance(seed: int, first: int, n: int) -> npt.NDArray[np.float64]:
    """Return a number in [0, 1) for each of `n` things numbered from `first`, float64 [n]."""
    bits = mix(np.arange(first, first + n, dtype=np.uint64), seed)
    return (bits >> np.uint64(11)).astype(np.float64) / float(1 << 53)


def permuted(places: npt.ArrayLike, n: int, seed: int) -> npt.NDArray[np.int64]:
    """Return which of `n` things stands at each place of an order that `seed` draws.

    No table of the order is kept: a balanced Feistel network permutes a power of four, and what
    falls outside is sent through again until it falls inside.

    Args:
        places: Places in [0, n), int64 [k].
        n: How many things there are.
        seed: Which order.
    """
    x = np.asarray(places, dtype=np.uint64)
    if n < 2:
        return x.astype(np.int64)
    half = np.uint64(((n - 1).bit_length() + 1) // 2)
    keys = mix(np.arange(_ROUNDS), seed ^ 0x5DEECE66D)
    x = _feistel(x, half, keys)
    while (outside := x >= n).any():
        x[outside] = _feistel(x[outside], half, keys)
    return x.astype(np.int64)


def _feistel(
    x: npt.NDArray[np.uint64], half: np.uint64, keys: npt.NDArray[np.uint64]
) -> npt.NDArray[np.uint64]:
    low = np.uint64((1 << int(half)) - 1)
    left, right = x >> half, x & low
    for key in keys:
        with np.errstate(over="ignore"):
            left, right = right, left ^ (_scramble(right + key) & low)
    return (left << half) | right


def _scramble(x: Any) -> Any:
    with np.errstate(over="ignore"):
        x = (x ^ (x >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
        x = (x ^ (x >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
        return x ^ (x >> np.uint64(31))
