"""mutate: small mistakes of the kinds people make, put into working code.

Nothing outside the mistake changes: comments and layout stay byte for byte.
"""

import difflib
from collections import Counter
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from random import Random

from etude.errors import ConfigError
from etude.records import TextFile
from etude.stages.swe.bugs._base import Bug, BugMaker, SourceFile
from etude.stages.swe.bugs._mutations import (
    MUTATIONS,
    Edit,
    Facts,
    Function,
    Mutation,
    Source,
)
from etude.stages.swe.bugs._turns import by_size, in_turns, runs

_NAME = "mutate"


class MutateMaker(BugMaker, frozen=True, kw_only=True):
    """Proposes procedural bugs in functions that tests run.

    Raises:
        ConfigError: A kind is not known, or `max_per_function` is below one.
    """

    kinds: tuple[str, ...] = ()
    """Kinds of mistake to make; empty means all."""
    max_per_function: int = 3

    def __post_init__(self) -> None:
        known = [m.name for m in MUTATIONS]
        for kind in self.kinds:
            if kind not in known:
                close = difflib.get_close_matches(kind, known, n=1)
                hint = f"; did you mean {close[0]!r}?" if close else ""
                raise ConfigError(f"mutate has no kind {kind!r} (known: {', '.join(known)}){hint}")
        if self.max_per_function < 1:
            raise ConfigError(f"max_per_function is {self.max_per_function}; it must be at least 1")

    def propose(self, files: Sequence[SourceFile], rng: Random) -> Iterator[Bug]:
        """Yield bugs one file after the other, the rarest kind that applies first."""
        wanted = [m for m in MUTATIONS if not self.kinds or m.name in self.kinds]
        n_made: Counter[str] = Counter()
        order = sorted(files, key=lambda file: file.path)
        rng.shuffle(order)
        for bug in in_turns(
            _bugs_of(file, wanted, self.max_per_function, n_made, rng) for file in order
        ):
            n_made[bug.kind] += 1
            yield bug


class _Sites:
    """The ways to break one function that are still open."""

    def __init__(
        self, function: Function, wanted: Sequence[Mutation], covered: Collection[int]
    ) -> None:
        self.function = function
        self.source = function.source
        self.n_made = 0
        self._used: set[str] = set()
        self._open: dict[Mutation, list[Edit]] = {}
        for mutation in wanted:
            edits = [e for e in mutation.find(function) if runs(self.source, e, covered)]
            if edits:
                self._open[mutation] = edits

    def take(self, n_made: Mapping[str, int], rng: Random, seen: set[Edit]) -> Bug | None:
        """Return one bug of the kind that is most wanted here; `None` when none is left.

        Args:
            n_made: How many bugs of each kind there are so far.
            rng: Chooses among edits of one kind.
            seen: Edits already tried in this file; this one is added.
        """
        while self._open:
            wish = {m: (n_made[m.name] + rng.random()) / m.weight for m in self._open}
            mutation = min(self._open, key=lambda m: (m.name in self._used, wish[m]))
            edits = self._open[mutation]
            edit = edits.pop(rng.randrange(len(edits)))
            if not edits:
                del self._open[mutation]
            edit_only = edit._replace(reach=None)
            broken = None if edit_only in seen else self.source.apply(edit)
            seen.add(edit_only)
            if broken is None:
                continue
            self.n_made += 1
            self._used.add(mutation.name)
            return self._bug(mutation.name, edit, broken)
        return None

    def _bug(self, kind: str, edit: Edit, broken: str) -> Bug:
        line, last_line = self.source.changed_lines(edit)
        return Bug(
            maker=_NAME,
            kind=kind,
            files=(TextFile(path=self.source.path, text=broken),),
            path=self.source.path,
            line=line,
            last_line=last_line,
            function=self.function.name,
        )


def _bugs_of(
    file: SourceFile,
    wanted: Sequence[Mutation],
    max_per_function: int,
    n_made: Mapping[str, int],
    rng: Random,
) -> Iterator[Bug]:
    """Bugs of one file, one function after the other, larger functions sooner."""
    if not file.covered:
        return
    try:
        source = Source(file.path, file.text)
    except ValueError:
        return
    facts, seen = Facts(source), set[Edit]()
    turn: Iterable[_Sites] = (
        _Sites(Function(facts, place), wanted, file.covered)
        for place in by_size(source, file.covered, rng)
    )
    while True:
        still_open = []
        for sites in turn:
            bug = sites.take(n_made, rng, seen)
            if bug is None:
                continue
            yield bug
            if sites.n_made < max_per_function:
                still_open.append(sites)
        if not still_open:
            return
        turn = still_open
