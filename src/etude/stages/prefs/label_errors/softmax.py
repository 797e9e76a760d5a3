"""Softmax regression on hashed features, and its chances out of fold."""

import hashlib
from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from etude.stages.prefs.label_errors.hashed import Floats, Ints, Rows

_STEPS = 150


def fit_softmax(
    rows: Rows, labels: Ints, n_classes: int, *, penalty: float = 1.0, intercept: bool = True
) -> Floats:
    """Return weights of (columns + 1, classes), the last row the intercepts.

    Nesterov's accelerated descent on the mean loss with a quadratic penalty.

    Args:
        rows: Features.
        labels: Class of each row.
        n_classes: How many there are.
        penalty: Weight of the squared weights, as one row counts.
        intercept: Whether classes may differ without any feature; without it, turning the sign of
            a row and swapping two classes are the same.
    """
    n = rows.n_rows
    wanted = np.zeros((n, n_classes))
    wanted[np.arange(n), labels] = 1.0
    pull = penalty / n
    rate = 1.0 / (0.5 * (_largest(rows) + (1.0 if intercept else 0.0)) + pull)
    weights = ahead = np.zeros((rows.n_columns + 1, n_classes))
    momentum = 1.0
    for _ in range(_STEPS):
        rest = (chances(rows, ahead) - wanted) / n
        gradient = np.zeros_like(ahead)
        gradient[:-1] = rows.transposed_times(rest) + pull * ahead[:-1]
        if intercept:
            gradient[-1] = rest.sum(axis=0)
        new = ahead - rate * gradient
        following = (1.0 + (1.0 + 4.0 * momentum**2) ** 0.5) / 2.0
        ahead = new + (momentum - 1.0) / following * (new - weights)
        if np.sum(gradient * (new - weights)) > 0:
            ahead, following = new, 1.0
        done = float(np.abs(gradient).max()) < 1e-6
        weights, momentum = new, following
        if done:
            break
    return weights


def chances(rows: Rows, weights: Floats) -> Floats:
    """Return the chance of each class, (rows, classes)."""
    scores = rows.times(weights[:-1]) + weights[-1]
    scores = np.exp(scores - scores.max(axis=1, keepdims=True))
    return np.asarray(scores / scores.sum(axis=1, keepdims=True))


def fold_codes(groups: Sequence[str], n_folds: int, seed: int) -> Ints:
    """Return the fold of each item; items of one group always share it."""
    codes = []
    for group in groups:
        text = f"{seed}/{group}".encode("utf-8", "surrogatepass")
        codes.append(int.from_bytes(hashlib.sha256(text).digest()[:4]) % n_folds)
    return np.array(codes, dtype=np.int64)


def out_of_fold(
    rows: Rows, labels: Ints, n_classes: int, folds: Ints, *, intercept: bool = True
) -> Floats:
    """Return the chance of each class of each row, by models that have not seen its fold."""
    found = np.full((rows.n_rows, n_classes), 1.0 / n_classes)
    for fold in np.unique(folds):
        rest, mine = np.flatnonzero(folds != fold), np.flatnonzero(folds == fold)
        if len(rest):
            weights = fit_softmax(rows.take(rest), labels[rest], n_classes, intercept=intercept)
            found[mine] = chances(rows.take(mine), weights)
    return found


def _largest(rows: Rows) -> float:
    """Return the largest eigenvalue of the mean outer product of rows, a little over-estimated."""
    vector: NDArray[np.float64] = np.random.default_rng(0).random((rows.n_columns, 1))
    size = 1e-12
    for _ in range(12):
        vector = vector / max(1e-12, float(np.linalg.norm(vector)))
        vector = rows.transposed_times(rows.times(vector)) / rows.n_rows
        size = max(1e-12, float(np.linalg.norm(vector)))
    return 1.1 * size
