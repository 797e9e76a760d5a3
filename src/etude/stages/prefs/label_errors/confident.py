"""Confident learning: which labels a model that did not learn from them contradicts.

Source: Northcutt, Jiang and Chuang, Confident learning: estimating uncertainty in dataset labels,
JAIR 70 (2021), arXiv:1911.00068, sections 3.1 and 3.2.
"""

import numpy as np
from numpy.typing import NDArray

from etude.stages.prefs.label_errors.hashed import Floats, Ints


def likely_labels(labels: Ints, chances: Floats) -> Ints:
    """Return the class that each item confidently belongs to, or -1 when it does so to none.

    An item may belong to a class when the chance of it is at least the mean chance of the class
    among the items that are labelled so; of several, the likeliest counts.

    Args:
        labels: Given class of each item.
        chances: Out of sample, (items, classes).
    """
    n_classes = chances.shape[1]
    bars = np.array(
        [
            chances[labels == j, j].mean() if (labels == j).any() else np.inf
            for j in range(n_classes)
        ]
    )
    eligible = chances >= bars - 1e-9
    best = np.where(eligible, chances, -1.0).argmax(axis=1)
    return np.where(eligible.any(axis=1), best, -1).astype(np.int64)


def confident_joint(labels: Ints, chances: Floats) -> Floats:
    """Return the estimated joint share of given labels (rows) and true labels (columns).

    Counts of likely labels are scaled so that each row has the share of its given label.
    """
    n_classes = chances.shape[1]
    likely = likely_labels(labels, chances)
    joint = np.zeros((n_classes, n_classes))
    sure = likely >= 0
    np.add.at(joint, (labels[sure], likely[sure]), 1.0)
    given = np.bincount(labels, minlength=n_classes) / len(labels)
    empty = joint.sum(axis=1) == 0
    joint[empty, empty] = 1.0
    return np.asarray(joint / joint.sum(axis=1, keepdims=True) * given[:, None])


def find_suspects(labels: Ints, chances: Floats) -> NDArray[np.bool_]:
    """Return which items confidently belong to another class than they are labelled."""
    likely = likely_labels(labels, chances)
    disagree = chances.argmax(axis=1) != labels
    return np.asarray((likely >= 0) & (likely != labels) & disagree)


def self_confidence(labels: Ints, chances: Floats) -> Floats:
    """Return the chance of each item's given label: the lower, the more suspect."""
    return np.asarray(chances[np.arange(len(labels)), labels])


def area_under_curve(scores: Floats, positive: NDArray[np.bool_]) -> float:
    """Return the chance that a positive item has a higher score than another one; ties are half.

    NaN when there are none of either.
    """
    n_positive = int(positive.sum())
    n_negative = len(positive) - n_positive
    if not n_positive or not n_negative:
        return float("nan")
    _, places, counts = np.unique(scores, return_inverse=True, return_counts=True)
    ranks = (np.cumsum(counts) - (counts - 1) / 2)[places.ravel()]
    beaten = float(ranks[positive].sum()) - n_positive * (n_positive + 1) / 2
    return beaten / (n_positive * n_negative)
