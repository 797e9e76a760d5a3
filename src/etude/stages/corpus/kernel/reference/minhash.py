"""xxHash64, shingles of simplified text, and MinHash signatures as datatrove's."""

from collections.abc import Sequence

from etude.stages.corpus.kernel.reference.simplify import simplify
from etude.stages.corpus.kernel.reference.words import split

_ALL = 2**64 - 1
_PRIME = 2**61 - 1
_P1 = 0x9E3779B185EBCA87
_P2 = 0xC2B2AE3D27D4EB4F
_P3 = 0x165667B19E3779F9
_P4 = 0x85EBCA77C2B2AE63
_P5 = 0x27D4EB2F165667C5
_BASE = 0x9E3779B97F4A7C15
_TWIST = 0xD6E8FEB86659FD93


def _rotate(x: int, r: int) -> int:
    return (x << r | x >> (64 - r)) & _ALL


def _round(acc: int, value: int) -> int:
    return _rotate((acc + value * _P2) & _ALL, 31) * _P1 & _ALL


def xxh64(data: bytes, seed: int = 0) -> int:
    """Return xxHash64."""
    place = len(data) // 32 * 32
    if place:
        lanes = [seed + _P1 + _P2, seed + _P2, seed, seed - _P1]
        for i in range(0, place, 8):
            value = int.from_bytes(data[i : i + 8], "little")
            lanes[i // 8 % 4] = _round(lanes[i // 8 % 4] & _ALL, value)
        h = sum(_rotate(lane, r) for lane, r in zip(lanes, (1, 7, 12, 18), strict=True)) & _ALL
        for lane in lanes:
            h = ((h ^ _round(0, lane)) * _P1 + _P4) & _ALL
    else:
        h = seed + _P5
    h += len(data)
    while place + 8 <= len(data):
        value = int.from_bytes(data[place : place + 8], "little")
        h = (_rotate((h ^ _round(0, value)) & _ALL, 27) * _P1 + _P4) & _ALL
        place += 8
    if place + 4 <= len(data):
        value = int.from_bytes(data[place : place + 4], "little")
        h = (_rotate((h ^ value * _P1) & _ALL, 23) * _P2 + _P3) & _ALL
        place += 4
    for byte in data[place:]:
        h = _rotate((h ^ byte * _P5) & _ALL, 11) * _P1 & _ALL
    h &= _ALL
    h = (h ^ h >> 33) * _P2 & _ALL
    h = (h ^ h >> 29) * _P3 & _ALL
    return h ^ h >> 32


def simple_words(text: str) -> list[str]:
    """Return the words of the simplified text."""
    return [word.text for word in split(simplify(text)).words]


def shingles(text: str, n_grams: int) -> list[int]:
    """Return the hash of every run of `n_grams` words of the simplified text."""
    words = simple_words(text)
    return [
        xxh64(" ".join(words[i : i + n_grams]).encode()) for i in range(len(words) - n_grams + 1)
    ]


def hash_bytes(data: bytes) -> int:
    """Return the kernel's own quick hash of a word (hash.h)."""
    h = 0x9E3779B97F4A7C15 ^ len(data) * 0xFF51AFD7ED558CCD & _ALL
    for i in range(0, len(data), 8):
        h = (h ^ int.from_bytes(data[i : i + 8], "little")) * _TWIST & _ALL
        h ^= h >> 32
    h = h * _TWIST & _ALL
    return h ^ h >> 29


def grams(text: str, width: int) -> list[int]:
    """Return the hash of every run of `width` words of the simplified text, by theirs."""
    hashes = [hash_bytes(word.encode()) for word in simple_words(text)]
    found = []
    for i in range(len(hashes) - width + 1):
        h = 0
        for value in hashes[i : i + width]:
            h = (h * _BASE + value) & _ALL
        h = (h ^ h >> 32) * _TWIST & _ALL
        found.append(h ^ h >> 32)
    return found


def signature(shingles: Sequence[int], permutations: Sequence[tuple[int, int]]) -> list[int]:
    """Return the least value of each permutation (factor, summand); all ones without shingles."""
    distinct = set(shingles)
    return [
        min(((h * a + b) & _ALL) % _PRIME for h in distinct) if distinct else _ALL
        for a, b in permutations
    ]
