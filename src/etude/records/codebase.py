"""Codebase: a real project, pinned, installed and measured, ready to set tasks in."""

from typing import Literal

import msgspec

from etude.records._base import Record

Outcome = Literal["passed", "failed", "error", "skipped", "xfailed", "xpassed"]


class BaselineTest(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """One test of the healthy suite: what it did in every run."""

    id: str
    """pytest node id, relative to the codebase root."""
    outcome: Outcome
    duration_s: float
    """Median over the baseline runs, in seconds."""
    path: str = ""
    """File that holds the test function; empty when it could not be found."""
    first_line: int = 0
    """First line of the test function, decorators included, counted from 1; 0 when unknown."""
    last_line: int = 0


class SetAside(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A test that can judge nothing here, and why."""

    id: str
    reason: str
    """One of: fails, flaky, order, network, time, unstable-id."""


class Codebase(Record, frozen=True, kw_only=True):
    """The card of a prepared codebase. `id` is the digest of everything that decides a test run."""

    name: str
    version: str
    source_digest: str
    """sha256 of the source archive or tree as it came."""
    summary: str = ""
    homepage: str = ""
    interpreter: str
    """Implementation and version, such as `cpython-3.11.7`."""
    runner: str
    """Test runner and version, such as `pytest-9.2.0`: the era the suite runs in."""
    lock: tuple[str, ...]
    """Every installed distribution as `name==version`."""
    source_roots: tuple[str, ...]
    """Folders or files that hold the project's own code; a fix may only touch these."""
    test_paths: tuple[str, ...]
    """What the test runner is pointed at."""
    test_command: str = ""
    """Shell command with which an agent runs the suite, the project's own settings and all."""
    test_args: tuple[str, ...] = ()
    """Further arguments of the test runner, ours, not the project's."""
    test_settings: tuple[str, ...] = ()
    """Lines of the runner's settings file that are kept from the project's own."""
    plugins: tuple[str, ...] = ()
    """Modules of the test runner's plug-ins that are loaded by name."""
    own_modules: tuple[str, ...] = ()
    """Modules of the project that the test runner imports too and must have from elsewhere."""
    tests: tuple[BaselineTest, ...]
    """The stable suite: passing, skipped and expected-to-fail tests."""
    set_aside: tuple[SetAside, ...] = ()
    suite_s: float
    """Seconds one run of the whole suite takes, median, in a box."""
    n_source_lines: int
    notes: tuple[str, ...] = ()
    """What was done to make it run, in plain words."""


class Coverage(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Which stable tests run which lines of the project's own code."""

    lines: dict[str, dict[int, tuple[int, ...]]]
    """path -> line -> indices into the codebase's `tests`, ascending."""
    imported: dict[str, tuple[int, ...]]
    """path -> lines run while the tests were collected, such as module and class bodies."""
