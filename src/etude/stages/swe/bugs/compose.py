"""compose: two to five proved bugs of one codebase together, each with tests that only it fails.

The parts are bugs that were kept as tasks of their own. Whoever mends all but one of them is left
with a bug that was proved by itself, so every part is needed.
"""

from collections import Counter
from collections.abc import AsyncGenerator, Iterator, Sequence
from itertools import pairwise
from random import Random
from typing import ClassVar

import msgspec

from etude.errors import ConfigError
from etude.records import TextFile
from etude.stages.swe.bugs._base import Bug, BugMaker, Kept, Material
from etude.stages.swe.bugs._calls import Calls
from etude.stages.swe.bugs._definitions import parse
from etude.stages.swe.bugs._history.hunks import Hunk, Tree, change_between, take_back

_NAME = "compose"
KINDS = ("one_function", "one_file", "call_chain", "far_apart")
_SIZES = {2: 0.55, 3: 0.27, 4: 0.12, 5: 0.06}
"""How often so many bugs are put together; most releases that repair several things repair few."""
_TRIES = 60
"""Choices of parts that are looked at before a kind is given up."""
_MOST_SHARE = 0.2
"""Share of the passing tests that may fail in all; more of them and nothing is left to see."""


class ComposeMaker(BugMaker, frozen=True, kw_only=True):
    """Puts bugs together that were kept: in a function, a file, a chain of calls, or far apart.

    Raises:
        ConfigError: A kind is not known, or a number is out of its range.
    """

    comes_last: ClassVar[bool] = True

    kinds: tuple[str, ...] = ()
    """Where the parts lie to each other; empty means every kind: `one_function`, `one_file` (in
    different functions), `call_chain` (one function calls the other), `far_apart` (in different
    files, and neither calls the other)."""
    max_parts: int = 5
    """Most bugs in one task, 2 to 5."""
    max_per_bug: int = 2
    """Tasks that one bug may be a part of."""

    def __post_init__(self) -> None:
        for kind in self.kinds:
            if kind not in KINDS:
                raise ConfigError(f"compose has no kind {kind!r} (known: {', '.join(KINDS)})")
        if not 2 <= self.max_parts <= max(_SIZES):
            raise ConfigError(f"max_parts is {self.max_parts}; it must be 2 to {max(_SIZES)}")
        if self.max_per_bug < 1:
            raise ConfigError(f"max_per_bug is {self.max_per_bug}; it must be at least 1")

    async def search(self, material: Material, rng: Random) -> AsyncGenerator[Bug, None]:
        """Yield compositions of what was kept, the kinds in turn."""
        for bug in _Composing(self, material, rng).bugs():
            yield bug


class _Part(msgspec.Struct, frozen=True, eq=False):
    """One bug that was kept."""

    number: int
    bug: Kept
    hunks: tuple[Hunk, ...]
    tests: frozenset[str]

    @property
    def place(self) -> tuple[str, str]:
        """File and function."""
        return self.bug.key.path, self.bug.key.function


class _Composing:
    """Chooses parts that can stand beside each other."""

    def __init__(self, maker: ComposeMaker, material: Material, rng: Random) -> None:
        self.maker = maker
        self.rng = rng
        self.healthy: Tree = {file.path: file.text for file in material.files}
        self.calls = Calls(self.healthy)
        passing = [test.id for test in material.codebase.tests if test.outcome == "passed"]
        self.order = {test: number for number, test in enumerate(passing)}
        self.most = int(_MOST_SHARE * len(passing))
        self.parts = [
            part
            for number, bug in enumerate(material.kept)
            if (part := self._part(number, bug)) is not None and len(part.tests) < self.most
        ]
        self.uses: Counter[int] = Counter()
        self.made: set[frozenset[int]] = set()

    def bugs(self) -> Iterator[Bug]:
        """Yield bugs until no kind has any left."""
        open_kinds = list(self.maker.kinds or KINDS)
        while open_kinds:
            for kind in list(open_kinds):
                chosen = self._choose(kind)
                if chosen is None:
                    open_kinds.remove(kind)
                    continue
                self.made.add(frozenset(part.number for part in chosen))
                self.uses.update(part.number for part in chosen)
                yield self._bug(kind, chosen)

    def _part(self, number: int, bug: Kept) -> _Part | None:
        """Return where a bug differs from the healthy code; `None` where that cannot be told."""
        broken = {file.path: file.text for file in bug.files}
        if bug.key.maker == _NAME or not set(broken) <= set(self.healthy):
            return None
        healthy = {path: self.healthy[path] for path in broken}
        change = change_between(broken, healthy, healthy, "")
        if take_back(healthy, change.hunks) != broken:
            return None
        return _Part(number, bug, change.hunks, frozenset(bug.key.fail_to_pass))

    def _choose(self, kind: str) -> list[_Part] | None:
        """Return parts of one kind that were not put together before."""
        free = [part for part in self.parts if self.uses[part.number] < self.maker.max_per_bug]
        if len(free) < 2:
            return None
        sizes = [size for size in _SIZES if size <= self.maker.max_parts]
        for _ in range(_TRIES):
            size = self.rng.choices(sizes, [_SIZES[s] for s in sizes])[0]
            chosen = [self.rng.choice(free)]
            for part in self.rng.sample(free, len(free)):
                if len(chosen) == size:
                    break
                if self._fits(kind, chosen, part):
                    chosen.append(part)
            numbers = frozenset(part.number for part in chosen)
            if len(chosen) >= 2 and numbers not in self.made and self._stands(chosen):
                return sorted(chosen, key=lambda part: part.number)
        return None

    def _fits(self, kind: str, chosen: Sequence[_Part], part: _Part) -> bool:
        together = [*chosen, part]
        if part in chosen or not _apart(together) or not _same_beside(together):
            return False
        tests = [one.tests for one in together]
        if len(frozenset().union(*tests)) > self.most:
            return False
        return all(own - frozenset().union(*_others(tests, n)) for n, own in enumerate(tests)) and (
            self._related(kind, chosen, part)
        )

    def _related(self, kind: str, chosen: Sequence[_Part], part: _Part) -> bool:
        """Whether a part lies to those before as the kind wants."""
        path, function = part.place
        places = [one.place for one in chosen]
        if kind == "one_function":
            return bool(function) and all(place == part.place for place in places)
        if kind == "one_file":
            return all(p == path and f != function for p, f in places)
        called = [place for place in places if self.calls.linked(place, part.place)]
        if kind == "call_chain":
            return bool(called) and part.place not in places
        return not called and all(place[0] != path for place in places)

    def _stands(self, chosen: Sequence[_Part]) -> bool:
        """Whether the files are Python with all parts in them."""
        hunks = [hunk for part in chosen for hunk in part.hunks]
        return all(parse(text) is not None for text in take_back(self.healthy, hunks).values())

    def _bug(self, kind: str, chosen: Sequence[_Part]) -> Bug:
        hunks = [hunk for part in chosen for hunk in part.hunks]
        texts = take_back(self.healthy, hunks)
        first = chosen[0].bug.key
        inside = [hunk for hunk in hunks if hunk.path == first.path]
        functions = dict.fromkeys(part.bug.key.function for part in chosen)
        tests = frozenset().union(*(part.tests for part in chosen))
        return Bug(
            maker=_NAME,
            kind=kind,
            files=tuple(TextFile(path=path, text=texts[path]) for path in sorted(texts)),
            path=first.path,
            line=min(hunk.start for hunk in inside) + 1,
            last_line=max(max(hunk.end, hunk.start + 1) for hunk in inside),
            function=", ".join(name for name in functions if name),
            caught_by=tuple(sorted(tests, key=lambda test: self.order.get(test, 0))),
            beside=tuple({file.path: file for part in chosen for file in part.bug.beside}.values()),
            parts=tuple(part.bug.report for part in chosen),
            shown_by=tuple(
                tuple(sorted(own - frozenset().union(*_others([p.tests for p in chosen], n))))
                for n, own in enumerate(part.tests for part in chosen)
            ),
        )


def _others(tests: Sequence[frozenset[str]], number: int) -> list[frozenset[str]]:
    return [one for n, one in enumerate(tests) if n != number]


def _same_beside(parts: Sequence[_Part]) -> bool:
    """Whether no two parts want another text in the same file outside the source."""
    files = {file for part in parts for file in part.bug.beside}
    return len(files) == len({file.path for file in files})


def _apart(parts: Sequence[_Part]) -> bool:
    """Whether at least one line that none of the parts changes lies between any two changes."""
    spans: dict[str, list[tuple[int, int]]] = {}
    for part in parts:
        for hunk in part.hunks:
            spans.setdefault(hunk.path, []).append((hunk.start, hunk.end))
    return all(
        left[1] < right[0] for inside in spans.values() for left, right in pairwise(sorted(inside))
    )
