"""Interpolated modified Kneser-Ney smoothing (Chen and Goodman, 1998), over arrays of counts.

The longest sequences count how often they occurred; shorter ones how many different words stood
before them, unless they begin a text. Sequences too rare to be kept leave what they would have
had to the shorter ones, so that what follows any context still sums to 1.
"""

import itertools
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from etude.stages.corpus.kernel.grams import Keys
from etude.stages.corpus.kernel.ngram import END, ENTRY, Table, keys_of
from etude.stages.corpus.learned._counts import Counts, key_of_begin

Numbers = npt.NDArray[np.float64]
_USUAL = (0.5, 1.0, 1.5)
"""Discounts where counts of counts are too few to tell (as in KenLM)."""


class Smoothed(NamedTuple):
    """A model's numbers."""

    table: Table
    bits: int
    log_unknown: float
    n_kept: tuple[int, ...]


def smooth(counts: list[Counts], min_counts: tuple[int, ...]) -> Smoothed:
    """Return the table of all sequences that are kept: probabilities, and what they leave."""
    adjusted = _adjusted(counts)
    kept = _kept(counts, min_counts)
    first = counts[0]
    probabilities, unknown = _words(adjusted[0], kept[0])
    levels = [(first.keys[kept[0]], probabilities[kept[0]])]
    backs = [np.zeros(len(levels[0][0]))]
    begin = 0.0
    for n in range(1, len(counts)):
        lower_keys, lower = levels[-1]
        part = counts[n]
        contexts, context_of = np.unique(part.context, return_inverse=True)
        paid = np.where(kept[n], adjusted[n] - _discounts(adjusted[n]), 0.0)
        totals = np.bincount(context_of, adjusted[n], len(contexts))
        left = (totals - np.bincount(context_of, paid, len(contexts))) / totals
        keys = part.keys[kept[n]]
        shorter = lower[np.searchsorted(lower_keys, part.suffix[kept[n]])]
        own = context_of[kept[n]]
        levels.append((keys, paid[kept[n]] / totals[own] + left[own] * shorter))
        at, there = _find(lower_keys, contexts)
        backs[-1][at[there]] = np.log(left[there])
        backs.append(np.zeros(len(keys)))
        if n == 1:
            at_begin = np.flatnonzero(contexts == key_of_begin())
            begin = float(np.log(left[at_begin[0]])) if len(at_begin) else 0.0
    log_unknown = float(np.log(unknown))
    table, bits = _table(levels, backs, (log_unknown, begin))
    return Smoothed(table, bits, log_unknown, tuple(len(keys) for keys, _ in levels))


def _adjusted(counts: list[Counts]) -> list[Numbers]:
    """Turn the counts of all but the longest sequences into counts of what stood before."""
    result = []
    for part, longer in itertools.pairwise(counts):
        at, there = _find(part.keys, longer.suffix)
        before = np.bincount(at[there], minlength=len(part.keys))
        result.append(np.where(part.begins, part.counts, np.maximum(before, 1)).astype(np.float64))
    return [*result, counts[-1].counts.astype(np.float64)]


def _kept(counts: list[Counts], min_counts: tuple[int, ...]) -> list[npt.NDArray[np.bool_]]:
    """Choose sequences that are frequent enough and whose parts are kept too."""
    end = keys_of([END])[0]
    kept = [(counts[0].counts >= min_counts[0]) | (counts[0].keys == end)]
    for n in range(1, len(counts)):
        shorter = counts[n - 1].keys[kept[-1]]
        _, suffix_there = _find(shorter, counts[n].suffix)
        _, context_there = _find(shorter, counts[n].context)
        if n == 1:
            context_there |= counts[n].context == key_of_begin()
        kept.append((counts[n].counts >= min_counts[n]) & suffix_there & context_there)
    return kept


def _words(adjusted: Numbers, kept: npt.NDArray[np.bool_]) -> tuple[Numbers, float]:
    """Return the probability of every single word, and of any that is not kept.

    What is taken off all words is left to unknown ones, and not to all words alike: how often
    words occur once says how often new ones will come.
    """
    total = adjusted.sum()
    paid = np.where(kept, adjusted - _discounts(adjusted), 0.0)
    return paid / total, float((total - paid.sum()) / total)


def _discounts(adjusted: Numbers) -> Numbers:
    """Return what is taken off each count."""
    n1, n2, n3, n4 = (int((adjusted == n).sum()) for n in (1, 2, 3, 4))
    taken = _USUAL
    if min(n1, n2, n3) and n4:
        share = n1 / (n1 + 2 * n2)
        estimate = (
            1 - 2 * share * n2 / n1,
            2 - 3 * share * n3 / n2,
            3 - 4 * share * n4 / n3,
        )
        if all(0 < value <= most for value, most in zip(estimate, (1, 2, 3), strict=True)):
            taken = estimate
    choice: Numbers = np.asarray(taken)[np.minimum(adjusted, 3).astype(np.int64) - 1]
    return choice


def _find(keys: Keys, wanted: Keys) -> tuple[npt.NDArray[np.int64], npt.NDArray[np.bool_]]:
    """Return where each wanted key stands among the sorted ones, and whether it is there."""
    if not len(keys):
        return np.zeros(len(wanted), dtype=np.int64), np.zeros(len(wanted), dtype=np.bool_)
    at = np.minimum(np.searchsorted(keys, wanted), len(keys) - 1)
    return at, keys[at] == wanted


def _table(
    levels: list[tuple[Keys, Numbers]], backs: list[Numbers], begin: tuple[float, float]
) -> tuple[Table, int]:
    """Place all sequences for linear probing: sorted by key, each at its place or just after."""
    n = sum(len(keys) for keys, _ in levels) + 1
    entries = np.zeros(n, dtype=ENTRY)
    entries["key"] = np.concatenate([*(keys for keys, _ in levels), [np.uint64(key_of_begin())]])
    entries["log_p"] = np.concatenate([*(np.log(p) for _, p in levels), [begin[0]]])
    entries["log_back"] = np.concatenate([*backs, [begin[1]]])
    entries = entries[np.argsort(entries["key"])]
    bits = max(1, int(np.ceil(np.log2(n * 1.6))))
    home = (entries["key"] >> np.uint64(64 - bits)).astype(np.int64)
    steps = np.arange(n)
    place = np.maximum.accumulate(home - steps) + steps
    table = np.zeros(max(1 << bits, int(place[-1]) + 1) + 1, dtype=ENTRY)
    table[place] = entries
    return table, bits
