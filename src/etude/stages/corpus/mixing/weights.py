"""Weights of domains in closed form, and what they come to when a domain may not be read often.

Sizes and budgets are in any one unit: tokens, words or bytes.
"""

from collections.abc import Mapping

import msgspec
import numpy as np
import numpy.typing as npt

from etude.errors import ConfigError

Numbers = npt.NDArray[np.float64]


class Share(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What a plan takes of one domain."""

    domain: str
    available: float
    """Its unique size."""
    wanted_weight: float
    """Its share of the budget as it was asked for; all of them sum to 1."""
    taken: float
    """How much of it is read, repeats counted."""
    weight: float
    """Its share of all that is read."""
    epochs: float
    """How many times it is read: `taken / available`."""


class Plan(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """How much of each domain is read."""

    budget: float
    taken: float
    """All that is read; less than the budget when every domain is at its cap."""
    shares: tuple[Share, ...]

    @property
    def shortfall(self) -> float:
        """How much of the budget the domains cannot fill."""
        return self.budget - self.taken


def natural(sizes: Mapping[str, float]) -> dict[str, float]:
    """Return weights in proportion to size.

    Raises:
        ConfigError: A size is negative, or all are 0.
    """
    return tempered(sizes, 1.0)


def tempered(sizes: Mapping[str, float], temperature: float) -> dict[str, float]:
    """Return weights in proportion to size to the power 1/temperature.

    1 is natural; towards infinity all domains that hold anything weigh the same.

    Raises:
        ConfigError: The temperature is not positive, a size is negative, or all are 0.
    """
    if not temperature > 0:
        raise ConfigError(f"a temperature must be positive, and is {temperature}")
    values = _values(sizes, "sizes")
    shares = np.zeros(len(values))
    shares[values > 0] = (values[values > 0] / values.max()) ** (1 / temperature)
    return dict(zip(sizes, (shares / shares.sum()).tolist(), strict=True))


def unimax(sizes: Mapping[str, float], budget: float, max_epochs: float) -> dict[str, float]:
    """Return weights as even as `max_epochs` allows (UniMax, Chung et al., 2023).

    Raises:
        ConfigError: A size is negative, all are 0, or budget or cap is not positive.
    """
    even = dict.fromkeys(sizes, 1.0)
    return {share.domain: share.weight for share in plan(sizes, even, budget, max_epochs).shares}


def plan(
    sizes: Mapping[str, float],
    weights: Mapping[str, float],
    budget: float = 0,
    max_epochs: float = 0,
) -> Plan:
    """Return how much to read of each domain, so that the shares come as close as they can.

    What a domain at its cap cannot give is shared out among the others by their weights.

    Args:
        sizes: Unique size of each domain.
        weights: What share of the budget each is wanted to have; they need not sum to 1, and a
            domain without one is left out.
        budget: How much to read; 0 means as much as can be read with these very shares and
            nothing read more than `max_epochs` times (once, where there is no cap).
        max_epochs: How often any domain may be read; 0 means no cap.

    Raises:
        ConfigError: A number is negative, all are 0, or a weight is of an unknown domain.
    """
    if unknown := sorted(set(weights) - set(sizes)):
        known = ", ".join(sorted(sizes)[:20])
        raise ConfigError(
            f"no documents are in {unknown[0]!r}, which has a weight (there: {known})"
        )
    if budget < 0 or max_epochs < 0:
        raise ConfigError("budget and max_epochs must not be negative")
    available = _values(sizes, "sizes")
    wanted = _values({name: weights.get(name, 0.0) for name in sizes}, "weights")
    wanted = np.where(available > 0, wanted, 0)
    if not wanted.sum():
        raise ConfigError("no domain that holds anything has a weight above 0")
    wanted = wanted / wanted.sum()
    there = wanted > 0
    budget = budget or float((available[there] / wanted[there]).min()) * (max_epochs or 1.0)
    caps = available * max_epochs if max_epochs else np.full(len(available), np.inf)
    taken = fill(wanted, np.where(there, caps, 0.0), budget)
    total = float(taken.sum())
    return Plan(
        budget=budget,
        taken=total,
        shares=tuple(
            Share(
                domain=name,
                available=float(available[i]),
                wanted_weight=float(wanted[i]),
                taken=float(taken[i]),
                weight=float(taken[i] / total),
                epochs=float(taken[i] / available[i]) if available[i] else 0.0,
            )
            for i, name in enumerate(sizes)
        ),
    )


def fill(wanted: npt.ArrayLike, caps: npt.ArrayLike, budget: float) -> Numbers:
    """Share a budget out in proportion to `wanted`, none above its cap: min(level · wanted, cap).

    The one level that spends the budget is found exactly; when all caps together are less, each
    is at its cap.
    """
    weights, limits = np.asarray(wanted, dtype=float), np.asarray(caps, dtype=float)
    limits = np.where(weights > 0, limits, 0.0)
    if limits.sum() <= budget:
        return limits
    with np.errstate(divide="ignore", invalid="ignore"):
        levels = np.where(weights > 0, limits / weights, np.inf)
    order = np.argsort(levels, kind="stable")
    spent, left = 0.0, float(weights.sum())
    for index in order:
        if spent + levels[index] * left >= budget:
            break
        spent += float(limits[index])
        left -= float(weights[index])
    level = (budget - spent) / left
    filled: Numbers = np.minimum(np.where(weights > 0, level * weights, 0.0), limits)
    return filled


def _values(table: Mapping[str, float], what: str) -> Numbers:
    values = np.array(list(table.values()), dtype=float)
    if not len(values) or not np.isfinite(values).all() or (values < 0).any() or not values.sum():
        raise ConfigError(f"{what} of domains must be numbers of 0 or more, and not all 0")
    return values
