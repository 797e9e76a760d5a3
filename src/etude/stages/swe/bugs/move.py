"""move: bugs whose failure shows elsewhere: no test calls the place, no traceback ends there.

Mistakes and omissions are put into functions that tests reach only through others. Tests are asked
what becomes of each, and those that fail in the very place are left out.
"""

from collections.abc import AsyncGenerator, Iterator, Sequence
from random import Random
from typing import Literal

import msgspec

from etude.errors import ConfigError
from etude.rollout.suites import Failure, SuiteRun
from etude.stages.swe.bugs._base import Bug, BugMaker, Material, SourceFile
from etude.stages.swe.bugs._calls import Calls, Place, called_names
from etude.stages.swe.bugs._definitions import parse
from etude.stages.swe.bugs._notes import Notes
from etude.stages.swe.bugs._turns import in_turns
from etude.stages.swe.bugs.mutate import MutateMaker
from etude.stages.swe.bugs.omit import OmitMaker

_NAME = "move"
_MOST_TESTS = 400
"""Tests that are asked about one bug: what more of them reach is too dear to ask about."""
_MOST_SHARE = 0.25
"""Share of the passing tests that may fail."""
Kind = Literal["out_of_sight", "passed_through", ""]


class MoveMaker(BugMaker, frozen=True, kw_only=True):
    """Proposes bugs that lie upstream of what the failing tests call.

    Kinds are `out_of_sight`, where the place is in no traceback of a failing test, and
    `passed_through`, where it is in one and none ends there.

    Raises:
        ConfigError: A number is out of its range.
    """

    min_depth: int = 2
    """Calls between a test and the place, at least: 2 is a function that a function calls which
    tests call by name."""
    max_per_function: int = 2
    """Mistakes, and as many omissions, that are tried in one function."""

    def __post_init__(self) -> None:
        if self.min_depth < 2:
            raise ConfigError(f"min_depth is {self.min_depth}; tests call what is at depth 1")
        if self.max_per_function < 1:
            raise ConfigError(f"max_per_function is {self.max_per_function}; it must be at least 1")

    async def search(self, material: Material, rng: Random) -> AsyncGenerator[Bug, None]:
        """Yield bugs of places that tests reach only through other functions."""
        notes = Notes(material.notes)
        deep = _deep_places(material, self.min_depth)
        passing = [test.id for test in material.codebase.tests if test.outcome == "passed"]
        most = int(_MOST_SHARE * len(passing))
        for bug in self._proposed(material.files, deep, rng):
            tests = _reached(material, bug, passing)
            if not 0 < len(tests) <= _MOST_TESTS:
                continue
            question = (_NAME, [[file.path, file.text] for file in bug.files], tests)
            seen = notes.read(question, _Seen)
            if seen is None:
                run = await material.ask({file.path: file.text for file in bug.files}, tests)
                seen = _seen(run, tests, bug)
                notes.write(question, seen)
            if seen.kind and len(seen.failing) <= most:
                yield msgspec.structs.replace(
                    bug, maker=_NAME, kind=seen.kind, caught_by=seen.failing
                )

    def _proposed(
        self, files: Sequence[SourceFile], deep: frozenset[Place], rng: Random
    ) -> Iterator[Bug]:
        """Yield mistakes and omissions in deep places, in turns."""
        within = [file for file in files if any(path == file.path for path, _ in deep)]
        makers = (
            MutateMaker(max_per_function=self.max_per_function),
            OmitMaker(max_per_function=self.max_per_function),
        )
        streams = [maker.propose(within, Random(rng.random())) for maker in makers]
        for bug in in_turns(streams):
            if (bug.path, bug.function) in deep:
                yield bug


class _Seen(msgspec.Struct, frozen=True):
    """What tests said of one bug."""

    failing: tuple[str, ...]
    kind: Kind
    """Empty when it is no bug for this maker."""


def _deep_places(material: Material, min_depth: int) -> frozenset[Place]:
    """Return the functions that tests reach only through others, so many calls away."""
    named: set[str] = set()
    for path in sorted({test.path for test in material.codebase.tests}):
        file = material.source / path
        if path.endswith(".py") and file.resolve().is_relative_to(material.source.resolve()):
            tree = parse(file.read_bytes()) if file.is_file() else None
            named |= called_names(tree) if tree else set()
    depths = Calls({file.path: file.text for file in material.files}).depths(frozenset(named))
    return frozenset(place for place, depth in depths.items() if depth >= min_depth)


def _reached(material: Material, bug: Bug, passing: Sequence[str]) -> list[str]:
    """Return the passing tests that run a line of the place."""
    lines = material.coverage.lines.get(bug.path, {})
    found: set[int] = set()
    for number in range(bug.line, bug.last_line + 1):
        found.update(lines.get(number, ()))
    reached = {material.codebase.tests[number].id for number in found}
    return [test for test in passing if test in reached]


def _seen(run: SuiteRun, tests: Sequence[str], bug: Bug) -> _Seen:
    nothing = _Seen((), "")
    if run.timed_out or not run.complete or run.collection_errors:
        return nothing
    failing = tuple(test for test in tests if not run.passed(test))
    passed_through = False
    for test in failing:
        result = run.results.get(test)
        if result is None or result.failure is None or result.failure.exception == "TestTimedOut":
            return nothing
        where = _where(result.failure, bug)
        if where == "there":
            return nothing
        passed_through |= where == "on the way"
    if not failing:
        return nothing
    return _Seen(failing, "passed_through" if passed_through else "out_of_sight")


def _where(failure: Failure, bug: Bug) -> Literal["there", "on the way", "elsewhere"]:
    """Say whether a traceback ends in the place of a bug, runs through it, or does neither."""
    name = bug.function.rpartition(".")[2]
    inside = [
        frame.path == bug.path and frame.function.rpartition(".")[2] == name
        for frame in failure.frames
        if frame.path
    ]
    if inside and inside[-1]:
        return "there"
    return "on the way" if any(inside) else "elsewhere"
