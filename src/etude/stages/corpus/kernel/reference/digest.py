"""128-bit digests of texts, and of their lines or paragraphs."""

from collections.abc import Iterator

from etude.stages.corpus.kernel.reference._tables import classes
from etude.stages.corpus.kernel.reference.minhash import xxh64
from etude.stages.corpus.kernel.reference.simplify import fold

_SECOND_SEED = 0x9E3779B97F4A7C15


def digest(text: str, how: str = "") -> tuple[int, int]:
    """Return the digest of what folding leaves of a text ("", "space", "case" or "both")."""
    data = fold(text, how).encode()
    return xxh64(data), xxh64(data, _SECOND_SEED)


def _strip(text: str) -> str:
    start, end = 0, len(text)
    while start < end and "SPACE" in classes(text[start]):
        start += 1
    while start < end and "SPACE" in classes(text[end - 1]):
        end -= 1
    return text[start:end]


def _units(text: str, *, paragraphs: bool) -> Iterator[str]:
    lines = [line + "\n" for line in text.split("\n")]
    lines[-1] = lines[-1][:-1]
    if not lines[-1]:
        lines.pop()
    if not paragraphs:
        yield from lines
        return
    held: list[str] = []
    begun = blank = False
    for line in lines:
        is_blank = not _strip(line)
        if begun and blank and not is_blank:
            yield "".join(held)
            held = []
        held.append(line)
        begun, blank = begun or not is_blank, is_blank
    if held:
        yield "".join(held)


def line_digests(
    text: str, paragraphs: bool, how: str = ""
) -> Iterator[tuple[int, int, tuple[int, int]]]:
    """Yield first byte, last byte + 1 and digest, without whitespace around it, of each unit."""
    place = 0
    for unit in _units(text, paragraphs=paragraphs):
        end = place + len(unit.encode())
        yield place, end, digest(_strip(unit), how)
        place = end
