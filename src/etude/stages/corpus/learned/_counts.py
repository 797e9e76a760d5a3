"""Count sequences of words, in memory that is bounded whatever the size of the text."""

from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from etude.stages.corpus.kernel import grams
from etude.stages.corpus.kernel.grams import Keys
from etude.stages.corpus.kernel.ngram import BEGIN, END, Words

_FIRST_MERGE = 1 << 20
"""Sequences that are waited for before they are merged into the table."""


class Counts(NamedTuple):
    """Distinct sequences of one length, sorted by key."""

    keys: Keys
    context: Keys
    """Key of all words but the last."""
    suffix: Keys
    """Key of all words but the first."""
    begins: npt.NDArray[np.bool_]
    """Whether the first word is the one before a text."""
    counts: npt.NDArray[np.int64]


class Counter:
    """Counts of sequences of one length. Rare ones are dropped when there are too many."""

    def __init__(self, most: int) -> None:
        self._most = most
        self._floor = 0
        self._table = _nothing()
        self._waiting: list[Counts] = []
        self._n_waiting = 0

    def add(self, counts: Counts) -> None:
        """Add sequences, with repeats."""
        reduced = _merge([counts])
        self._waiting.append(reduced)
        self._n_waiting += len(reduced.keys)
        if self._n_waiting > max(_FIRST_MERGE, len(self._table.keys)):
            self._settle()

    def finish(self) -> Counts:
        """Return the counts of everything that was added."""
        self._settle()
        return self._table

    def _settle(self) -> None:
        parts = [part for part in (self._table, *self._waiting) if len(part.keys)]
        if len(parts) == 1:  # each is in order by itself
            self._table = parts[0]
        elif parts:
            self._table = _merge(parts)
        self._waiting, self._n_waiting = [], 0
        while len(self._table.keys) > self._most:
            self._floor += 1
            kept = self._table.counts > self._floor
            table = self._table
            self._table = Counts(
                table.keys[kept],
                table.context[kept],
                table.suffix[kept],
                table.begins[kept],
                table.counts[kept],
            )


def sequences(words: Words, order: int) -> list[Counts]:
    """Return every sequence of 1 to `order` words within each text, its end included."""
    n_texts = len(words.ends)
    lengths = np.diff(words.ends, prepend=0)
    starts = np.concatenate(([0], np.cumsum(lengths + 2)))
    stream = np.zeros(starts[-1], dtype=np.uint64)
    place = np.arange(starts[-1]) - np.repeat(starts[:-1], lengths + 2)
    inner = (place > 0) & (place <= np.repeat(lengths, lengths + 2))
    stream[inner] = words.hashes
    stream[starts[:-1]] = BEGIN
    stream[starts[1:] - 1] = END
    if not n_texts:
        stream = np.zeros(0, dtype=np.uint64)
    found = []
    keys = np.full(len(stream), grams.WORDS, dtype=np.uint64)
    suffix = keys
    for n in range(1, order + 1):
        longer = np.zeros(len(stream), dtype=np.uint64)
        longer[n - 1 :] = grams.chain_all(keys[n - 1 :], stream[: max(0, len(stream) - n + 1)])
        longer[longer == 0] = 1
        suffix, keys = keys, longer
        there = np.flatnonzero((place >= n - 1) & (place > 0))
        context = suffix[there - 1] if n > 1 else np.zeros(len(there), dtype=np.uint64)
        found.append(
            Counts(
                keys[there],
                context,
                suffix[there],
                place[there] == n - 1,
                np.ones(len(there), dtype=np.int64),
            )
        )
    return found


def key_of_begin() -> int:
    """Return the key of the word before a text."""
    return grams.chain(grams.WORDS, BEGIN)


def _nothing() -> Counts:
    keys = np.zeros(0, dtype=np.uint64)
    return Counts(keys, keys, keys, np.zeros(0, dtype=np.bool_), np.zeros(0, dtype=np.int64))


def _merge(parts: list[Counts]) -> Counts:
    """Add up what several parts count of the same sequences."""
    keys, context, suffix, begins, counts = (
        np.concatenate(columns) for columns in zip(*parts, strict=True)
    )
    if not len(keys):
        return _nothing()
    order = np.argsort(keys)
    keys = keys[order]
    first = np.flatnonzero(np.concatenate(([True], keys[1:] != keys[:-1])))
    kept = order[first]
    totals = np.add.reduceat(counts[order], first)
    return Counts(keys[first], context[kept], suffix[kept], begins[kept], totals)
