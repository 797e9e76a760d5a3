"""remove: a feature taken out, to be built again from what is said about it.

Of a function or a class the signature and the docstring stay; a branch goes wherever an option is
asked for; what is not yet there is gone with all uses of it.
"""

import difflib
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from random import Random

from etude.errors import ConfigError
from etude.records import TextFile
from etude.stages.swe.bugs._base import Bug, BugMaker, SourceFile
from etude.stages.swe.bugs._removals.absence import not_yet_there
from etude.stages.swe.bugs._removals.bodies import body, class_
from etude.stages.swe.bugs._removals.features import branch
from etude.stages.swe.bugs._removals.project import Project, Removal
from etude.stages.swe.bugs._turns import in_turns

_NAME = "remove"
_KINDS: Mapping[str, float] = {"body": 1.0, "branch": 0.8, "class": 0.5, "not_yet_there": 1.0}
"""Kinds of removal, with how often each is proposed where several apply."""


class RemoveMaker(BugMaker, frozen=True, kw_only=True):
    """Proposes features to take out.

    Raises:
        ConfigError: A kind is not known, or `max_per_function` is below one.
    """

    kinds: tuple[str, ...] = ()
    """Kinds of removal: `body`, `branch`, `class`, `not_yet_there`; empty means all."""
    max_per_function: int = 2
    """Removals that one function or class may be the subject of."""

    def __post_init__(self) -> None:
        for kind in self.kinds:
            if kind not in _KINDS:
                close = difflib.get_close_matches(kind, _KINDS, n=1)
                hint = f"; did you mean {close[0]!r}?" if close else ""
                raise ConfigError(f"remove has no kind {kind!r} (known: {', '.join(_KINDS)}){hint}")
        if self.max_per_function < 1:
            raise ConfigError(f"max_per_function is {self.max_per_function}; it must be at least 1")

    def propose(self, files: Sequence[SourceFile], rng: Random) -> Iterator[Bug]:
        """Yield removals one file after the other, of the kind most missing so far."""
        project = Project([file for file in files if file.covered])
        n_made: Counter[str] = Counter()
        order = sorted(project.files)
        rng.shuffle(order)
        for removal in in_turns(self._of_file(project, path, n_made, rng) for path in order):
            n_made[removal.kind] += 1
            yield _bug(removal)

    def _of_file(
        self, project: Project, path: str, n_made: Mapping[str, int], rng: Random
    ) -> Iterator[Removal]:
        ground = project.ground(path)
        if ground is None:
            return
        found: dict[str, Iterator[Removal]] = {
            "body": _shuffled(body(ground), rng),
            "branch": branch(project, ground, rng),
            "class": _shuffled(class_(ground), rng),
            "not_yet_there": _shuffled(not_yet_there(project, ground), rng),
        }
        open_ = [kind for kind in _KINDS if not self.kinds or kind in self.kinds]
        n_about: Counter[str] = Counter()
        while open_:
            wish = {kind: (n_made[kind] + rng.random()) / _KINDS[kind] for kind in open_}
            kind = min(wish, key=wish.__getitem__)
            removal = next(found[kind], None)
            if removal is None:
                open_.remove(kind)
            elif n_about[removal.function] < self.max_per_function:
                n_about[removal.function] += 1
                yield removal


def _shuffled(removals: Iterator[Removal], rng: Random) -> Iterator[Removal]:
    whole = list(removals)
    rng.shuffle(whole)
    yield from whole


def _bug(removal: Removal) -> Bug:
    main = removal.path
    paths = [main, *sorted(path for path in removal.broken if path != main)]
    return Bug(
        maker=_NAME,
        kind=removal.kind,
        files=tuple(TextFile(path=path, text=removal.broken[path]) for path in paths),
        path=main,
        line=removal.lines[0],
        last_line=removal.lines[1],
        function=removal.function,
    )
