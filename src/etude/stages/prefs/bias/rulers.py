"""Rulers: judges that read nothing, and how often they agree with the choices of a data set.

Whatever claims to know which answer is better has to beat the best of them.
"""

import hashlib
from collections.abc import Callable, Mapping, Sequence

import msgspec
import numpy as np
from numpy.typing import NDArray

from etude.stages.prefs.bias.features import FIRST, NAMES, differences
from etude.stages.prefs.choices import Choice
from etude.stages.prefs.intervals import Estimate
from etude.stages.prefs.logistic import fit_choices, group_codes, mean_of, share_of

Floats = NDArray[np.float64]
Scorer = Callable[[str, str], float]
"""Takes a prompt and an answer, and returns how good the answer is."""

RULERS: Mapping[str, Mapping[str, float]] = {
    "always longer": {"length": 1.0},
    "always shorter": {"length": -1.0},
    "always first": {FIRST: 1.0},
    "most lists and bold": {"lists": 1.0, "bold": 1.0},
    "fewest lists and bold": {"lists": -1.0, "bold": -1.0},
    "fewest refusals": {"refusal": -1.0},
    "most refusals": {"refusal": 1.0},
    "fewest `as an AI`": {"as_an_ai": -1.0},
    "most flattery and agreement": {"flattery": 1.0, "agreement": 1.0},
}
"""What each ruler adds up; the answer with more of it is the better one."""
TOGETHER = "all features together"
"""The ruler that is fitted: the joint logistic model on other prompts than those it judges."""
_FOLDS = 5


class Ruler(msgspec.Struct, frozen=True, kw_only=True):
    """How often one ruler is right."""

    name: str
    accuracy: Estimate
    """Share of choices that it gets right; where it sees no difference it tosses a coin."""
    n_decided: int
    """Choices in which it sees a difference."""
    decided: Estimate | None
    """Accuracy among these; `None` when there are none."""


class Lift(msgspec.Struct, frozen=True, kw_only=True):
    """What a scorer knows beyond the best ruler."""

    accuracy: Estimate
    """Of the scorer."""
    ruler: str
    """The best ruler on the same choices."""
    ruler_accuracy: Estimate
    lift: Estimate
    """Accuracy of the scorer less that of the ruler, over the same choices."""


def measure_rulers(choices: Sequence[Choice], confidence: float = 0.95) -> list[Ruler]:
    """Return every ruler, the best first; `always first` only where positions are known.

    Args:
        choices: At least one.
        confidence: Of the intervals.
    """
    return rulers_of(differences(choices), choices, confidence)


def rulers_of(x: Floats, choices: Sequence[Choice], confidence: float = 0.95) -> list[Ruler]:
    """Return what `measure_rulers` does, from differences that are known already."""
    weights, codes = weights_of(choices), group_codes([choice.group for choice in choices])
    found = []
    for name, margins in _margins(x, choices).items():
        decided = margins != 0
        hits = (np.sign(margins) + 1) / 2
        some = decided & (weights > 0)
        found.append(
            Ruler(
                name=name,
                accuracy=share_of(hits, weights, codes, confidence),
                n_decided=int(decided.sum()),
                decided=share_of(hits[some], weights[some], _packed(codes[some]), confidence)
                if some.any()
                else None,
            )
        )
    return sorted(found, key=lambda ruler: -ruler.accuracy.value)


def lift_of(choices: Sequence[Choice], scorer: Scorer, confidence: float = 0.95) -> Lift:
    """Return what a scorer knows beyond the best ruler.

    The best ruler is picked on the same choices, which flatters the ruler and never the scorer.

    Args:
        choices: That the scorer has not learnt from; at least one.
        scorer: Called twice for each choice.
        confidence: Of the intervals.
    """
    scores = [
        scorer(choice.prompt, choice.chosen) - scorer(choice.prompt, choice.rejected)
        for choice in choices
    ]
    hits = (np.sign(np.array(scores, dtype=np.float64)) + 1) / 2
    weights, codes = weights_of(choices), group_codes([choice.group for choice in choices])
    x = differences(choices)
    best = rulers_of(x, choices, confidence)[0]
    ruler_hits = (np.sign(_margins(x, choices)[best.name]) + 1) / 2
    return Lift(
        accuracy=share_of(hits, weights, codes, confidence),
        ruler=best.name,
        ruler_accuracy=best.accuracy,
        lift=mean_of(hits - ruler_hits, weights, codes, confidence),
    )


def weights_of(choices: Sequence[Choice]) -> Floats:
    """Return how much each choice counts."""
    return np.array([choice.weight for choice in choices])


def _margins(x: Floats, choices: Sequence[Choice]) -> dict[str, Floats]:
    margins = {}
    for name, shares in RULERS.items():
        if FIRST in shares and not x[:, 0].any():
            continue
        margins[name] = sum(
            (share * x[:, NAMES.index(column)] for column, share in shares.items()),
            start=np.zeros(len(x)),
        )
    margins[TOGETHER] = _out_of_fold(x, choices)
    return margins


def _out_of_fold(x: Floats, choices: Sequence[Choice]) -> Floats:
    """Return the log-odds of each choice under the joint model of all other folds of prompts."""
    folds = np.array([_fold(choice.group) for choice in choices])
    weights = weights_of(choices)
    codes = group_codes([choice.group for choice in choices])
    margins = np.zeros(len(x))
    for fold in range(_FOLDS):
        rest = folds != fold
        if rest.all() or not (rest & (weights > 0)).any():
            continue
        fit = fit_choices(x[rest], weights[rest], _packed(codes[rest]))
        margins[~rest] = x[~rest] @ fit.slopes
    return margins


def _fold(group: str) -> int:
    digest = hashlib.sha256(group.encode("utf-8", "surrogatepass")).digest()
    return digest[0] % _FOLDS


def _packed(codes: NDArray[np.int64]) -> NDArray[np.int64]:
    """Number the groups that are left from 0 on."""
    return np.unique(codes, return_inverse=True)[1].astype(np.int64).ravel()
