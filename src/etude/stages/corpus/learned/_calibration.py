"""Make probabilities mean what they say: a slope and a shift fitted on texts kept aside."""

import numpy as np
import numpy.typing as npt

from etude.stages.corpus.learned.classifier import Probabilities, probabilities

_ROUNDS = 60


def calibrate(
    scores: npt.NDArray[np.float64],
    labels: npt.NDArray[np.int32],
    label_weights: npt.NDArray[np.float32],
) -> tuple[float, float]:
    """Return the slope and the shift with the least loss on held-out scores.

    Two labels get both (Platt, 1999); several get one temperature (Guo et al., 2017), and no
    shift. The targets of Platt are smoothed, so that perfectly parted scores stay finite.
    """
    weights = label_weights[labels].astype(np.float64)
    if scores.shape[1] > 1:
        return _temperature(scores, labels, label_weights), 0.0
    n_yes, n_no = int((labels == 1).sum()), int((labels == 0).sum())
    target = np.where(labels == 1, (n_yes + 1) / (n_yes + 2), 1 / (n_no + 2))
    inputs = np.stack((scores[:, 0], np.ones(len(scores))), axis=1)
    at = np.array([1.0, 0.0])
    for _ in range(_ROUNDS):
        shares = (1 + np.tanh(inputs @ at / 2)) / 2
        pull = inputs.T @ (weights * (shares - target))
        bend = (inputs * (weights * shares * (1 - shares))[:, None]).T @ inputs
        step = np.linalg.solve(bend + 1e-9 * np.eye(2), pull)
        at = at - step * min(1.0, 5.0 / max(float(np.abs(step).max()), 1e-12))
        if np.abs(step).max() < 1e-10:
            break
    if not np.isfinite(at).all() or at[0] <= 0:
        return 1.0, 0.0
    return float(at[0]), float(at[1])


def weighted_loss(
    shares: Probabilities,
    labels: npt.NDArray[np.int32],
    label_weights: npt.NDArray[np.float32],
) -> float:
    """Return the mean of -ln of the right label's probability, each text by its label's weight."""
    given = np.maximum(shares[np.arange(len(labels)), labels].astype(np.float64), 1e-12)
    return float(np.average(-np.log(given), weights=label_weights[labels]))


def _temperature(
    scores: npt.NDArray[np.float64],
    labels: npt.NDArray[np.int32],
    label_weights: npt.NDArray[np.float32],
) -> float:
    """Return the best slope by golden-section search between 1/64 and 64, in its logarithm."""
    low, high, ratio = -np.log(64), np.log(64), (np.sqrt(5) - 1) / 2

    def loss(at: float) -> float:
        return weighted_loss(probabilities(scores, float(np.exp(at)), 0.0), labels, label_weights)

    for _ in range(_ROUNDS):
        left, right = high - ratio * (high - low), low + ratio * (high - low)
        if loss(left) < loss(right):
            high = right
        else:
            low = left
    return float(np.exp((low + high) / 2))
