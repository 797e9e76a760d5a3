"""MinHash signatures, bit for bit those of datatrove's MinhashDedupSignature; shingles of texts."""

import itertools
from typing import NamedTuple

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from etude.stages.corpus.kernel._texts import Texts
from etude.stages.corpus.kernel.normalised import Normalised, Signing, normalised
from etude.stages.corpus.kernel.shingles import hash_shingles


class Shingles(NamedTuple):
    """The different shingles of each text, sorted."""

    offsets: npt.NDArray[np.int64]
    """[texts + 1]: those of text i are offsets[i] to offsets[i + 1]."""
    hashes: npt.NDArray[np.uint64]

    def jaccard(self, i: int, j: int) -> float:
        """Return the share of shingles that texts i and j have in common; 0.0 without any."""
        mine = self.hashes[self.offsets[i] : self.offsets[i + 1]]
        yours = self.hashes[self.offsets[j] : self.offsets[j + 1]]
        common = len(np.intersect1d(mine, yours, assume_unique=True))
        union = len(mine) + len(yours) - common
        return common / union if union else 0.0


def signatures(
    values: pa.Array | pa.ChunkedArray, *, n_grams: int = 5, n_hashes: int = 112, seed: int = 1
) -> npt.NDArray[np.uint64]:
    """Return the signature of each text, uint64 [texts, n_hashes]; all ones if it has no shingle.

    Raises:
        MemoryError: There is none.
    """
    signed = sign(values, Signing(n_grams, n_hashes, seed)).signatures
    assert signed is not None  # noqa: S101 - asked for
    return signed


def sign(values: pa.Array | pa.ChunkedArray, signing: Signing) -> Normalised:
    """Return signatures and numbers of shingles."""
    return normalised(values, signing=signing)


def shingles(values: pa.Array | pa.ChunkedArray, *, n_grams: int = 5) -> Shingles:
    """Return the hashes of each text's different shingles, for an exact Jaccard similarity.

    Raises:
        MemoryError: There is none.
    """
    offsets, hashes = hash_shingles(Texts.of(values), n_grams)
    kept, ends = [], [0]
    for start, end in itertools.pairwise(offsets.tolist()):
        kept.append(np.unique(hashes[start:end]))
        ends.append(ends[-1] + len(kept[-1]))
    joined = np.concatenate(kept) if kept else np.zeros(0, dtype=np.uint64)
    return Shingles(np.array(ends, dtype=np.int64), joined)
