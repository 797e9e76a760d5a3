"""Finds private items in many texts at once."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from functools import cache
from itertools import groupby
from typing import Literal

import msgspec
import numpy as np
import numpy.typing as npt

from etude.errors import ConfigError
from etude.stages.corpus.privacy._base import CELL_BYTES, Found, Group, Window
from etude.stages.corpus.privacy.groups import (
    account,
    email,
    lettered,
    name,
    network,
    numbers,
    password,
    secret,
    wallet,
)
from etude.stages.corpus.privacy.scanners import Scanner, scanners

GROUPS: tuple[Group, ...] = (
    *secret.GROUPS,
    *password.GROUPS,
    *email.GROUPS,
    *account.GROUPS,
    *lettered.GROUPS,
    *numbers.GROUPS,
    *wallet.GROUPS,
    *network.GROUPS,
    *name.GROUPS,
)
"""All groups; where items overlap and begin together, the earlier group's stays."""
KINDS: tuple[str, ...] = tuple(dict.fromkeys(kind for group in GROUPS for kind in group.kinds))
"""Every kind of item that can be found."""
OPTIONAL: frozenset[str] = frozenset({wallet.WALLET, name.NAME, network.PRIVATE_IP})
"""Kinds that are looked for only when asked: public, weak, or of no person."""
DEFAULT_KINDS: tuple[str, ...] = tuple(kind for kind in KINDS if kind not in OPTIONAL)
"""The rest."""
_CELL_BITS = 32
_CELL_MASK = (1 << _CELL_BITS) - 1
_ORDER = {kind: place for place, kind in enumerate(KINDS)}


class Search(msgspec.Struct, frozen=True, kw_only=True):
    """What to look for, and what to let pass."""

    kinds: tuple[str, ...] = DEFAULT_KINDS
    """Kinds of `KINDS`."""
    allow: tuple[str, ...] = ()
    """Values that stay, whatever their case: a whole value, an address's `name@` or `@domain`."""
    scanner: Literal["auto", "hyperscan", "re2", "python"] = "auto"
    """Engine of the first pass; `auto` takes the fastest that is installed. All find the same."""

    def __post_init__(self) -> None:
        """Refuse kinds that do not exist."""
        if unknown := sorted(set(self.kinds) - set(KINDS)):
            raise ConfigError(
                f"no such kind of private item: {', '.join(unknown)} (known: {', '.join(KINDS)})"
            )


class Finding(msgspec.Struct, frozen=True):
    """A private item in one of several texts; `start` and `end` count its text's UTF-8 bytes."""

    text: int
    start: int
    end: int
    kind: str


def find(texts: Sequence[bytes], search: Search | None = None) -> list[Finding]:
    """Return the private items of texts (UTF-8), in order, none overlapping another."""
    search = search or Search()
    if not texts or not search.kinds:
        return []
    sizes = np.fromiter(map(len, texts), dtype=np.int64, count=len(texts))
    begins = np.concatenate(([0], np.cumsum(sizes + 1)[:-1]))
    data = b"\n".join(texts)
    wanted = frozenset(search.kinds)
    allowed = tuple(value.lower().encode() for value in search.allow)
    found = [
        item
        for item in _candidates(data, begins, begins + sizes, search)
        if item.kind in wanted and not _is_allowed(data[item.start : item.end], allowed)
    ]
    return list(_settled(found, begins))


def _candidates(
    data: bytes, begins: npt.NDArray[np.int64], ends: npt.NDArray[np.int64], search: Search
) -> Iterator[Found]:
    """Yield what the groups find in the cells that the scanner marked."""
    wanted = frozenset(search.kinds)
    groups, patterns, owners, reaches = _anchors(wanted)
    which, hits = scanner_of(search.scanner).ends(data, patterns)
    for number, group in enumerate(groups):
        mine = owners[which] == number
        cells = _cells(hits[mine], reaches[which[mine]], begins)
        for text, cell in cells:
            begin, end = int(begins[text]), int(ends[text])
            low = begin + cell * CELL_BYTES
            if low < end:
                window = Window(data, low, min(low + CELL_BYTES, end), begin, end)
                yield from group.find(window, wanted)


def _cells(
    hits: npt.NDArray[np.int64], reaches: npt.NDArray[np.int64], begins: npt.NDArray[np.int64]
) -> list[tuple[int, int]]:
    """Return which cells of which texts an item can begin in, given where its anchors end."""
    if not len(hits):
        return []
    last = hits - 1
    text = np.searchsorted(begins, last, side="right") - 1
    origin = begins[text]
    high = (last - origin) // CELL_BYTES
    low = np.maximum(hits - reaches - origin, 0) // CELL_BYTES
    # Text and cell in one number sort far faster than as pairs.
    marked = [text << _CELL_BITS | high]
    for back in range(1, int((high - low).max()) + 1):
        more = high - back >= low
        marked.append(text[more] << _CELL_BITS | (high[more] - back))
    keys = np.unique(np.concatenate(marked))
    return list(zip((keys >> _CELL_BITS).tolist(), (keys & _CELL_MASK).tolist(), strict=True))


def _settled(found: list[Found], begins: npt.NDArray[np.int64]) -> Iterator[Finding]:
    """Yield items in order; of those that overlap, the one of the surer kind stays."""
    found = sorted(set(found), key=lambda item: (item.start, -item.end, _ORDER[item.kind]))
    heap: list[Found] = []
    kept: list[Found] = []
    reach = -1
    for item in found:
        if item.start >= reach:
            kept += _clear(heap)
            heap = []
        heap.append(item)
        reach = max(reach, item.end)
    kept += _clear(heap)
    starts = np.array([item.start for item in kept], dtype=np.int64)
    texts = np.searchsorted(begins, starts, side="right") - 1
    for item, text in zip(kept, texts.tolist(), strict=True):
        origin = int(begins[text])
        yield Finding(text, item.start - origin, item.end - origin, item.kind)


def _clear(items: list[Found]) -> list[Found]:
    """Return those of a heap of overlapping items that stay, in order."""
    if len(items) < 2:
        return items
    kept: list[Found] = []
    by_rank = sorted(items, key=lambda item: (_ORDER[item.kind], item.start, -item.end))
    for _, same in groupby(by_rank, key=lambda item: item.kind):
        for item in same:
            if all(item.end <= other.start or other.end <= item.start for other in kept):
                kept.append(item)
    return sorted(kept)


def _is_allowed(value: bytes, allowed: tuple[bytes, ...]) -> bool:
    """Say whether a value is one of those that stay."""
    if not allowed:
        return False
    value = value.lower()
    return any(
        value == entry
        or (entry.endswith(b"@") and value.startswith(entry))
        or (entry.startswith(b"@") and value.endswith(entry))
        for entry in allowed
    )


@cache
def _anchors(
    wanted: frozenset[str],
) -> tuple[tuple[Group, ...], tuple[bytes, ...], npt.NDArray[np.int64], npt.NDArray[np.int64]]:
    """Return the groups of the wanted kinds, their patterns, and each pattern's group and reach."""
    groups = tuple(group for group in GROUPS if wanted & set(group.kinds))
    anchors = [(number, a) for number, group in enumerate(groups) for a in group.anchors]
    owners = np.array([number for number, _ in anchors], dtype=np.int64)
    reaches = np.array([anchor.reach for _, anchor in anchors], dtype=np.int64)
    return groups, tuple(anchor.pattern for _, anchor in anchors), owners, reaches


@cache
def scanner_of(name: str) -> Scanner:
    """Return the scanner of that name, or for `auto` the fastest that is installed.

    Raises:
        ConfigError: There is none of that name, or its package is not installed.
    """
    if name != "auto":
        return scanners.make(name)
    for candidate in ("hyperscan", "re2"):
        try:
            return scanners.make(candidate)
        except ConfigError:
            continue
    return scanners.make("python")
