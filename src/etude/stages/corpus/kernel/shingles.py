"""Hashes of every n words of simplified texts, as datatrove makes them."""

import ctypes

import numpy as np
import numpy.typing as npt

from etude.stages.corpus.kernel._library import library
from etude.stages.corpus.kernel._texts import Texts
from etude.stages.corpus.kernel.digest import at, strings
from etude.stages.corpus.kernel.reference import minhash as reference


def hash_shingles(
    texts: Texts, n_grams: int, *, as_grams: bool = False
) -> tuple[npt.NDArray[np.int64], npt.NDArray[np.uint64]]:
    """Return offsets [texts + 1] and the hashes of all shingles, in the order of the texts.

    As grams they have a hash that is quicker from one to the next; it is no one else's.

    Raises:
        MemoryError: There is none.
    """
    kernel = library()
    if kernel is None:
        hashed = reference.grams if as_grams else reference.shingles
        rows = [hashed(text, n_grams) for text in strings(texts)]
        offsets = np.cumsum([0, *map(len, rows)]).astype(np.int64)
        return offsets, np.array([h for row in rows for h in row], dtype=np.uint64)
    kernel.etude_shingles.restype = ctypes.c_int64
    offsets = np.zeros(len(texts) + 1, dtype=np.int64)
    room = int(texts.offsets[-1] - texts.offsets[0]) // 4 + 64
    while True:
        hashes = np.empty(room, dtype=np.uint64)
        n = kernel.etude_shingles(
            at(texts.data),
            at(texts.offsets),
            ctypes.c_int64(len(texts)),
            ctypes.c_int64(n_grams),
            int(as_grams),
            ctypes.c_int64(room),
            at(offsets),
            at(hashes),
        )
        if n < 0:
            raise MemoryError
        if n <= room:
            return offsets, hashes[:n]
        room = n


def count_words(texts: Texts) -> npt.NDArray[np.int64]:
    """Return how many words each simplified text has.

    Raises:
        MemoryError: There is none.
    """
    counts = np.zeros(len(texts), dtype=np.int64)
    kernel = library()
    if kernel is None:
        counts[:] = [len(reference.simple_words(text)) for text in strings(texts)]
    elif kernel.etude_word_counts(
        at(texts.data), at(texts.offsets), ctypes.c_int64(len(texts)), at(counts)
    ):
        raise MemoryError
    return counts
