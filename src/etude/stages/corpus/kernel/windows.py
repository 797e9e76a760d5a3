"""Windows: hashes of every run of tokens of a text, by the kernel and in plain Python.

A token is what stands between white space; each character from U+3040 to U+9FFF, which are written
without spaces, is one by itself.
"""

import ctypes
from collections.abc import Iterator
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt

from etude.stages.corpus.kernel._library import library
from etude.stages.corpus.kernel._texts import Texts

_ALL = 2**64 - 1
_KEY_BASE = 0x9E3779B97F4A7C15
_CHECK_BASE = 0xC2B2AE3D27D4EB4F
_CHECK_TWIST = 0xFF51AFD7ED558CCD
_ALONE = range(0x3040, 0xA000)


class Windows(NamedTuple):
    """Two independent hashes of each window, text after text."""

    keys: npt.NDArray[np.uint64]
    checks: npt.NDArray[np.uint64]
    n_tokens: npt.NDArray[np.int64]
    """[texts]: text i has n_tokens[i] - width + 1 windows, or none."""


class Tokens(NamedTuple):
    """Where tokens begin, text after text."""

    starts: npt.NDArray[np.int64]
    """In bytes of `Texts.data`."""
    n_tokens: npt.NDArray[np.int64]
    """[texts]"""


def hash_windows(texts: Texts, width: int) -> Windows:
    """Hash every run of `width` tokens.

    Raises:
        MemoryError: There is none.
    """
    kernel = library()
    if kernel is None:
        return hash_windows_in_python(texts, width)
    room = _room(texts)
    keys, checks = np.empty(room, dtype=np.uint64), np.empty(room, dtype=np.uint64)
    n_tokens = np.zeros(len(texts), dtype=np.int64)
    kernel.window_hashes.restype = ctypes.c_int64
    n_windows = kernel.window_hashes(
        _at(texts.data),
        _at(texts.offsets),
        ctypes.c_int64(len(texts)),
        ctypes.c_int64(width),
        _at(keys),
        _at(checks),
        _at(n_tokens),
    )
    if n_windows < 0:
        raise MemoryError
    return Windows(keys[:n_windows], checks[:n_windows], n_tokens)


def find_tokens(texts: Texts) -> Tokens:
    """Find where each token begins."""
    kernel = library()
    if kernel is None:
        return find_tokens_in_python(texts)
    starts = np.empty(_room(texts), dtype=np.int64)
    n_tokens = np.zeros(len(texts), dtype=np.int64)
    kernel.window_tokens.restype = ctypes.c_int64
    n_all = kernel.window_tokens(
        _at(texts.data),
        _at(texts.offsets),
        ctypes.c_int64(len(texts)),
        _at(starts),
        _at(n_tokens),
    )
    return Tokens(starts[:n_all], n_tokens)


def hash_windows_in_python(texts: Texts, width: int) -> Windows:
    """Do what `hash_windows` does, without the kernel."""
    keys, checks, counts = [], [], []
    for index in range(len(texts)):
        hashes = [_hash_token(token) for _, token in _tokens(texts.text(index))]
        twisted = [_mix(value ^ _CHECK_TWIST) for value in hashes]
        counts.append(len(hashes))
        for first in range(len(hashes) - width + 1):
            keys.append(_mix(_chain(hashes[first : first + width], _KEY_BASE)))
            checks.append(_mix(_chain(twisted[first : first + width], _CHECK_BASE)))
    return Windows(
        np.array(keys, dtype=np.uint64),
        np.array(checks, dtype=np.uint64),
        np.array(counts, dtype=np.int64),
    )


def find_tokens_in_python(texts: Texts) -> Tokens:
    """Do what `find_tokens` does, without the kernel."""
    found = [[start for start, _ in _tokens(texts.text(n))] for n in range(len(texts))]
    starts = [s + int(texts.offsets[n]) for n, of_text in enumerate(found) for s in of_text]
    return Tokens(np.array(starts, dtype=np.int64), np.array([len(f) for f in found], np.int64))


def _tokens(text: bytes) -> Iterator[tuple[int, bytes]]:
    """Yield where each token begins, in bytes, and the token."""
    at = start = 0
    for char in text.decode():
        size = len(char.encode())
        alone = ord(char) in _ALONE
        if char.isspace() or alone:
            if start < at:
                yield start, text[start:at]
            if alone:
                yield at, text[at : at + size]
            start = at + size
        at += size
    if start < at:
        yield start, text[start:at]


def _hash_token(token: bytes) -> int:
    value = 0xCBF29CE484222325
    for byte in token:
        value = (value ^ byte) * 0x100000001B3 & _ALL
    return _mix(value)


def _chain(values: list[int], base: int) -> int:
    total = 0
    for value in values:
        total = (total * base + value) & _ALL
    return total


def _mix(value: int) -> int:
    for _ in range(2):
        value = (value ^ (value >> 32)) * 0xD6E8FEB86659FD93 & _ALL
    return value ^ (value >> 32)


def _room(texts: Texts) -> int:
    """How many tokens there may be at most."""
    return (int(texts.offsets[-1] - texts.offsets[0]) + len(texts)) // 2 + 1


def _at(array: npt.NDArray[Any]) -> ctypes.c_void_p:
    return ctypes.c_void_p(array.ctypes.data)
