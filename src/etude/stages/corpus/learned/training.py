"""Train a classifier from examples, on one thread: the same examples and seed, the same bytes."""

import hashlib
from collections.abc import Iterable, Mapping

import msgspec
import numpy as np
import numpy.typing as npt
import pyarrow as pa

from etude.errors import ConfigError
from etude.stages.corpus.kernel import linear
from etude.stages.corpus.kernel._texts import Texts
from etude.stages.corpus.kernel.linear import Fit, Shape
from etude.stages.corpus.learned._calibration import calibrate, weighted_loss
from etude.stages.corpus.learned.classifier import (
    STEPS,
    Classifier,
    ClassifierCard,
    Examples,
    column_count,
    probabilities,
    raw_scores,
)
from etude.stages.corpus.learned.metrics import measure

Source = Iterable[pa.RecordBatch | pa.Array]
"""Batches with a column `text`, or string arrays."""

_CLIP = 127.0
"""Largest weight; single precision holds every step of 1/65536 up to there."""


class Training(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """How a classifier is trained: on words and pairs of words, as DCLM's by fastText."""

    shape: Shape = Shape()
    """What of a text is looked at."""
    rate: float = 1.0
    """Step of AdaGrad: how far the first example of a feature moves its weight."""
    l2: float = 1e-6
    """Pull of every weight towards 0; features that few examples have stay smaller."""
    epochs: int = 12
    """Most passes over the examples."""
    patience: int = 2
    """Passes without a better loss on the texts kept for stopping, after which training ends."""
    stop_share: float = 0.1
    """Share of texts kept for stopping and calibration."""
    check_share: float = 0.1
    """Share of texts kept for the figures, which nothing else ever sees."""
    balance: bool = True
    """Whether all labels weigh the same however many examples each has; else as they come."""
    max_texts: int = 0
    """Most examples of each label, drawn by the digest of their text; 0 takes all."""
    seed: int = 0

    def fault(self) -> str | None:
        """Say what is wrong with the settings, or nothing."""
        if not (0 < self.stop_share < 1 and 0 < self.check_share < 1):
            return "stop_share and check_share must be between 0 and 1"
        if self.stop_share + self.check_share >= 1:
            return "stop_share and check_share leave nothing to train on"
        if self.rate <= 0 or self.l2 < 0 or self.epochs < 1 or self.patience < 1:
            return "rate, epochs and patience must be positive, and l2 not negative"
        return self.shape.fault()


class _Gathered:
    """Examples in one run of bytes, each with its label and its digest."""

    def __init__(self) -> None:
        self.texts: list[pa.Array] = []
        self.labels: list[npt.NDArray[np.int32]] = []
        self.examples: list[Examples] = []
        self._digests: list[npt.NDArray[np.uint64]] = []

    def add(self, label: str, source: Source, settings: Training) -> None:
        """Read all examples of a label; keep `max_texts` of them."""
        parts, digests = [], []
        for batch in source:
            values = batch.column("text") if isinstance(batch, pa.RecordBatch) else batch
            parts.append(values.cast(pa.large_string()))
            digests.append(_digests(Texts.of(parts[-1])))
        if not parts or not sum(map(len, parts)):
            raise ConfigError(f"there are no examples of {label!r} to learn from")
        texts = pa.chunked_array(parts).combine_chunks()
        keys = np.concatenate(digests)
        if settings.max_texts and len(texts) > settings.max_texts:
            lowest = np.sort(np.argsort(_ranks(keys, settings.seed, 1))[: settings.max_texts])
            texts, keys = texts.take(pa.array(lowest)), keys[lowest]
        self.labels.append(np.full(len(texts), len(self.examples), dtype=np.int32))
        self.texts.append(texts)
        self._digests.append(keys[:, 0])
        self.examples.append(
            Examples(
                label=label,
                n_texts=len(texts),
                n_bytes=int(Texts.of(texts).sizes().sum()),
                sha256=hashlib.sha256(np.sort(keys[:, 0]).tobytes()).hexdigest(),
            )
        )

    def digests(self) -> npt.NDArray[np.uint64]:
        return np.concatenate(self._digests)[:, None]


def train_classifier(good: Source, bad: Source, settings: Training | None = None) -> Classifier:
    """Learn to tell good texts from bad ones; the labels are `bad` and `good`.

    Raises:
        ConfigError: There are too few examples, or the settings do not fit.
    """
    return train_labels({"bad": bad, "good": good}, settings)


def train_labels(sources: Mapping[str, Source], settings: Training | None = None) -> Classifier:
    """Learn to tell texts of several labels apart. All texts are held in memory.

    Equal texts always fall on the same side of the split, so that none is checked that was
    trained on.

    Raises:
        ConfigError: There are too few examples, or the settings do not fit.
    """
    settings = settings or Training()
    if fault := settings.fault():
        raise ConfigError(f"cannot train a classifier: {fault}")
    if not 2 <= len(sources) <= linear.MAX_COLUMNS:
        raise ConfigError(f"a classifier has 2 to {linear.MAX_COLUMNS} labels, not {len(sources)}")
    gathered = _Gathered()
    for label, source in sources.items():
        gathered.add(label, source, settings)
    texts = Texts.of(pa.chunked_array(gathered.texts))
    labels = np.concatenate(gathered.labels)
    parts = _split(gathered.digests(), settings)
    for part, what in zip(parts, ("train on", "stop by", "check with"), strict=True):
        for number, label in enumerate(sources):
            if not (labels[part] == number).any():
                raise ConfigError(f"too few examples of {label!r}: there is none to {what}")
    fit = _new_fit(labels, parts[0], settings)
    weights, bias, n_epochs = _train(fit, texts, parts, settings)
    stop = _scores(settings.shape, weights, bias, texts, parts[1])
    slope, shift = calibrate(stop, labels[parts[1]], fit.label_weights)
    check = _scores(settings.shape, weights, bias, texts, parts[2])
    card = ClassifierCard(
        labels=tuple(sources),
        shape=settings.shape,
        bias=tuple(float(value) for value in bias),
        slope=slope,
        shift=shift,
        settings=msgspec.json.encode(settings).decode(),
        examples=tuple(gathered.examples),
        n_epochs=n_epochs,
        checked=measure(probabilities(check, slope, shift), labels[parts[2]]),
    )
    return Classifier(card, weights)


def _train(
    fit: Fit, texts: Texts, parts: list[npt.NDArray[np.int64]], settings: Training
) -> tuple[npt.NDArray[np.int32], npt.NDArray[np.float32], int]:
    """Return the weights and the bias that did best on the texts kept for stopping."""
    labels = fit.labels[parts[1]]
    best, kept = np.inf, (_whole(fit.weights), fit.bias.copy(), 0)
    for epoch in range(1, settings.epochs + 1):
        order = parts[0][np.argsort(_ranks(parts[0][:, None], settings.seed, epoch + 10))]
        linear.train_pass(settings.shape, fit, texts, order)
        weights = _whole(fit.weights)
        scores = _scores(settings.shape, weights, fit.bias, texts, parts[1])
        loss = weighted_loss(probabilities(scores, 1.0, 0.0), labels, fit.label_weights)
        if loss < best:
            best, kept = loss, (weights, fit.bias.copy(), epoch)
        elif epoch - kept[2] >= settings.patience:
            break
    return kept


def _new_fit(
    labels: npt.NDArray[np.int32], trained: npt.NDArray[np.int64], settings: Training
) -> Fit:
    n_labels = int(labels.max()) + 1
    columns = column_count(n_labels)
    counts = np.bincount(labels[trained], minlength=n_labels)
    shares = len(trained) / (n_labels * counts) if settings.balance else np.ones(n_labels)
    table = (1 << settings.shape.bits, columns)
    return Fit(
        weights=np.zeros(table, dtype=np.float32),
        squares=np.zeros(table, dtype=np.float32),
        bias=np.zeros(columns, dtype=np.float32),
        bias_squares=np.zeros(columns, dtype=np.float32),
        labels=labels,
        label_weights=shares.astype(np.float32),
        rate=settings.rate,
        l2=settings.l2,
    )


def _scores(
    shape: Shape,
    weights: npt.NDArray[np.int32],
    bias: npt.NDArray[np.float32],
    texts: Texts,
    part: npt.NDArray[np.int64],
) -> npt.NDArray[np.float64]:
    """Score some of the texts, run by run of neighbours."""
    breaks = np.flatnonzero(np.diff(part) != 1) + 1
    results = []
    for run in np.split(part, breaks):
        offsets = np.ascontiguousarray(texts.offsets[run[0] : run[-1] + 2])
        results.append(linear.sums(shape, weights, Texts(texts.data, offsets)))
    sums = np.concatenate([sums for sums, _ in results])
    return raw_scores(sums, np.concatenate([counts for _, counts in results]), bias)


def _whole(weights: npt.NDArray[np.float32]) -> npt.NDArray[np.int32]:
    scaled: npt.NDArray[np.int32] = np.rint(np.clip(weights, -_CLIP, _CLIP) * STEPS).astype(
        np.int32
    )
    return scaled


def _split(digests: npt.NDArray[np.uint64], settings: Training) -> list[npt.NDArray[np.int64]]:
    """Return the numbers of the texts to train on, to stop by and to check with."""
    place = _ranks(digests, settings.seed, 2) / 2.0**64
    stop = place < settings.stop_share
    check = ~stop & (place < settings.stop_share + settings.check_share)
    return [np.flatnonzero(part).astype(np.int64) for part in (~stop & ~check, stop, check)]


def _digests(texts: Texts) -> npt.NDArray[np.uint64]:
    """Return the first eight bytes of each text's SHA-256, as a column."""
    values = b"".join(hashlib.sha256(texts.text(i)).digest()[:8] for i in range(len(texts)))
    return np.frombuffer(values, dtype="<u8").reshape(-1, 1)


def _ranks(
    keys: npt.NDArray[np.uint64] | npt.NDArray[np.int64], seed: int, use: int
) -> npt.NDArray[np.uint64]:
    """Return a number for each key that looks drawn by chance, and is the same on every machine."""
    offset = (seed * 64 + use) * 0x9E3779B97F4A7C15 & (1 << 64) - 1
    x: npt.NDArray[np.uint64] = keys[:, 0].astype(np.uint64) + np.uint64(offset)
    for shift, factor in ((30, 0xBF58476D1CE4E5B9), (27, 0x94D049BB133111EB)):
        x = (x ^ (x >> np.uint64(shift))) * np.uint64(factor)
    return x ^ (x >> np.uint64(31))
