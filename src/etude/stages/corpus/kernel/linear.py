"""A linear model over hashed parts of a text: the kernel's functions, and the same in Python."""

import ctypes
import math
from collections.abc import Iterator
from typing import NamedTuple

import msgspec
import numpy as np
import numpy.typing as npt

from etude.stages.corpus.kernel import grams
from etude.stages.corpus.kernel._library import library
from etude.stages.corpus.kernel._texts import Texts

MAX_COLUMNS = 64

Int32s = npt.NDArray[np.int32]
Int64s = npt.NDArray[np.int64]
Floats = npt.NDArray[np.float32]


class Shape(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What a linear model looks at."""

    bits: int = 21
    """2^bits rows of weights; features that share a row share a weight."""
    words: int = 2
    """Sequences of up to so many words are features; 0 leaves words out."""
    letters_from: int = 0
    """Parts of words of so many characters or more are features; 0 leaves them out."""
    letters_to: int = 0
    """The longest parts of words."""
    max_bytes: int = 0
    """Only the first so many bytes of a text count; 0 means all."""
    fold_case: bool = True
    """Whether A counts as a (ASCII)."""
    fold_digits: bool = False
    """Whether every digit counts as 0 (ASCII)."""

    def fault(self) -> str | None:
        """Say what is wrong with the settings, or nothing."""
        for name, least, most in (
            ("bits", 1, 28),
            ("words", 0, 8),
            ("letters_from", 0, 16),
            ("letters_to", self.letters_from, 16),
        ):
            if not least <= getattr(self, name) <= most:
                return f"{name} must be from {least} to {most}, and is {getattr(self, name)}"
        if self.max_bytes < 0:
            return f"max_bytes must not be negative, and is {self.max_bytes}"
        if not self.words and not self.letters_from:
            return "neither words nor parts of words would be looked at"
        return None

    def fold(self) -> bytes:
        """What each byte counts as."""
        return grams.fold_table(fold_case=self.fold_case, fold_digits=self.fold_digits)


class Fit(NamedTuple):
    """The numbers that training changes, and what it reads beside the texts."""

    weights: Floats
    """[2^bits, columns]"""
    squares: Floats
    bias: Floats
    """[columns]"""
    bias_squares: Floats
    labels: Int32s
    """[texts]"""
    label_weights: Floats
    """[labels]"""
    rate: float
    l2: float


class _Linear(ctypes.Structure):
    _fields_ = (
        ("fold", ctypes.c_char_p),
        *((name, ctypes.c_int64) for name in ("bits", "columns", "words")),
        *((name, ctypes.c_int64) for name in ("letters_from", "letters_to", "max_bytes")),
    )


class _LinearFit(ctypes.Structure):
    _fields_ = (
        *((name, ctypes.c_void_p) for name in Fit._fields[:6]),
        ("rate", ctypes.c_float),
        ("l2", ctypes.c_float),
    )


def sums(shape: Shape, weights: Int32s, texts: Texts) -> tuple[Int64s, Int64s]:
    """Return each text's sums of weights [texts, columns], and its number of features [texts].

    `weights` is [2^bits, columns] of whole numbers, so that the sums are the same to the bit
    whoever adds them up.
    """
    kernel = library()
    if kernel is None:
        return sums_in_python(shape, weights, texts)
    totals = np.zeros((len(texts), weights.shape[1]), dtype=np.int64)
    counts = np.zeros(len(texts), dtype=np.int64)
    kernel.linear_sums(
        ctypes.byref(_shape(shape, weights.shape[1])),
        _at(np.ascontiguousarray(weights)),
        _at(texts.data),
        _at(texts.offsets),
        ctypes.c_int64(len(texts)),
        _at(totals),
        _at(counts),
    )
    return totals, counts


def train_pass(shape: Shape, fit: Fit, texts: Texts, order: Int64s) -> float:
    """Go once over the texts in this order and change the weights; return the mean loss.

    Raises:
        MemoryError: There is none for the features of one text.
    """
    kernel = library()
    if kernel is None:
        return train_pass_in_python(shape, fit, texts, order)
    kernel.linear_pass.restype = ctypes.c_double
    loss: float = kernel.linear_pass(
        ctypes.byref(_shape(shape, fit.weights.shape[1])),
        ctypes.byref(_LinearFit(*(_at(values) for values in fit[:6]), fit.rate, fit.l2)),
        _at(texts.data),
        _at(texts.offsets),
        _at(order),
        ctypes.c_int64(len(order)),
    )
    if loss < 0:
        raise MemoryError
    return loss


def features(shape: Shape, text: bytes) -> Iterator[int]:
    """Yield the rows of a text's features, as the kernel finds them."""
    if shape.max_bytes:
        text = text[: shape.max_bytes]
    shift = 64 - shape.bits
    recent: list[int] = []
    for word in grams.read_words(text, shape.fold()):
        recent = [word.hash, *recent][: shape.words]
        key = grams.WORDS
        for word_hash in recent:
            key = grams.chain(key, word_hash)
            yield key >> shift
        if word.whole and shape.letters_from:
            for part in _parts(shape, word.letters):
                yield grams.chain(grams.LETTERS, grams.hash_letters(part)) >> shift


def sums_in_python(shape: Shape, weights: Int32s, texts: Texts) -> tuple[Int64s, Int64s]:
    """Do what `sums` does, without the kernel."""
    totals = np.zeros((len(texts), weights.shape[1]), dtype=np.int64)
    counts = np.zeros(len(texts), dtype=np.int64)
    for index in range(len(texts)):
        rows = np.fromiter(features(shape, texts.text(index)), dtype=np.int64)
        totals[index] = weights[rows].sum(axis=0, dtype=np.int64)
        counts[index] = len(rows)
    return totals, counts


def train_pass_in_python(shape: Shape, fit: Fit, texts: Texts, order: Int64s) -> float:
    """Do what `train_pass` does, without the kernel."""
    total = 0.0
    for index in order:
        rows = list(features(shape, texts.text(int(index))))
        columns = [
            math.fsum(float(weight) for weight in fit.weights[rows, column])
            for column in range(fit.weights.shape[1])
        ]
        scores = [
            (score / len(rows) if rows else 0.0) + float(bias)
            for score, bias in zip(columns, fit.bias, strict=True)
        ]
        label = int(fit.labels[index])
        loss, pulls = _gradients(scores, label)
        weight = float(fit.label_weights[label])
        total += weight * loss
        for column, pull in enumerate(pulls):
            step = np.float32(weight * pull)
            _adagrad(fit.bias, fit.bias_squares, column, step, fit)
            share = np.float32(weight * pull / len(rows)) if rows else np.float32(0)
            for row in rows:
                tied = share + np.float32(fit.l2) * fit.weights[row, column]
                _adagrad(fit.weights[row], fit.squares[row], column, tied, fit)
    return total / len(order) if len(order) else 0.0


def _parts(shape: Shape, letters: bytes) -> Iterator[bytes]:
    framed = b"<" + letters + b">"
    begins = [i for i, byte in enumerate(framed) if byte & 0xC0 != 0x80]
    ends = [*begins[1:], len(framed)]
    for first, start in enumerate(begins):
        for last in range(first + shape.letters_from - 1, first + shape.letters_to):
            if last < len(ends):
                yield framed[start : ends[last]]


def _gradients(scores: list[float], label: int) -> tuple[float, list[float]]:
    """Return the loss, and its derivative by each score."""
    if len(scores) == 1:
        signed = scores[0] if label else -scores[0]
        loss = math.log1p(math.exp(-abs(signed))) + max(-signed, 0.0)
        return loss, [(1 + math.tanh(scores[0] / 2)) / 2 - bool(label)]
    most = max(scores)
    total = math.fsum(math.exp(score - most) for score in scores)
    shares = [math.exp(score - most) / total for score in scores]
    return most + math.log(total) - scores[label], [
        share - (column == label) for column, share in enumerate(shares)
    ]


def _adagrad(weights: Floats, squares: Floats, at: int, pull: np.float32, fit: Fit) -> None:
    squares[at] += pull * pull
    if squares[at] > 0:
        weights[at] -= np.float32(fit.rate) * pull / np.sqrt(squares[at])


def _shape(shape: Shape, columns: int) -> _Linear:
    return _Linear(
        shape.fold(),
        shape.bits,
        columns,
        shape.words,
        shape.letters_from,
        shape.letters_to,
        shape.max_bytes,
    )


def _at(array: npt.NDArray[np.generic]) -> ctypes.c_void_p:
    return ctypes.c_void_p(array.ctypes.data)
