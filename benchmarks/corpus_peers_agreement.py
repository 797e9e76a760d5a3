"""How far two tools of `corpus_peers.py` say the same, and what they say where they do not."""

import re
import statistics
from collections import Counter
from collections.abc import Iterator, Sequence
from typing import NamedTuple

import msgspec
from corpus_answering import Answers
from corpus_peers_rows import Row

N_SHINGLE, N_LOOKED_AT = 5, 60


class Input(NamedTuple):
    """The documents; the planted copies follow the rest, those with a word more first."""

    texts: list[str]
    n: int
    n_near: int

    def mb(self, first: int, last: int) -> float:
        """Return the size of some of them."""
        return sum(len(text.encode()) for text in self.texts[first:last]) / 1e6


class Agreement(msgspec.Struct, frozen=True):
    """How far two tools say the same of one thing."""

    name: str
    same: float
    """Share of documents."""
    theirs: int
    """Documents that the peer drops, or of which it leaves text."""
    ours: int
    """The same of Etude."""
    differences: list[str]
    """The most frequent ones."""


def agree(row: Row, given: Input, theirs: Answers, ours: Answers) -> Iterator[Agreement]:
    """Compare the answers, part by part; of copies also those that were planted."""
    places = {name: (part, range(len(theirs))) for part, name in enumerate(row.parts)}
    if row.whole:
        near = given.n + given.n_near
        places["planted near copies"] = 0, range(given.n, near)
        places["planted copies"] = 0, range(near, len(theirs))
    for name, (part, rows) in places.items():
        pairs = {k: (theirs[k][part], ours[k][part]) for k in rows}
        unlike = {k: (a, b) for k, (a, b) in pairs.items() if a[0] != b[0]}
        said = Counter(
            f"{row.peer}: {a[1] or _plain(a[0])}, Etude: {b[1] or _plain(b[0])}"
            for a, b in unlike.values()
        )
        differences = [f"{n} x {what}" for what, n in said.most_common(3)]
        if row.whole and name == row.parts[0]:
            differences += _nearest(row.peer, given.texts, unlike)
        yield Agreement(
            name=name,
            same=1 - len(unlike) / max(1, len(pairs)),
            theirs=sum(bool(a[0]) for a, _ in pairs.values()),
            ours=sum(bool(b[0]) for _, b in pairs.values()),
            differences=differences,
        )


def _plain(value: object) -> str:
    return "other lines" if isinstance(value, str) else "dropped" if value else "kept"


def _nearest(
    peer: str, texts: Sequence[str], unlike: dict[int, tuple[list[object], list[object]]]
) -> Iterator[str]:
    """Say how like another document those are that only one of both takes for copies."""
    shingles = [_shingles(text) for text in texts] if unlike else []
    for name, which in ((peer, 0), ("Etude", 1)):
        rows = [k for k, pair in unlike.items() if pair[which][0]]
        few = sum(len([word for word in texts[k].split(" ") if word]) < N_SHINGLE for k in rows)
        rows = rows[:: 1 + len(rows) // N_LOOKED_AT]
        found = [
            max(_jaccard(shingles[k], other) for n, other in enumerate(shingles) if n != k)
            for k in rows
        ]
        if found:
            below = sum(jaccard < 0.7 for jaccard in found)
            yield (
                f"copies to {name} only: {few} with fewer than {N_SHINGLE} words between spaces; "
                f"Jaccard with the nearest document {statistics.median(found):.2f} (median), "
                f"below 0.7 for {below} of {len(found)} looked at"
            )


def _shingles(text: str) -> set[int]:
    words = re.findall(r"\w+", text.lower())
    last = max(1, len(words) - N_SHINGLE + 1)
    return {hash(tuple(words[k : k + N_SHINGLE])) for k in range(last)}


def _jaccard(one: set[int], other: set[int]) -> float:
    both = len(one & other)
    return both / max(1, len(one) + len(other) - both)
