"""Classifier: what label a text most likely bears, from hashed sequences of its words."""

from pathlib import Path
from typing import Self

import msgspec
import numpy as np
import numpy.typing as npt
import pyarrow as pa

from etude.errors import RecordError
from etude.stages.corpus.kernel import linear
from etude.stages.corpus.kernel._texts import Texts
from etude.stages.corpus.kernel.linear import Shape
from etude.stages.corpus.learned import _file
from etude.stages.corpus.learned.metrics import Measured

_KIND = "classifier"
STEPS = 1 << 16
"""Weights are whole numbers of 1/65536, so that every machine adds them up to the same sum."""

Probabilities = npt.NDArray[np.float32]


class Examples(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What a classifier learned one label from."""

    label: str
    n_texts: int
    """Those kept for checking included."""
    n_bytes: int
    sha256: str
    """Over the texts' digests, sorted."""


class ClassifierCard(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What a classifier's file says of it."""

    labels: tuple[str, ...]
    shape: Shape
    bias: tuple[float, ...]
    slope: float
    """Calibration: probabilities are those of `slope * score + shift`."""
    shift: float
    settings: str
    """Every setting of its training, JSON."""
    examples: tuple[Examples, ...]
    n_epochs: int
    """After how many passes the kept weights stood."""
    checked: Measured
    """On texts that neither training nor calibration saw."""


class Classifier:
    """Scores texts. Made by `train_classifier`, or read from a file."""

    def __init__(self, card: ClassifierCard, weights: npt.NDArray[np.int32]) -> None:
        self.card = card
        self._weights = weights

    @property
    def labels(self) -> tuple[str, ...]:
        """Names of the labels, in the order of the columns of `score`."""
        return self.card.labels

    def score(self, texts: pa.Array | pa.ChunkedArray) -> Probabilities:
        """Return the probability of each label for each text, float32 [texts, labels]."""
        sums, counts = linear.sums(self.card.shape, self._weights, Texts.of(texts))
        scores = raw_scores(sums, counts, self.card.bias)
        return probabilities(scores, self.card.slope, self.card.shift)

    def column(self, label: str) -> int:
        """Return the place of a label; an empty name is the last one (`good`).

        Raises:
            RecordError: The classifier does not know the label.
        """
        if not label:
            return len(self.labels) - 1
        if label not in self.labels:
            raise RecordError(f"the classifier knows {', '.join(self.labels)}, and no {label!r}")
        return self.labels.index(label)

    def save(self, path: Path) -> None:
        """Write the classifier to one file, whole or not at all.

        Raises:
            ConfigError: The file cannot be written.
        """
        _file.save(path, _KIND, self.card, {"weights": self._weights})

    @classmethod
    def load(cls, path: Path) -> Self:
        """Read a classifier from its file.

        Raises:
            RecordError: It is no classifier, or damaged.
        """
        card, arrays = _file.load(path, _KIND, ClassifierCard)
        weights = arrays.get("weights")
        columns = column_count(len(card.labels))
        fault = card.shape.fault()
        if (
            fault
            or weights is None
            or weights.dtype != np.int32
            or weights.shape != (1 << card.shape.bits, columns)
            or not 1 <= columns == len(card.bias) <= linear.MAX_COLUMNS
        ):
            raise RecordError(f"{path} is damaged: its weights do not fit its settings")
        return cls(card, weights.astype(np.int32, copy=False))


def column_count(n_labels: int) -> int:
    """Return how many numbers a feature has: one is enough to tell two labels apart."""
    return 1 if n_labels == 2 else n_labels


def raw_scores(
    sums: npt.NDArray[np.int64], counts: npt.NDArray[np.int64], bias: npt.ArrayLike
) -> npt.NDArray[np.float64]:
    """Return the mean weight of each text's features, with the bias [texts, columns]."""
    means: npt.NDArray[np.float64] = sums / (np.maximum(counts, 1)[:, None] * STEPS)
    return means + np.asarray(bias, dtype=np.float64)


def probabilities(scores: npt.NDArray[np.float64], slope: float, shift: float) -> Probabilities:
    """Return calibrated probabilities [texts, labels]."""
    logits = slope * scores
    if scores.shape[1] == 1:
        logits = np.concatenate((np.zeros_like(logits), logits + shift), axis=1)
    logits = logits - logits.max(axis=1, keepdims=True)
    shares = np.exp(logits)
    result: Probabilities = (shares / shares.sum(axis=1, keepdims=True)).astype(np.float32)
    return result
