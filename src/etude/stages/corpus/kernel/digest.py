"""128-bit digests of texts and of their lines or paragraphs, for finding equal ones.

Two xxHash64 with different seeds. They protect against chance, not against someone who makes
collisions on purpose.
"""

import ctypes
from collections.abc import Iterator
from typing import Literal, NamedTuple

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from etude.stages.corpus.kernel._library import library
from etude.stages.corpus.kernel._texts import Texts
from etude.stages.corpus.kernel.reference import digest as reference

Fold = Literal["", "case", "space", "both"]
FOLDS: dict[str, int] = {"": 0, "space": 1, "case": 2, "both": 3}
"""Differences that do not count -> their bits in simplify.h."""


class LineDigests(NamedTuple):
    """Digests of the lines or paragraphs of texts."""

    offsets: npt.NDArray[np.int64]
    """[texts + 1]: those of text i are offsets[i] to offsets[i + 1]."""
    digests: npt.NDArray[np.uint64]
    """[lines, 2]: without the whitespace around each."""
    spans: npt.NDArray[np.int64]
    """[lines, 2]: first and last byte + 1 within the text; together they leave nothing out."""


def digests(values: pa.Array | pa.ChunkedArray, fold: Fold = "") -> npt.NDArray[np.uint64]:
    """Return a digest of each text, uint64 [texts, 2].

    Args:
        values: Strings; a null counts as empty.
        fold: Differences that do not count: of letter case, of white space, or both.

    Raises:
        MemoryError: There is none.
    """
    texts = Texts.of(values)
    found = np.zeros((len(texts), 2), dtype=np.uint64)
    kernel = library()
    if kernel is None:
        for row, text in enumerate(strings(texts)):
            found[row] = reference.digest(text, fold)
    elif kernel.etude_digests(
        at(texts.data), at(texts.offsets), ctypes.c_int64(len(texts)), FOLDS[fold], at(found)
    ):
        raise MemoryError
    return found


def line_digests(
    values: pa.Array | pa.ChunkedArray,
    *,
    unit: Literal["line", "paragraph"] = "line",
    fold: Fold = "",
) -> LineDigests:
    """Return digests of the lines of each text, or of its paragraphs.

    A line ends after its line feed. A paragraph ends after the blank lines that follow it.

    Raises:
        MemoryError: There is none.
    """
    texts = Texts.of(values)
    kernel = library()
    if kernel is None:
        return _line_digests_in_python(texts, unit, fold)
    kernel.etude_line_digests.restype = ctypes.c_int64
    offsets = np.zeros(len(texts) + 1, dtype=np.int64)
    room = int((texts.data == ord("\n")).sum()) + len(texts) if unit == "line" else len(texts) * 8
    while True:
        found = np.zeros((room, 2), dtype=np.uint64)
        spans = np.zeros((room, 2), dtype=np.int64)
        n = kernel.etude_line_digests(
            at(texts.data),
            at(texts.offsets),
            ctypes.c_int64(len(texts)),
            int(unit == "paragraph"),
            FOLDS[fold],
            ctypes.c_int64(room),
            at(offsets),
            at(found),
            at(spans),
        )
        if n < 0:
            raise MemoryError
        if n <= room:
            return LineDigests(offsets, found[:n], spans[:n])
        room = n


def _line_digests_in_python(texts: Texts, unit: str, fold: Fold) -> LineDigests:
    offsets = [0]
    found: list[tuple[int, int]] = []
    spans: list[tuple[int, int]] = []
    for text in strings(texts):
        for start, end, digest in reference.line_digests(text, unit == "paragraph", fold):
            found.append(digest)
            spans.append((start, end))
        offsets.append(len(found))
    return LineDigests(
        np.array(offsets, dtype=np.int64),
        np.array(found, dtype=np.uint64).reshape(-1, 2),
        np.array(spans, dtype=np.int64).reshape(-1, 2),
    )


def strings(texts: Texts) -> Iterator[str]:
    """Yield the texts, for the reference."""
    for index in range(len(texts)):
        yield texts.text(index).decode()


def at(values: npt.NDArray[np.generic]) -> ctypes.c_void_p:
    """Return where an array's values are, for the kernel."""
    return ctypes.c_void_p(values.ctypes.data)
