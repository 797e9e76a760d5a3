"""history: real defects, put back by taking back what people did to mend them.

Each change between two old versions is taken back in the healthy tree and cut down to the hunks
that single tests need, so that one release with several repairs gives several bugs.
"""

import asyncio
import logging
from collections.abc import AsyncGenerator, Sequence
from random import Random

import msgspec

from etude.errors import ConfigError
from etude.records import TextFile
from etude.rollout.grading import reason_to_drop
from etude.stages.swe.bugs._base import Bug, BugMaker, Material
from etude.stages.swe.bugs._definitions import parse
from etude.stages.swe.bugs._history import (
    Bugs,
    Change,
    Found,
    Limits,
    Tree,
    changes_of_commits,
    changes_of_releases,
    choose_entry,
    find_bugs,
)
from etude.stages.swe.bugs._history.hunks import scope_of, scopes, take_back
from etude.stages.swe.bugs._notes import Notes
from etude.stages.swe.toolchains._layout import source_files

_NAME = "history"
_log = logging.getLogger(__name__)


class HistoryMaker(BugMaker, frozen=True, kw_only=True):
    """Takes back repairs that people made.

    Raises:
        ConfigError: A number is below zero.
    """

    releases: int = 6
    """How many releases to go back from the one that was prepared; 0 looks at none."""
    commits: int = 60
    """How many commits that touch source and tests to look at; 0 looks at none."""
    repository: str = ""
    """Folder or bundle of the project's repository; empty takes where the codebase came from, and
    nothing for a codebase that came from elsewhere."""
    sdists: str = ""
    """Folder of source archives to take older releases from; empty asks the package index."""
    max_questions: int = 160
    """Test runs that the search in one change may cost."""
    max_lines: int = 150
    """Changed lines of one bug, taken out and put in; of 56 measured pairs of releases half changed
    about 60."""
    features: bool = False
    """Whether to put back that something was missing: tests count that call what the older source
    does not have."""

    def __post_init__(self) -> None:
        for name in ("releases", "commits", "max_questions", "max_lines"):
            if getattr(self, name) < 0:
                raise ConfigError(f"history: {name} is {getattr(self, name)}; it must not be < 0")

    async def search(self, material: Material, rng: Random) -> AsyncGenerator[Bug, None]:
        """Yield the bugs of one change after the other, the smallest change first."""
        notes = Notes(material.notes)
        healthy = _sources(material)
        limits = Limits(
            max_questions=self.max_questions, max_lines=self.max_lines, features=self.features
        )
        changes = await asyncio.to_thread(self._changes, material, healthy, notes)
        for change in changes:
            question = ["bugs", material.codebase.id, change.hunks, change.added, limits]
            bugs = notes.read(question, Bugs)
            if bugs is None:
                bugs = await find_bugs(material, healthy, change, limits)
                notes.write(question, bugs)
            _log.info(
                "%s %s: %d hunks, %d tests fail, %d bugs, %d runs",
                material.codebase.name, change.label, len(change.hunks), bugs.n_failing,
                len(bugs.found), bugs.n_questions,
            )  # fmt: skip
            for found in bugs.found:
                yield _bug(healthy, change, found)

    def _changes(self, material: Material, healthy: Tree, notes: Notes) -> Sequence[Change]:
        question = ["changes", material.codebase.id, msgspec.to_builtins(self)]
        found = notes.read(question, tuple[Change, ...])
        if found is None:
            released, whole = changes_of_releases(material, healthy, self.releases, self.sdists)
            committed = changes_of_commits(material, healthy, self.commits, self.repository)
            found = (*released, *committed)
            if whole:
                notes.write(question, found)
        # The fewer hunks, the sooner it is known what they do.
        return sorted((c for c in found if c.hunks), key=lambda change: len(change.hunks))


def _sources(material: Material) -> dict[str, str]:
    """Return the text of the files that a patch may touch."""
    texts = {}
    for path in source_files(material.source, material.codebase.source_roots):
        name = path.relative_to(material.source).as_posix()
        if reason_to_drop(name, material.codebase):
            continue
        try:
            text = path.read_bytes().decode()
        except UnicodeDecodeError:
            continue
        if parse(text) is not None:
            texts[name] = text
    return texts


def _bug(healthy: Tree, change: Change, found: Found) -> Bug:
    hunks = [change.hunks[number] for number in found.hunks]
    texts = take_back(healthy, hunks)
    first = hunks[0]
    inside = [hunk for hunk in hunks if hunk.path == first.path]
    tree = parse(healthy[first.path])
    held = scopes(tree) if tree else []
    functions = [scope.name for h in inside if (scope := scope_of(h, held)) is not None]
    around = [s.name for h in inside if (s := scope_of(h, held, functions=False)) is not None]
    lines = healthy[first.path].split("\n")
    evidence = [
        *(test.rpartition("::")[2].partition("[")[0] for test in found.tests),
        *(line for hunk in hunks for line in hunk.old),
        *(line for h in inside for line in lines[h.start : h.end]),
    ]
    return Bug(
        maker=_NAME,
        kind=found.kind,
        files=tuple(TextFile(path=path, text=text) for path, text in sorted(texts.items())),
        path=first.path,
        line=min(hunk.start for hunk in inside) + 1,
        last_line=max(max(hunk.end, hunk.start + 1) for hunk in inside),
        function=functions[0] if functions else "",
        caught_by=found.failing,
        story=choose_entry(change.entries, around, evidence),
        beside=change.beside,
    )
