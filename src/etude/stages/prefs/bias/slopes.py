"""Slopes: how much each feature raises the odds of being chosen, alone and beside all others."""

from collections.abc import Sequence

import msgspec
import numpy as np
from numpy.typing import NDArray

from etude.stages.prefs.bias.features import NAMES, PER
from etude.stages.prefs.choices import Choice
from etude.stages.prefs.intervals import Estimate, benjamini_hochberg
from etude.stages.prefs.logistic import fit_choices, group_codes

Floats = NDArray[np.float64]
ENOUGH = 10
"""Choices in which a feature must differ before anything is said of it."""


class Slope(msgspec.Struct, frozen=True, kw_only=True):
    """What one feature is worth to raters, in log-odds."""

    feature: str
    per: str
    """The unit of it."""
    n_for: int
    """Choices in which the chosen answer had more of it."""
    n_against: int
    """Choices in which the rejected one had."""
    alone: Estimate | None
    """By itself; `None` when too few choices differ."""
    joint: Estimate | None
    """Beside all other features that differ often enough."""
    q: float
    """Of the joint slope: flagging all with q up to 0.05 keeps the false share of flags at that
    (Benjamini and Hochberg). 1 when there is no slope."""


def measure_slopes(x: Floats, choices: Sequence[Choice], confidence: float = 0.95) -> list[Slope]:
    """Return the slope of every feature, in the order of its columns.

    Args:
        x: Differences as `bias.features.differences` has them, (choices, features).
        choices: What they are of; at least one.
        confidence: Of the intervals.
    """
    weights = np.array([choice.weight for choice in choices])
    codes = group_codes([choice.group for choice in choices])
    often = [j for j in range(len(NAMES)) if int((x[:, j] != 0).sum()) >= ENOUGH]
    joint = fit_choices(x[:, often], weights, codes) if often else None
    p_values = [joint.p_value(place) for place in range(len(often))] if joint else []
    q_values = benjamini_hochberg(p_values)
    slopes = []
    for j, name in enumerate(NAMES):
        n_for, n_against = int((x[:, j] > 0).sum()), int((x[:, j] < 0).sum())
        alone = both = None
        q = 1.0
        if joint is not None and j in often:
            place = often.index(j)
            single = fit_choices(x[:, [j]], weights, codes)
            alone = single.estimate(0, n_for + n_against, confidence)
            both = joint.estimate(place, n_for + n_against, confidence)
            q = q_values[place]
        slopes.append(
            Slope(
                feature=name,
                per=PER[name],
                n_for=n_for,
                n_against=n_against,
                alone=alone,
                joint=both,
                q=q,
            )
        )
    return slopes
