"""Choose how often each document is read, so that a domain comes to the epochs it should have."""

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from etude.stages.corpus.kernel import grams, ngram
from etude.stages.corpus.kernel._texts import Texts

_ALL = (1 << 64) - 1


def chances(ids: pa.Array, seed: int) -> npt.NDArray[np.float64]:
    """Return a number from 0 to below 1 for each id: as if drawn, and always the same.

    It depends on nothing but the id and the seed, so that documents added later change nothing for
    those that were there.
    """
    texts = Texts.of(ids)
    key = np.uint64(grams.chain(grams.WORDS, seed & _ALL))
    mixed = grams.chain_all(np.full(len(texts), key), _hashes(texts))
    drawn: npt.NDArray[np.float64] = (mixed >> np.uint64(11)) / 2.0**53
    return drawn


def repeats(ids: pa.Array, epochs: npt.NDArray[np.float64], seed: int) -> npt.NDArray[np.int64]:
    """Return how often to read each document: `epochs` of it on average, rounded up or down."""
    whole = np.floor(epochs)
    return (whole + (chances(ids, seed) < epochs - whole)).astype(np.int64)


def _hashes(texts: Texts) -> grams.Keys:
    """Hash each id: the keys of its words, chained."""
    words = ngram.split(_FOLD, texts)
    keys = np.full(len(texts), grams.WORDS, dtype=np.uint64)
    lengths = np.diff(words.ends, prepend=0)
    starts = words.ends - lengths
    for place in range(int(lengths.max(initial=0))):
        there = lengths > place
        keys[there] = grams.chain_all(keys[there], words.hashes[starts[there] + place])
    return keys


_FOLD = grams.fold_table(fold_case=False, fold_digits=False)
