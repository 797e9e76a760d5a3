"""BugMaker: proposes ways to break a working codebase. Material: all it may look at and ask."""

from collections.abc import AsyncGenerator, Iterator, Mapping, Sequence
from pathlib import Path
from random import Random
from typing import ClassVar, Protocol

import msgspec

from etude.plugins import Spec
from etude.records import AnswerKey, Codebase, Coverage, TextFile
from etude.rollout.suites import SuiteRun


class SourceFile(msgspec.Struct, frozen=True, kw_only=True):
    """One file of the project's own code, working."""

    path: str
    """Relative to the codebase root, with forward slashes."""
    text: str
    covered: frozenset[int]
    """Lines that at least one stable test runs, counted from 1."""


class Bug(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """One way to break a codebase."""

    maker: str
    kind: str
    """What sort of mistake it is, such as `off_by_one`."""
    files: tuple[TextFile, ...]
    """The broken files, whole."""
    path: str
    """The file that holds the first change."""
    line: int
    """First changed line of the healthy file, counted from 1."""
    last_line: int
    """Last changed line of the healthy file."""
    function: str
    """Qualified name of the function it is in; empty at module or class level."""
    caught_by: tuple[str, ...] = ()
    """Tests that its maker has seen fail, every one of them as far as it knows; empty when it did
    not ask. Such a bug is not forecast."""
    parts: tuple[str, ...] = ()
    """Statements of the bugs that this one is made of; empty when it is one by itself."""
    shown_by: tuple[tuple[str, ...], ...] = ()
    """Sets of tests of which each must have one that catches the bug."""
    story: str = ""
    """What people wrote of the defect, such as a changelog entry; empty when nobody did."""
    beside: tuple[TextFile, ...] = ()
    """Files outside the source that would tell of the cure, such as a changelog, as they were
    before it. They lie in the agent's tree only; no test run sees them."""


class Kept(msgspec.Struct, frozen=True, kw_only=True):
    """A bug that was proved and kept as a task."""

    files: tuple[TextFile, ...]
    """The broken source files, whole."""
    key: AnswerKey
    report: str
    """The statement of the task."""
    beside: tuple[TextFile, ...] = ()
    """Files outside the source that are others in the agent's tree, tests left out."""


class Ask(Protocol):
    """Asks what tests say of the codebase when some of its files are others."""

    async def __call__(
        self, files: Mapping[str, str | None], tests: Sequence[str] | None = None
    ) -> SuiteRun:
        """Run the tests with these ids, or all, in a fresh box; `None` takes a file away.

        Raises:
            SandboxError: The box failed.
        """
        ...


class Material(msgspec.Struct, frozen=True, kw_only=True):
    """What a bug maker may look at, and whom it may ask."""

    codebase: Codebase
    source: Path
    """Folder of the healthy tree; never to be changed."""
    files: tuple[SourceFile, ...]
    """The project's own files that at least one stable test runs."""
    coverage: Coverage
    """Which tests run which lines."""
    ask: Ask
    notes: Path
    """Folder of this codebase, outlasting the run, for answers that were dear; may not be there."""
    kept: tuple[Kept, ...] = ()
    """What was kept so far, in order; only for makers that come last."""


class BugMaker(Spec, frozen=True, kw_only=True):
    """Proposes bugs. Whether a bug is any good is decided by validation.

    A maker defines `propose`, or `search` when it needs more than the files.
    """

    comes_last: ClassVar[bool] = False
    """Whether it builds on bugs that were kept, and so is asked when the other makers are done."""

    def propose(self, files: Sequence[SourceFile], rng: Random) -> Iterator[Bug]:
        """Yield bugs, spread over files, functions and kinds from the first on; may yield none.

        Lazy: a caller that stops early pays only for what it took. Deterministic: the same files
        and the same `rng` state give the same bugs in the same order.
        """
        yield from ()

    async def search(self, material: Material, rng: Random) -> AsyncGenerator[Bug, None]:
        """Yield bugs as `propose` does; may ask tests, and keep in its notes what they said."""
        for bug in self.propose(material.files, rng):
            yield bug
