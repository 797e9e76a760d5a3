"""The byte alphabet of `tokenizer.json`: a printable character stands for every byte."""

from collections.abc import Mapping, Sequence
from itertools import pairwise

_PRINTABLE = (*range(0x21, 0x7F), *range(0xA1, 0xAD), *range(0xAE, 0x100))
_OTHERS = tuple(b for b in range(256) if b not in set(_PRINTABLE))
BYTE_TO_CHAR: dict[int, str] = {
    **{byte: chr(byte) for byte in _PRINTABLE},
    **{byte: chr(256 + n) for n, byte in enumerate(_OTHERS)},
}
CHAR_TO_BYTE: dict[str, int] = {char: byte for byte, char in BYTE_TO_CHAR.items()}


def to_chars(token: bytes) -> str:
    """Return how a token is written in `tokenizer.json`."""
    return "".join([BYTE_TO_CHAR[byte] for byte in token])


def to_bytes(written: str) -> bytes | None:
    """Return the bytes of a token written in the byte alphabet; `None` if it is not."""
    try:
        return bytes([CHAR_TO_BYTE[char] for char in written])
    except KeyError:
        return None


def merges_of(tokens: Sequence[bytes]) -> list[tuple[bytes, bytes]]:
    """Return the two parts that make each token, given tokens in the order they were learned.

    The first 256 are the bytes. A part is always an earlier token: the last merge that made it.

    Raises:
        ValueError: A token cannot be made from earlier ones.
    """
    ranks = {token: rank for rank, token in enumerate(tokens)}
    return [_parts(token, ranks) for token in tokens[256:]]


def _parts(token: bytes, ranks: Mapping[bytes, int]) -> tuple[bytes, bytes]:
    parts = [token[i : i + 1] for i in range(len(token))]
    limit = ranks[token]
    while len(parts) > 2:
        pairs = [ranks.get(a + b, limit) for a, b in pairwise(parts)]
        best = min(pairs)
        if best >= limit:
            raise ValueError(f"token {limit} is not made of earlier tokens")
        at = pairs.index(best)
        parts[at : at + 2] = [parts[at] + parts[at + 1]]
    return parts[0], parts[1]
