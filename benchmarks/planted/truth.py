"""What was planted, and where: the rows of `truth.jsonl` and `files.jsonl`."""

import re
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import TypeVar

import msgspec

RowT = TypeVar("RowT", bound=msgspec.Struct)
_KEY = re.compile(r"p-\d{7}")
_WORD = re.compile(r"\w+")
SHINGLE_WORDS = 5


class Span(msgspec.Struct, frozen=True, kw_only=True):
    """A stretch of a document's text as it was planted, in characters."""

    start: int
    end: int
    kind: str
    value: str


class Planted(msgspec.Struct, frozen=True, kw_only=True):
    """One document that was given something, or is a copy of another."""

    id: str
    kind: str
    """`exact`, `near`, `benchmark`, `private`, `decoy`, `mojibake`, `boilerplate` or `spam`."""
    detail: str = ""
    """How it was done, such as `words-5%`."""
    parent: str = ""
    """For copies: the document it was made from."""
    jaccard: float | None = None
    """For copies: what both have in common of their sets of five consecutive words."""
    spans: tuple[Span, ...] = ()


class SourceFile(msgspec.Struct, frozen=True, kw_only=True):
    """What a reader must find in a file. Good and broken records together are `records`."""

    path: str
    """Below the folder of the planted corpus."""
    good: tuple[int, int]
    """At least and at most so many documents."""
    broken: tuple[int, int]
    """At least and at most so many records set aside."""
    note: str = ""


def key_of(text: str) -> str:
    """Return the planted document's key in an id or a URL; empty when it has none."""
    found = _KEY.search(text)
    return found[0] if found else ""


def key(number: int) -> str:
    """Return the key of a planted document."""
    return f"p-{number:07}"


def shingles(text: str) -> frozenset[tuple[str, ...]]:
    """Return the set of five consecutive words, lower case and without punctuation."""
    words = _WORD.findall(text.lower())
    width = min(SHINGLE_WORDS, max(1, len(words)))
    return frozenset(zip(*(words[n:] for n in range(width)), strict=False))


def jaccard(one: str, other: str) -> float:
    """Return how much of their sets of five consecutive words two texts share, 0 to 1."""
    mine, yours = shingles(one), shingles(other)
    both = len(mine & yours)
    return both / (len(mine) + len(yours) - both) if mine or yours else 1.0


def write_rows(path: Path, rows: Iterable[msgspec.Struct]) -> None:
    """Write rows as JSONL."""
    encoder = msgspec.json.Encoder(order="deterministic")
    with path.open("wb") as file:
        for row in rows:
            file.write(encoder.encode(row) + b"\n")


def read_rows(path: Path, record: type[RowT]) -> Iterator[RowT]:
    """Yield the rows of a JSONL file."""
    decoder = msgspec.json.Decoder(record)
    with path.open("rb") as file:
        for line in file:
            yield decoder.decode(line)
