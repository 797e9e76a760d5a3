"""omit: what a fix would add is taken away again: a guard, a case, a parameter and its uses.

Each bug is as large as a real fix, in lines and in places, and one thing is left out wherever it
stands. What remains compiles, reads no name that is gone, and keeps its layout byte for byte.
"""

import difflib
import itertools
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from random import Random

from etude.errors import ConfigError
from etude.records import TextFile
from etude.stages.swe.bugs._base import Bug, BugMaker, SourceFile
from etude.stages.swe.bugs._omissions.ground import Ground
from etude.stages.swe.bugs._omissions.growth import Omission, Pieces, finished, grow
from etude.stages.swe.bugs._omissions.pieces import Piece
from etude.stages.swe.bugs._omissions.sizes import SIZES, WITHIN_LINES, Size, by_need
from etude.stages.swe.bugs._turns import by_size, in_turns

_NAME = "omit"
KINDS: Mapping[str, float] = {
    "argument": 0.5, "branch": 1.4, "call": 0.6, "case": 0.8, "condition": 1.6, "default": 0.8,
    "field": 1.0, "guard": 1.2, "handler": 0.7, "loop": 0.6, "parameter": 1.0, "statement": 0.5,
    "steps": 0.6, "variable": 0.8,
}  # fmt: skip
"""Kinds of thing left out, with how often each is proposed where several apply. A condition is what
a third of real fixes add."""
_MAX_FINISHED = 8
"""Candidates that are looked into, for one bug; the dear part."""
_SEEDS_TRIED = 8


class OmitMaker(BugMaker, frozen=True, kw_only=True):
    """Proposes bugs that leave something out of functions that tests run.

    Raises:
        ConfigError: A kind is not known, or `max_per_function` is below one.
    """

    kinds: tuple[str, ...] = ()
    """Kinds of thing to leave out; empty means all."""
    max_per_function: int = 3
    """Bugs that may start in one function."""

    def __post_init__(self) -> None:
        for kind in self.kinds:
            if kind not in KINDS:
                close = difflib.get_close_matches(kind, KINDS, n=1)
                hint = f"; did you mean {close[0]!r}?" if close else ""
                raise ConfigError(f"omit has no kind {kind!r} (known: {', '.join(KINDS)}){hint}")
        if self.max_per_function < 1:
            raise ConfigError(f"max_per_function is {self.max_per_function}; it must be at least 1")

    def propose(self, files: Sequence[SourceFile], rng: Random) -> Iterator[Bug]:
        """Yield bugs one file after the other, of the sizes and kinds most missing so far."""
        wanted = {k: weight for k, weight in KINDS.items() if not self.kinds or k in self.kinds}
        made = _Made(wanted)
        order = sorted(files, key=lambda file: file.path)
        rng.shuffle(order)
        for size, bug in in_turns(self._of_file(file, made, rng) for file in order):
            made.kinds[bug.kind] += 1
            made.sizes[size] += 1
            yield bug

    def _of_file(self, file: SourceFile, made: "_Made", rng: Random) -> Iterator[tuple[Size, Bug]]:
        """Bugs of one file, one function after the other, larger functions sooner."""
        if not file.covered:
            return
        try:
            ground = Ground(file.path, file.text, file.covered)
        except ValueError:
            return
        pieces = Pieces(ground)
        by_node = {function.node: function for function in ground.functions}
        turn = [by_node[place.node] for place in by_size(ground.source, file.covered, rng)]
        seen = set[str]()
        for _ in range(self.max_per_function):
            still_open = []
            for function in turn:
                found = _one(pieces, pieces.of(function), made, seen, rng)
                if found is not None:
                    still_open.append(function)
                    yield found
            turn = still_open


class _Made:
    """What has been proposed so far, by kind and by size."""

    def __init__(self, wanted: Mapping[str, float]) -> None:
        self.wanted = wanted
        self.kinds: Counter[str] = Counter()
        self.sizes: Counter[Size] = Counter()


def _one(
    pieces: Pieces, seeds: Sequence[Piece], made: _Made, seen: set[str], rng: Random
) -> tuple[Size, Bug] | None:
    """Return a bug that starts from one of `seeds`, of the size and kind most wanted."""
    open_ = [piece for piece in seeds if piece.kind in made.wanted]
    within = rng.random() < WITHIN_LINES
    spare: tuple[Size, Omission, str] | None = None
    n_finished = 0
    for size in by_need(made.sizes, rng):
        for seed in itertools.islice(_in_order(open_, made, rng), _SEEDS_TRIED):
            omission = grow(pieces, seed, size, rng, within=within)
            if omission is None or (spare and not omission.changes_a_line()):
                continue
            n_finished += 1
            omission = finished(omission)
            broken = None if omission.too_large(_slightly_more(size)) else omission.broken()
            if broken is None or broken in seen:
                continue
            spare = (size, omission, broken)
            if not within or omission.changes_a_line():
                break
        if n_finished >= _MAX_FINISHED or (spare and (not within or spare[1].changes_a_line())):
            break
    if spare is None:
        return None
    size, omission, broken = spare
    seen.add(broken)
    return size, _bug(omission, broken)


def _slightly_more(size: Size) -> Size:
    return size._replace(n_hunks=size.n_hunks + 1, most=size.most + 2)


def _in_order(seeds: Sequence[Piece], made: _Made, rng: Random) -> Iterator[Piece]:
    """Yield seeds in any order, but one of each kind before the next of any."""
    left: dict[str, list[Piece]] = {}
    for seed in seeds:
        left.setdefault(seed.kind, []).append(seed)
    used: Counter[str] = Counter()
    while left:
        wish = {k: (made.kinds[k] + 3 * used[k] + rng.random()) / made.wanted[k] for k in left}
        kind = min(wish, key=wish.__getitem__)
        used[kind] += 1
        yield left[kind].pop(rng.randrange(len(left[kind])))
        if not left[kind]:
            del left[kind]


def _bug(omission: Omission, broken: str) -> Bug:
    source, lines = omission.ground.source, omission.lines()
    seed = omission.pieces[0]
    return Bug(
        maker=_NAME,
        kind=seed.kind,
        files=(TextFile(path=source.path, text=broken),),
        path=source.path,
        line=lines[0],
        last_line=lines[-1],
        function=seed.function.name,
    )


__all__ = ["KINDS", "SIZES", "OmitMaker"]
