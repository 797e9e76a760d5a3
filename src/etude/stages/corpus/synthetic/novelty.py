"""What is new in synthetic texts: none is a copy of a source, of another one, or mostly so.

Copies are found by digest. How much of a text stands elsewhere is the share of its different runs
of five words that do: the containment that MinHash estimates, here exact, from the shingles of the
same kernel.
"""

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from etude.stages.corpus.kernel.digest import digests
from etude.stages.corpus.kernel.minhash import Shingles, shingles

N_GRAMS = 5
COPY = "exact copy of a source"
QUOTED = "mostly quoted from the sources"
TWIN = "exact copy of another synthetic text"
ALIKE = "mostly in another synthetic text"
Hashes = npt.NDArray[np.uint64]


def reasons_to_drop(
    texts: Sequence[str], sources: Sequence[str], *, max_quoted: float, max_alike: float
) -> list[str]:
    """Return why each text goes; empty where it stays. Of texts that are alike the first stays.

    Args:
        texts: The synthetic texts, in their order.
        sources: The human texts.
        max_quoted: Share of a text's runs of five words that the sources may have.
        max_alike: Share of them that any one earlier text that stays may have.
    """
    known = set(_digests(sources))
    own = shingles(_array(texts), n_grams=N_GRAMS)
    quoted = _shares(own, _all_hashes(sources))
    seen: set[tuple[int, int]] = set()
    kept = _Kept()
    found = []
    for number, digest in enumerate(_digests(texts)):
        hashes = _of(own, number)
        if digest in known:
            reason = COPY
        elif digest in seen:
            reason = TWIN
        elif quoted[number] > max_quoted:
            reason = QUOTED
        elif kept.most_alike(hashes) > max_alike:
            reason = ALIKE
        else:
            reason = ""
            kept.add(hashes)
            seen.add(digest)
        found.append(reason)
    return found


def quoted_shares(texts: Sequence[str], sources: Sequence[str]) -> list[float]:
    """Return for each text the share of its runs of five words that the sources have."""
    return _shares(shingles(_array(texts), n_grams=N_GRAMS), _all_hashes(sources))


class _Kept:
    """The shingles of the texts that stay, and which of these have each."""

    def __init__(self) -> None:
        self._owners: dict[int, list[int]] = {}
        self._n = 0

    def most_alike(self, hashes: Hashes) -> float:
        """Return the largest share of these shingles that one text has."""
        owners = [owner for h in hashes.tolist() for owner in self._owners.get(h, ())]
        return int(np.bincount(owners).max()) / len(hashes) if owners else 0.0

    def add(self, hashes: Hashes) -> None:
        """Take a text in."""
        for h in hashes.tolist():
            self._owners.setdefault(h, []).append(self._n)
        self._n += 1


def _array(texts: Sequence[str]) -> pa.Array:
    return pa.array(texts, type=pa.string())


def _digests(texts: Sequence[str]) -> list[tuple[int, int]]:
    return [(int(high), int(low)) for high, low in digests(_array(texts), "both").tolist()]


def _all_hashes(sources: Sequence[str]) -> Hashes:
    return np.unique(shingles(_array(sources), n_grams=N_GRAMS).hashes)


def _of(found: Shingles, number: int) -> Hashes:
    return found.hashes[found.offsets[number] : found.offsets[number + 1]]


def _shares(found: Shingles, there: Hashes) -> list[float]:
    held = np.isin(found.hashes, there)
    sums = np.concatenate([[0], np.cumsum(held)])
    n_held = sums[found.offsets[1:]] - sums[found.offsets[:-1]]
    shares: list[float] = (n_held / np.maximum(np.diff(found.offsets), 1)).tolist()
    return shares
