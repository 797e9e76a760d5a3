"""What is asked of simplified texts (lower case, no punctuation, numbers as 0), in one pass.

MinHash signatures, benchmark items found and exact digests each cost little beside simplifying
and splitting a text, which is done once here for all of them.
"""

import ctypes
import functools
from typing import NamedTuple

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from etude.stages.corpus.kernel._gram_index import GramIndex, Hits, find_in_python, gather
from etude.stages.corpus.kernel._library import library
from etude.stages.corpus.kernel._texts import Texts
from etude.stages.corpus.kernel.digest import FOLDS, Fold, at, digests, strings
from etude.stages.corpus.kernel.reference import minhash as reference

_PRIME = 2**61 - 1
_LANES = 8
_NONE = np.uint64(2**64 - 1)


class Signing(NamedTuple):
    """Which signatures."""

    n_grams: int = 5
    """Words in a shingle."""
    n_hashes: int = 112
    """Permutations; FineWeb has 14 bands of 8."""
    seed: int = 1
    """Of the permutations."""


class Normalised(NamedTuple):
    """What was asked of some texts; `None` what was not."""

    signatures: npt.NDArray[np.uint64] | None
    """[texts, n_hashes]; all ones where a text has no shingle."""
    n_shingles: npt.NDArray[np.int64] | None
    """[texts]: how many shingles there are, repeated ones too."""
    hits: Hits | None
    digests: npt.NDArray[np.uint64] | None
    """[texts, 2]"""


class _Permutations(ctypes.Structure):
    _fields_ = (("n", ctypes.c_int64), ("a", ctypes.c_void_p), ("b", ctypes.c_void_p))


class _Hits(ctypes.Structure):
    _fields_ = (
        ("n", ctypes.c_int64),
        ("room", ctypes.c_int64),
        ("text", ctypes.c_void_p),
        ("gram", ctypes.c_void_p),
    )


class _Request(ctypes.Structure):
    """struct normalised_request of normalised.c."""

    _fields_ = (
        ("rows", ctypes.c_int64),
        ("text", ctypes.c_void_p),
        ("offsets", ctypes.c_void_p),
        ("n_grams", ctypes.c_int64),
        ("permutations", _Permutations),
        ("signatures", ctypes.c_void_p),
        ("n_shingles", ctypes.c_void_p),
        ("grams", ctypes.c_void_p),
        ("hits", _Hits),
        ("n_hits", ctypes.c_void_p),
        ("digests", ctypes.c_void_p),
        ("folded", ctypes.c_int64),
    )


def normalised(
    values: pa.Array | pa.ChunkedArray,
    *,
    signing: Signing | None = None,
    index: GramIndex | None = None,
    digest: Fold | None = None,
) -> Normalised:
    """Sign texts, look for benchmark items in them and digest them, as far as each is wanted.

    Args:
        values: Strings; a null counts as empty.
        signing: Which MinHash signatures; `None` for none.
        index: Items to look for; `None` for none.
        digest: Differences that digests leave out of account, "" for none; `None`: no digests.

    Raises:
        MemoryError: There is none.
    """
    texts = Texts.of(values)
    if library() is None:
        return _in_python(values, texts, signing, index, digest)
    return _in_c(texts, signing, index, digest)


def _in_c(
    texts: Texts, signing: Signing | None, index: GramIndex | None, digest: Fold | None
) -> Normalised:
    kernel = library()
    assert kernel is not None  # noqa: S101 - asked before
    request = _Request(rows=len(texts), text=at(texts.data), offsets=at(texts.offsets))
    signed = n_shingles = found = n_hits = None
    if signing is not None:
        a, b = permutations(signing.n_hashes, signing.seed)
        signed = np.empty((len(texts), len(a)), dtype=np.uint64)
        n_shingles = np.zeros(len(texts), dtype=np.int64)
        request.n_grams = signing.n_grams
        request.permutations = _Permutations(len(a), at(a), at(b))
        request.signatures, request.n_shingles = at(signed), at(n_shingles)
    if digest is not None:
        found = np.empty((len(texts), 2), dtype=np.uint64)
        request.digests, request.folded = at(found), FOLDS[digest]
    hit_text = hit_gram = np.zeros(0, dtype=np.int32)
    if index is not None:
        n_hits = np.zeros(len(texts), dtype=np.int64)
        request.grams, request.n_hits = ctypes.addressof(index.table), at(n_hits)
        hit_text, hit_gram = _room(request, 1024 + int(texts.sizes().sum()) // 64)
    if kernel.etude_normalised(ctypes.byref(request)):
        raise MemoryError
    if request.hits.n > request.hits.room:  # again, for the hits alone
        hit_text, hit_gram = _room(request, request.hits.n)
        request.signatures = request.digests = None
        if kernel.etude_normalised(ctypes.byref(request)):
            raise MemoryError
    hits = None
    if index is not None and n_hits is not None:
        n = request.hits.n
        hits = gather(index, hit_text[:n], hit_gram[:n], n_hits)
    if signed is not None and signing is not None:
        signed = signed[:, : signing.n_hashes]
    return Normalised(signed, n_shingles, hits, found)


def _room(request: _Request, room: int) -> tuple[npt.NDArray[np.int32], npt.NDArray[np.int32]]:
    text, gram = np.zeros(room, dtype=np.int32), np.zeros(room, dtype=np.int32)
    request.hits = _Hits(0, room, at(text), at(gram))
    return text, gram


def _in_python(
    values: pa.Array,
    texts: Texts,
    signing: Signing | None,
    index: GramIndex | None,
    digest: Fold | None,
) -> Normalised:
    signed = n_shingles = hits = None
    if signing is not None:
        a, b = permutations(signing.n_hashes, signing.seed)
        pairs = list(zip(a.tolist(), b.tolist(), strict=True))[: signing.n_hashes]
        signed = np.full((len(texts), signing.n_hashes), _NONE)
        n_shingles = np.zeros(len(texts), dtype=np.int64)
        for row, text in enumerate(strings(texts)):
            shingles = reference.shingles(text, signing.n_grams)
            n_shingles[row] = len(shingles)
            signed[row] = reference.signature(shingles, pairs)
    if index is not None:
        hits = find_in_python(texts, index)
    return Normalised(signed, n_shingles, hits, None if digest is None else digests(values, digest))


@functools.cache
def permutations(n_hashes: int, seed: int) -> tuple[npt.NDArray[np.uint64], npt.NDArray[np.uint64]]:
    """Return the factors and summands of datatrove's permutations, filled up to a multiple of 8."""
    # numpy keeps the stream of this old generator stable, and datatrove draws from it.
    random = np.random.RandomState(seed)
    a = random.randint(1, _PRIME, dtype=np.uint64, size=n_hashes)
    b = random.randint(0, _PRIME, dtype=np.uint64, size=n_hashes)
    fill = np.ones(-n_hashes % _LANES, dtype=np.uint64)
    return np.concatenate([a, fill]), np.concatenate([b, fill])
