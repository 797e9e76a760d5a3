"""How good a classifier is: figures over texts that it has not seen."""

import msgspec
import numpy as np
import numpy.typing as npt

Numbers = npt.NDArray[np.float64]
Labels = npt.NDArray[np.int32]


class AtThreshold(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What keeping everything that scores at least `threshold` would do."""

    threshold: float
    kept_share: float
    """Of all texts, those that score as high."""
    precision: float
    """Of those, the ones that bear the label; 0 when there are none."""
    recall: float
    """Of the texts that bear the label, those that score as high."""


class Measured(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A classifier's figures."""

    n_texts: int
    accuracy: float
    """Share of texts whose likeliest label is the right one."""
    auc: float
    """Area under the ROC curve; with several labels the mean of each against the rest."""
    log_loss: float
    """Mean of -ln of the probability given to the right label."""
    brier: float
    """Mean squared error of the probabilities, summed over labels, halved."""
    calibration_error: float
    """Mean gap between the probability of the likeliest label and how often it is right, over
    fifteen bins of equal width."""
    thresholds: tuple[AtThreshold, ...] = ()
    """For the last label (`good`)."""


def auc(scores: npt.ArrayLike, positive: npt.ArrayLike) -> float:
    """Return how often a positive scores above a negative, a tie counting half; NaN if none."""
    values, yes = np.asarray(scores, dtype=np.float64), np.asarray(positive, dtype=bool)
    n_yes, n_no = int(yes.sum()), int((~yes).sum())
    if not n_yes or not n_no:
        return float("nan")
    _, inverse, counts = np.unique(values, return_inverse=True, return_counts=True)
    ranks = np.cumsum(counts) - (counts - 1) / 2
    return float((ranks[inverse][yes].sum() - n_yes * (n_yes + 1) / 2) / (n_yes * n_no))


def calibration_error(
    probabilities: Numbers, right: npt.NDArray[np.bool_], bins: int = 15
) -> float:
    """Return the expected calibration error of probabilities that something is right."""
    if not len(right):
        return 0.0
    bin_of = np.minimum((probabilities * bins).astype(np.int64), bins - 1)
    gap = np.bincount(bin_of, probabilities, bins) - np.bincount(bin_of, right, bins)
    return float(np.abs(gap).sum() / len(right))


def measure(probabilities: npt.NDArray[np.floating], labels: Labels) -> Measured:
    """Return the figures of probabilities [texts, labels] against the right labels."""
    shares = probabilities.astype(np.float64)
    likeliest = shares.argmax(axis=1)
    right = likeliest == labels
    given = shares[np.arange(len(labels)), labels]
    target = np.eye(shares.shape[1])[labels]
    columns = range(1, 2) if shares.shape[1] == 2 else range(shares.shape[1])
    return Measured(
        n_texts=len(labels),
        accuracy=float(right.mean()),
        auc=float(np.mean([auc(shares[:, column], labels == column) for column in columns])),
        log_loss=float(-np.log(np.maximum(given, 1e-12)).mean()),
        brier=float(((shares - target) ** 2).sum(axis=1).mean() / 2),
        calibration_error=calibration_error(shares.max(axis=1), right),
        thresholds=tuple(
            _at(shares[:, -1], labels == shares.shape[1] - 1, threshold)
            for threshold in (0.1, 0.25, 0.5, 0.75, 0.9, 0.95, 0.99)
        ),
    )


def _at(scores: Numbers, positive: npt.NDArray[np.bool_], threshold: float) -> AtThreshold:
    kept = scores >= threshold
    hits = int((kept & positive).sum())
    return AtThreshold(
        threshold=threshold,
        kept_share=float(kept.mean()),
        precision=hits / int(kept.sum()) if kept.any() else 0.0,
        recall=hits / int(positive.sum()) if positive.any() else 0.0,
    )
