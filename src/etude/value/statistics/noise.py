"""Label noise: what wrong labels cost, and how many clean examples one noisy one is worth.

A set of n examples of which a share p is wrong teaches as much as n · w(p) clean ones; so
L(n, p) = E + A · (n · w(p))^-a with one floor and one exponent. For each exponent that is linear in
E and in one scale for each level of noise, and w follows from the scales.
"""

from collections.abc import Sequence
from typing import NamedTuple

import msgspec
import numpy as np
import numpy.typing as npt

from etude.errors import ConfigError
from etude.value.statistics.curve import Range
from etude.value.statistics.student import f_tail

Numbers = npt.NDArray[np.float64]
_EXPONENTS = np.geomspace(0.02, 3.0, 240)
_DRAWS = 400


class NoiseLevel(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What an example is worth at one level of noise."""

    noise: float
    """Share of labels that are wrong."""
    worth: Range
    """How many clean examples one of such a set is worth; 1 at no noise."""
    wrong_worth: Range
    """How many clean examples a wrong one alone is worth; below 0 it undoes what others teach."""
    instead: Range
    """How many examples of this level do the work of one clean one."""


class NoiseLaw(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Quality against quantity."""

    floor: float
    exponent: Range
    levels: tuple[NoiseLevel, ...]
    one_floor_p: float
    """p-value of one floor for all levels; near 0, noise costs what no amount makes up for."""
    n: int
    level: float


class _Fit(NamedTuple):
    exponent: float
    floor: float
    scales: Numbers
    rest: float


def fit_noise(
    amounts: Sequence[float],
    noises: Sequence[float],
    losses: Sequence[float],
    *,
    level: float = 0.95,
    seed: int = 0,
) -> NoiseLaw:
    """Return what noise costs, from runs with several amounts at several levels of it.

    Args:
        amounts: Examples of each run.
        noises: Share of them that is wrong; some must have none.
        losses: What each run came to.
        level: Of the intervals, by residuals drawn anew.
        seed: Of those draws.

    Raises:
        ConfigError: There is no level without noise, a level has fewer than two amounts, there are
            too few runs, or a number is out of its range.
    """
    x, p, y = (np.asarray(one, dtype=float) for one in (amounts, noises, losses))
    known, which = _check(x, p, y)
    unit = float(np.exp(np.log(x).mean()))
    x = x / unit
    best = _fit(x, which, y, len(known))
    fitted = _predict(best, x, which)
    # Residuals are smaller than errors by what the fit took up.
    freedom = len(y) - len(known) - 2
    residuals = (y - fitted) * np.sqrt(len(y) / freedom)
    residuals = residuals - residuals.mean()
    chance = np.random.Generator(np.random.PCG64(seed))
    drawn = [
        _fit(x, which, fitted + chance.choice(residuals, len(y)), len(known)) for _ in range(_DRAWS)
    ]
    worths = np.stack([_worths(one) for one in (best, *drawn)])
    tails = ((1 - level) / 2, (1 + level) / 2)
    exponents = np.array([one.exponent for one in drawn])
    low, high = np.quantile(exponents, tails)
    return NoiseLaw(
        floor=best.floor,
        exponent=Range(value=best.exponent, low=float(low), high=float(high)),
        levels=tuple(
            _level(float(noise), worths[:, place], tails) for place, noise in enumerate(known)
        ),
        one_floor_p=_one_floor(x, which, y, best, len(known)),
        n=len(y),
        level=level,
    )


def _check(x: Numbers, p: Numbers, y: Numbers) -> tuple[Numbers, npt.NDArray[np.int64]]:
    if not len(x) == len(p) == len(y):
        raise ConfigError("label noise needs an amount, a share of noise and a loss for each run")
    if not (np.isfinite(x) & np.isfinite(p) & np.isfinite(y)).all() or not (x > 0).all():
        raise ConfigError("label noise needs finite numbers, and amounts above 0")
    if not ((p >= 0) & (p < 1)).all():
        raise ConfigError("noise is a share from 0 to below 1")
    known, which = np.unique(p, return_inverse=True)
    if not len(known) or known[0] != 0 or len(known) < 2:
        raise ConfigError("label noise needs runs without noise (0) and runs with some")
    for place, noise in enumerate(known):
        if len(np.unique(x[which == place])) < 2:
            raise ConfigError(f"label noise needs two amounts at each level; {noise:g} has one")
    if len(y) < len(known) + 4:
        raise ConfigError(f"label noise needs at least {len(known) + 4} runs, not {len(y)}")
    return known, which.astype(np.int64)


def _fit(x: Numbers, which: npt.NDArray[np.int64], y: Numbers, n_levels: int) -> _Fit:
    """Return the best fit over all exponents: each is a line with one floor and several slopes."""
    powers = x[None, :] ** -_EXPONENTS[:, None]
    member = np.zeros((len(x), n_levels))
    member[np.arange(len(x)), which] = 1
    # Take the slopes out of each level, and what is left decides the floor.
    squares = powers**2 @ member
    along_y, along_1 = (powers * y) @ member, powers @ member
    left_1 = 1 - powers * (along_1 / squares)[:, which]
    left_y = y - powers * (along_y / squares)[:, which]
    floors = np.maximum((left_1 * left_y).sum(axis=1) / (left_1**2).sum(axis=1), 0)
    rest = ((left_y - floors[:, None] * left_1) ** 2).sum(axis=1)
    place = int(np.argmin(rest))
    scales = (along_y[place] - floors[place] * along_1[place]) / squares[place]
    return _Fit(
        float(_EXPONENTS[place]),
        float(floors[place]),
        np.maximum(scales, 1e-12),
        float(rest[place]),
    )


def _predict(fit: _Fit, x: Numbers, which: npt.NDArray[np.int64]) -> Numbers:
    fitted: Numbers = fit.floor + fit.scales[which] * x**-fit.exponent
    return fitted


def _worths(fit: _Fit) -> Numbers:
    with np.errstate(over="ignore"):
        worths: Numbers = (fit.scales / fit.scales[0]) ** (-1 / fit.exponent)
    return worths


def _level(noise: float, worths: Numbers, tails: tuple[float, float]) -> NoiseLevel:
    worth = _range(worths, tails)
    alone = (worths - (1 - noise)) / noise if noise else worths
    with np.errstate(divide="ignore"):
        instead = 1 / worths
    return NoiseLevel(
        noise=noise,
        worth=worth,
        wrong_worth=_range(alone, tails),
        instead=_range(instead, tails),
    )


def _range(values: Numbers, tails: tuple[float, float]) -> Range:
    low, high = np.quantile(values[1:], tails)
    return Range(value=float(values[0]), low=float(low), high=float(high))


def _one_floor(
    x: Numbers, which: npt.NDArray[np.int64], y: Numbers, best: _Fit, n_levels: int
) -> float:
    """Return the p-value of one floor against a floor for each level, at the same exponent."""
    rest = 0.0
    for place in range(n_levels):
        mine = which == place
        power = x[mine] ** -best.exponent
        columns = np.stack((np.ones(len(power)), power), axis=1)
        solved = np.linalg.lstsq(columns, y[mine], rcond=None)[0]
        rest += float(((y[mine] - columns @ solved) ** 2).sum())
    extra, freedom = n_levels - 1, len(y) - 2 * n_levels - 1
    if freedom < 1 or best.rest <= 1e-18 * float((y**2).sum()):
        return 1.0
    return f_tail(max(best.rest - rest, 0) / extra / max(rest / freedom, 1e-300), extra, freedom)
