"""Learning curve: loss against amount, a power law above a floor, and what the next data is worth.

L(n) = E + A · n^-a, as in the scaling laws (Hestness et al., 2017; Hoffmann et al., 2022). For each
exponent the rest is a line, so the whole set of laws that the data allow is found without a search
that could get stuck, and the intervals are those of the profile likelihood.
"""

import math
from collections.abc import Callable, Sequence
from typing import NamedTuple

import msgspec
import numpy as np
import numpy.typing as npt

from etude.errors import ConfigError
from etude.value.statistics.student import quantile

Numbers = npt.NDArray[np.float64]
_EXPONENTS = (0.01, 4.0)
_GRID = 400
_ZOOMS = 4


class Range(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A value and its interval."""

    value: float
    low: float
    high: float


class LearningCurve(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """How a loss falls as the amount of data grows, and how far the data say so."""

    floor: Range
    """E: what no amount takes away."""
    scale: float
    """A."""
    exponent: Range
    """a."""
    next_share: float
    """How much more data is asked about, such as 0.1."""
    next_gain: Range
    """How far the loss falls with so much more data than the largest amount."""
    largest: float
    """The largest amount that was tried."""
    residual: float
    """Standard deviation of what the law leaves over."""
    n: int
    level: float
    doubts: tuple[str, ...] = ()
    """What the data do not determine, in words; empty when they determine all."""

    def at(self, amount: float) -> float:
        """Return the loss at an amount."""
        return self.floor.value + self.scale * math.pow(amount, -self.exponent.value)

    def amount_for(self, loss: float) -> float:
        """Return the amount at which a loss is reached; infinite at the floor or below."""
        above = loss - self.floor.value
        if above <= 0 or self.scale <= 0:
            return math.inf
        return float((above / self.scale) ** (-1 / self.exponent.value))


class _Line(NamedTuple):
    """The best law for each exponent of a grid; neither floor nor scale is below 0."""

    exponents: Numbers
    floors: Numbers
    scales: Numbers
    rest: Numbers
    """Weighted sum of squares that is left."""
    tilt: Numbers
    """Change of the best scale for one more of floor."""
    stiff: Numbers
    """Growth of `rest` with the square of what the floor is off."""
    free_floors: Numbers
    """Best floor, were it free to be negative."""
    free_rest: Numbers


def fit_curve(
    amounts: Sequence[float],
    losses: Sequence[float],
    *,
    weights: Sequence[float] = (),
    level: float = 0.95,
    next_share: float = 0.1,
) -> LearningCurve:
    """Return the power law above a floor that fits best.

    Args:
        amounts: Of data, one for each run.
        losses: What each run came to.
        weights: How much each counts, such as one over its variance; none means all the same.
        level: Of the intervals.
        next_share: How much more data to value.

    Raises:
        ConfigError: There are fewer than four amounts, or a number is not positive and finite.
    """
    x, y, w = _checked(amounts, losses, weights)
    n = len(x)
    unit = float(np.exp(np.log(x).mean()))
    x = x / unit  # so that the scale is the loss above the floor in the middle of the data
    best, region = _zoom(x, y, w, level)
    top = float(x.max())
    gains = _span(region, lambda line, floors: _gain(line, floors, top, next_share))
    exponents = (float(region[0].exponents.min()), float(region[0].exponents.max()))
    floors = _span(region, lambda line, values: values)
    place = int(np.argmin(best.rest))
    a, floor, scale = (float(one[place]) for one in (best.exponents, best.floors, best.scales))
    gain = scale * top**-a * -math.expm1(-a * math.log1p(next_share))
    found = LearningCurve(
        floor=Range(value=floor, low=min(floors[0], floor), high=max(floors[1], floor)),
        scale=scale * unit**a,
        exponent=Range(value=a, low=exponents[0], high=exponents[1]),
        next_share=next_share,
        next_gain=Range(value=gain, low=min(gains[0], gain), high=max(gains[1], gain)),
        largest=float(max(amounts)),
        residual=math.sqrt(float(best.rest[place]) / (n - 3)) if n > 3 else 0.0,
        n=n,
        level=level,
    )
    return msgspec.structs.replace(found, doubts=tuple(_doubts(found)))


def draw_curves(
    amounts: Sequence[float], losses: Sequence[float], *, draws: int = 200, seed: int = 0
) -> list[LearningCurve]:
    """Return laws fitted to runs drawn anew within each amount, to see how far one can be trusted.

    Raises:
        ConfigError: As `fit_curve`.
    """
    chance = np.random.Generator(np.random.PCG64(seed))
    x, y = np.asarray(amounts, dtype=float), np.asarray(losses, dtype=float)
    groups = [np.flatnonzero(x == amount) for amount in np.unique(x)]
    found = []
    for _ in range(draws):
        chosen = np.concatenate([chance.choice(group, len(group)) for group in groups])
        found.append(fit_curve(x[chosen].tolist(), y[chosen].tolist()))
    return found


def _checked(
    amounts: Sequence[float], losses: Sequence[float], weights: Sequence[float]
) -> tuple[Numbers, Numbers, Numbers]:
    x, y = np.asarray(amounts, dtype=float), np.asarray(losses, dtype=float)
    w = np.asarray(weights, dtype=float) if len(weights) else np.ones(len(x))
    if len(x) != len(y) or len(x) != len(w):
        raise ConfigError("a learning curve needs a loss, and a weight if any, for each amount")
    if not (np.isfinite(x) & np.isfinite(y) & np.isfinite(w)).all():
        raise ConfigError("a learning curve needs finite numbers")
    if not (x > 0).all() or not (y > 0).all() or not (w > 0).all():
        raise ConfigError("amounts, losses and weights of a learning curve must be above 0")
    if len(np.unique(x)) < 4:
        raise ConfigError(
            f"a learning curve has three unknowns: it needs four amounts, not {len(np.unique(x))}"
        )
    return x, y, w * len(w) / w.sum()


def _zoom(x: Numbers, y: Numbers, w: Numbers, level: float) -> tuple[_Line, tuple[_Line, Numbers]]:
    """Return the best laws, and those that the data allow, each finer than a grid over all."""
    low, high = _EXPONENTS
    freedom = len(x) - 3
    reach = 1 + quantile((1 + level) / 2, freedom) ** 2 / freedom
    for _ in range(_ZOOMS):
        line = _line(x, y, w, np.geomspace(low, high, _GRID))
        least = float(line.rest.min())
        # Data without noise would leave a single point, and rounding decide which.
        limit = max(least * reach, least + 1e-18 * float((w * y * y).sum()))
        inside = np.flatnonzero(line.rest <= limit)
        first, last = max(inside[0] - 1, 0), min(inside[-1] + 1, _GRID - 1)
        if first == 0 and last == _GRID - 1:
            break
        low, high = float(line.exponents[first]), float(line.exponents[last])
    allowed = _Line(*(one[inside] for one in line))
    slack = np.sqrt(np.maximum(limit - allowed.free_rest, 0) / np.maximum(allowed.stiff, 1e-300))
    return line, (allowed, slack)


def _line(x: Numbers, y: Numbers, w: Numbers, exponents: Numbers) -> _Line:
    """Fit floor and scale for every exponent, in closed form."""
    powers = x[None, :] ** -exponents[:, None]
    total = w.sum()
    mean_p, mean_y = powers @ w / total, float(y @ w / total)
    spread = ((powers - mean_p[:, None]) ** 2) @ w
    together = (powers - mean_p[:, None]) @ (w * (y - mean_y))
    squares = (powers**2) @ w
    free_scale = together / spread
    free_floor = mean_y - free_scale * mean_p
    free_rest = np.maximum(float(w @ (y - mean_y) ** 2) - together**2 / spread, 0)
    # With the floor held at F, the best scale is `crossed - F · tilt`.
    crossed, tilt = powers @ (w * y) / squares, powers @ w / squares
    stiff = total - (powers @ w) ** 2 / squares
    ceiling = np.minimum(crossed / tilt, float(y @ w / total))
    floor = np.clip(free_floor, 0, np.maximum(ceiling, 0))
    scale = np.maximum(crossed - floor * tilt, 0)
    rest = free_rest + stiff * (floor - free_floor) ** 2
    return _Line(exponents, floor, scale, rest, tilt, stiff, free_floor, free_rest)


def _gain(line: _Line, floors: Numbers, top: float, share: float) -> Numbers:
    """Return what so much more data gains, for each exponent and a floor of it."""
    scales = np.maximum(line.scales - (floors - line.floors) * line.tilt, 0)
    gains: Numbers = scales * top**-line.exponents * -np.expm1(-line.exponents * np.log1p(share))
    return gains


def _span(
    region: tuple[_Line, Numbers], of: Callable[[_Line, Numbers], Numbers]
) -> tuple[float, float]:
    """Return the least and greatest value over all laws of a region; it is a line in the floor."""
    line, slack = region
    ends = [of(line, np.maximum(line.free_floors + sign * slack, 0.0)) for sign in (-1.0, 1.0)]
    both = np.concatenate(ends)
    return float(both.min()), float(both.max())


def _doubts(curve: LearningCurve) -> list[str]:
    """Say what the data leave open."""
    said = []
    least, most = _EXPONENTS
    if curve.exponent.low <= least * 1.001:
        said.append("the exponent is not determined: a logarithm fits as well")
    if curve.exponent.high >= most * 0.999:
        said.append("the exponent is not determined: the curve may already be flat")
    if curve.floor.low <= 0:
        said.append("no floor above 0 is shown: the loss may fall for ever")
    if curve.next_gain.low <= 0 or curve.next_gain.high > 4 * curve.next_gain.low:
        said.append("what more data is worth is not determined within a factor of 4")
    return said
