"""Growth: what belongs to one thing left out is left out with it, up to the size of a real fix."""

import difflib
import math
import re
from collections.abc import Iterator, Sequence
from random import Random

from etude.stages.swe.bugs._mutations import Edit, Function
from etude.stages.swe.bugs._omissions.chains import chains
from etude.stages.swe.bugs._omissions.ground import Ground
from etude.stages.swe.bugs._omissions.pieces import Piece, single_pieces
from etude.stages.swe.bugs._omissions.sizes import Size
from etude.stages.swe.bugs._omissions.soundness import idle_after, is_sound

_NEAR_LINES = 4
_MIN_RELATION = 0.35
_MAX_TRIED = 40
_MAX_ROUNDS = 3
_MAX_SHARE_GONE = 0.6
_MAX_MORE_TOLD = 4
_POINTLESS = re.compile(
    r"(?<![\w.)\]])([\w.]++(?:\([\w.]*+\))?+) (?:[-<>]|[=!<>]=|is|is not|and|or) \1(?![\w.(\[])"
)


class Omission:
    """Pieces of one file that go together."""

    def __init__(self, ground: Ground, pieces: Sequence[Piece]) -> None:
        self.ground = ground
        self.pieces = list(pieces)
        self.edits = tuple(sorted(e for piece in pieces for e in piece.edits))

    @property
    def functions(self) -> list[Function]:
        """The functions that change."""
        return list(dict.fromkeys(f for piece in self.pieces for f in piece.places))

    def lines(self) -> list[int]:
        """Healthy lines that change, in order."""
        return sorted({n for edit in self.edits for n in self.ground.lines(edit)})

    def n_hunks(self) -> int:
        """Number of runs of changed lines."""
        lines = self.lines()
        return sum(n - 1 not in set(lines) for n in lines)

    def fits(self, size: Size) -> bool:
        """Whether this is as large as wanted."""
        return self.n_hunks() == size.n_hunks and size.least <= len(self.lines()) <= size.most

    def too_large(self, size: Size) -> bool:
        """Whether this can only become larger than wanted."""
        return self.n_hunks() > size.n_hunks or len(self.lines()) > size.most

    def with_piece(self, piece: Piece) -> "Omission | None":
        """Return this and one piece more; `None` where both change the same place."""
        if any(_touch(a, b) for a in piece.edits for b in self.edits):
            return None
        return Omission(self.ground, [*self.pieces, piece])

    def changes_a_line(self) -> bool:
        """Whether it changes some line, instead of only taking lines out."""
        return any(map(_is_within, self.edits))

    def broken(self) -> str | None:
        """Text of the broken file; `None` when it is no use."""
        if any(self._is_hollow(function) for function in self.functions):
            return None
        text = self.ground.source.apply(*self.edits)
        if text is None or not is_sound(self.ground, self.functions, self.edits):
            return None
        healthy = self.ground.source.text
        if _n_pointless(text) > _n_pointless(healthy):
            return None
        # In code that repeats itself, a diff may find the change elsewhere.
        told = _n_told(healthy, text)
        return text if told <= len(self.lines()) + _MAX_MORE_TOLD else None

    def _is_hollow(self, function: Function) -> bool:
        """Whether little of a function is left."""
        source = self.ground.source
        start, end = source.span(function.node.body)
        whole = range(source.line(start), source.line(end - 1) + 1)
        gone = {n for e in self.edits if not _is_within(e) for n in self.ground.lines(e)}
        return len(gone.intersection(whole)) > _MAX_SHARE_GONE * len(whole)


class Pieces:
    """Everything that can be left out of one file, by function; found when asked for."""

    def __init__(self, ground: Ground) -> None:
        self.ground = ground
        self._found: dict[Function, list[Piece]] = {}

    def of(self, function: Function) -> list[Piece]:
        """What can be left out of a function, covered by tests wherever it stands."""
        if function not in self._found:
            both = (single_pieces(self.ground, function), chains(self.ground, function))
            found = {p.edits: p for pieces in both for p in pieces if self._is_covered(p)}
            self._found[function] = list(found.values())
        return self._found[function]

    def related(self, seed: Piece) -> Iterator[Piece]:
        """Pieces of the same function, and of functions beside it."""
        for function in self._neighbours(seed.function):
            yield from self.of(function)

    def _neighbours(self, function: Function) -> Iterator[Function]:
        for other in self.ground.functions:
            if other is function or other.owner is function.owner:
                yield other

    def _is_covered(self, piece: Piece) -> bool:
        return any(
            n in self.ground.covered for edit in piece.edits for n in self._reach(edit)
        ) and all(self._may_run(edit) for edit in piece.edits)

    def _reach(self, edit: Edit) -> range:
        if edit.reach is None:
            return self.ground.lines(edit)
        return self.ground.lines(Edit(*edit.reach, ""))

    def _may_run(self, edit: Edit) -> bool:
        """Whether tests run an edit, or it is no code of its own, such as a comment."""
        code = self.ground.source.slice(edit.start, edit.end).strip()
        return code.startswith("#") or any(n in self.ground.covered for n in self._reach(edit))


def grow(pieces: Pieces, seed: Piece, size: Size, rng: Random, *, within: bool) -> Omission | None:
    """Return an omission of the wanted size that starts from `seed`; `None` when there is none.

    Args:
        pieces: What there is to add.
        seed: What to start from.
        size: How large it shall be.
        rng: Chance of what is added.
        within: Whether to look first for something that changes a line.
    """
    now = Omission(pieces.ground, [seed])
    if now.too_large(size):
        return None
    if now.fits(size):
        return now
    scored = [(_relation(pieces.ground, seed, p), p) for p in pieces.related(seed)]
    near = [(score * (0.5 + rng.random()), p) for score, p in scored if score >= _MIN_RELATION]
    order = [piece for _, piece in sorted(near, key=lambda pair: -pair[0])]
    if within and not now.changes_a_line():
        first = next((p for p in order if any(map(_is_within, p.edits))), None)
        order = [p for p in (first,) if p is not None] + order
    for piece in order[:_MAX_TRIED]:
        grown = now.with_piece(piece)
        if grown is None or grown.too_large(size):
            continue
        now = grown
        if now.fits(size):
            return now
    return None


def finished(omission: Omission) -> Omission:
    """Take out as well what nothing reads any more, as often as that leaves more of it."""
    for _ in range(_MAX_ROUNDS):
        ground = omission.ground
        idle = [
            Piece("variable", ground.tidy([edit]), (function,), frozenset())
            for function in omission.functions
            for edit in idle_after(function, omission.edits)
        ]
        grown = omission
        for piece in idle:
            grown = grown.with_piece(piece) or grown
        if len(grown.edits) == len(omission.edits):
            break
        omission = grown
    return omission


def _n_pointless(text: str) -> int:
    """How often something is compared with, or taken from, itself."""
    return len(_POINTLESS.findall(text))


def _n_told(healthy: str, broken: str) -> int:
    """How many lines a diff shows as changed."""
    lines = broken.splitlines(), healthy.splitlines()
    codes = difflib.SequenceMatcher(None, *lines, autojunk=False).get_opcodes()
    return sum(max(i2 - i1, j2 - j1) for tag, i1, i2, j1, j2 in codes if tag != "equal")


def _touch(a: Edit, b: Edit) -> bool:
    return (a.start < b.end and b.start < a.end) or a.start == b.start


def _is_within(edit: Edit) -> bool:
    """Whether an edit changes a line, instead of taking lines out."""
    return bool(edit.text) or edit.reach is None or edit.reach[0] < edit.start


def _relation(ground: Ground, seed: Piece, other: Piece) -> float:
    """How closely two pieces belong together: by names few other places have, and by nearness."""
    shared = seed.names & other.names
    score = sum(1 / math.log2(1 + ground.counts[name]) for name in shared)
    if other.function is seed.function:
        ends = [ground.source.line(p.edits[0].start) for p in (seed, other)]
        score += 1 / (1 + abs(ends[0] - ends[1]) / _NEAR_LINES)
    return score
