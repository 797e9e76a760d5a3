"""The grams of benchmark items, in a table that the kernel looks them up in."""

import ctypes
from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from etude.stages.corpus.kernel._library import library
from etude.stages.corpus.kernel._texts import Texts
from etude.stages.corpus.kernel.digest import at, strings
from etude.stages.corpus.kernel.reference import minhash as reference
from etude.stages.corpus.kernel.shingles import count_words, hash_shingles

Int32s = npt.NDArray[np.int32]
Int64s = npt.NDArray[np.int64]


class Hits(NamedTuple):
    """Which items were found in which texts."""

    text: Int32s
    """[pairs]: number of the text; grows."""
    item: Int32s
    """[pairs]: number of the item; grows within a text."""
    n_hits: Int32s
    """[pairs]: at how many places of the text a gram of the item begins."""
    n_places: Int64s
    """[texts]: at how many places a gram of any item begins."""


class _Grams(ctypes.Structure):
    """struct grams of contamination.h."""

    _fields_ = (
        ("mask", ctypes.c_int64),
        ("hashes", ctypes.c_void_p),
        ("slots", ctypes.c_void_p),
        ("filter", ctypes.c_void_p),
        ("n_widths", ctypes.c_int64),
        ("widths", ctypes.c_void_p),
    )


class GramIndex:
    """The grams of benchmark items: every run of `n` words of each."""

    def __init__(self, items: Sequence[str], *, n: int = 13, least: int = 13) -> None:
        """Take the items up.

        Args:
            items: Their texts.
            n: Words in a gram.
            least: An item of fewer than `n` words but of so many is one gram as a whole; a shorter
                one is never found.
        """
        hashes, item, widths, self.too_short = _item_grams(items, n, min(n, least))
        """`too_short`: items that are never found, for they have too few words."""
        pairs = np.empty(len(hashes), dtype=[("gram", np.uint64), ("item", np.int32)])
        pairs["gram"], pairs["item"] = hashes, item
        pairs = np.unique(pairs)
        self.hashes, starts = np.unique(pairs["gram"], return_index=True)
        """Of the different grams, sorted."""
        self.offsets: Int64s = np.append(starts, len(pairs)).astype(np.int64)
        """[grams + 1]: items of gram i are `items[offsets[i]:offsets[i + 1]]`."""
        self.items: Int32s = pairs["item"].copy()
        self.widths: Int64s = np.array(widths, dtype=np.int64)
        """How many words the grams have."""
        self._fill()

    def _fill(self) -> None:
        slots = 1024
        while slots < 2 * len(self.hashes):
            slots *= 2
        self._slots = np.zeros(slots, dtype=np.int32)
        self._filter = np.zeros(slots * 8 // 64, dtype=np.uint64)
        self.table = _Grams(
            slots - 1,
            at(self.hashes),
            at(self._slots),
            at(self._filter),
            len(self.widths),
            at(self.widths),
        )
        """The same for the kernel."""
        kernel = library()
        if kernel is not None:
            kernel.etude_grams_fill(
                at(self.hashes),
                ctypes.c_int64(len(self.hashes)),
                ctypes.c_int64(slots - 1),
                at(self._slots),
                at(self._filter),
            )

    def __len__(self) -> int:
        return len(self.hashes)


def _item_grams(
    items: Sequence[str], n: int, least: int
) -> tuple[npt.NDArray[np.uint64], Int32s, list[int], list[int]]:
    """Return hashes of grams and their items, the widths that occur, and items without any."""
    texts = Texts.of(pa.array(items, type=pa.string()))
    n_words = count_words(texts)
    width = np.where(n_words >= n, n, np.where(n_words >= least, n_words, 0))
    hashes = [np.zeros(0, dtype=np.uint64)]
    item = [np.zeros(0, dtype=np.int32)]
    widths = [int(w) for w in np.unique(width)[::-1] if w > 0]
    for each in widths:
        chosen = np.flatnonzero(width == each)
        some = Texts.of(pa.array([items[k] for k in chosen.tolist()], type=pa.string()))
        offsets, found = hash_shingles(some, each, as_grams=True)
        hashes.append(found)
        item.append(np.repeat(chosen, np.diff(offsets)).astype(np.int32))
    too_short = np.flatnonzero(width == 0).tolist()
    return np.concatenate(hashes), np.concatenate(item), widths, too_short


def gather(index: GramIndex, text: Int32s, gram: Int32s, n_places: Int64s) -> Hits:
    """Count hits of items, from hits of their grams."""
    n_items = index.offsets[gram + 1] - index.offsets[gram]
    texts = np.repeat(text.astype(np.int64), n_items)
    first = np.cumsum(n_items) - n_items
    places = np.repeat(index.offsets[gram] - first, n_items) + np.arange(len(texts))
    pairs, counts = np.unique(texts << 32 | index.items[places], return_counts=True)
    return Hits(
        (pairs >> 32).astype(np.int32),
        (pairs & 0xFFFFFFFF).astype(np.int32),
        counts.astype(np.int32),
        n_places,
    )


def find_in_python(texts: Texts, index: GramIndex) -> Hits:
    """Do by the reference what the kernel does."""
    number = {hashed: k for k, hashed in enumerate(index.hashes.tolist())}
    rows: list[int] = []
    grams: list[int] = []
    n_places = np.zeros(len(texts), dtype=np.int64)
    for row, text in enumerate(strings(texts)):
        hashes = [h for width in index.widths.tolist() for h in reference.grams(text, width)]
        found = [number[h] for h in hashes if h in number]
        rows.extend([row] * len(found))
        grams.extend(found)
        n_places[row] = len(found)
    return gather(index, np.array(rows, dtype=np.int32), np.array(grams, dtype=np.int32), n_places)
