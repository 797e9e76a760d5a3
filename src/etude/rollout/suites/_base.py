"""Suite: runs the tests of a codebase in a box. SuiteRun: what every test did."""

from abc import abstractmethod
from collections.abc import Sequence
from typing import Literal

import msgspec

from etude.plugins import Spec
from etude.records import Codebase, Outcome
from etude.rollout.suites._forecast import Candidate, Forecasts, Probe
from etude.sandbox import Box

Order = Literal["given", "reversed"]


class Frame(msgspec.Struct, frozen=True, kw_only=True):
    """One step of a traceback."""

    path: str
    """Relative to the codebase root; empty when the frame lies outside it."""
    line: int
    function: str
    source: str = ""
    """The line itself, stripped."""


class Failure(msgspec.Struct, frozen=True, kw_only=True):
    """How one test failed, for a reader and for the statement writer."""

    exception: str
    """Type name, such as `AssertionError`."""
    message: str
    frames: tuple[Frame, ...] = ()
    """Outermost first: the test function, then what it called."""
    statement: str = ""
    """Source of the whole statement of the test function that failed, dedented."""
    steps: tuple[str, ...] = ()
    """Earlier statements of that function which bind or may change what the statement uses."""
    values: dict[str, str] = {}
    """Short reprs of variables that the statement and the steps name; also `self.x`."""
    types: dict[str, str] = {}
    """Dotted names of their types; a class of the test's own stands for the one it extends."""
    origins: dict[str, str] = {}
    """Dotted names of the modules, classes and functions that they name, where defined."""
    compared: tuple[str, str, str] | None = None
    """Left repr, operator and right repr of the comparison that did not hold."""


class CaseResult(msgspec.Struct, frozen=True, kw_only=True):
    """What one test did."""

    outcome: Outcome
    duration_s: float
    failure: Failure | None = None


class CasePlace(msgspec.Struct, frozen=True, kw_only=True):
    """Where a test function is written."""

    path: str
    first_line: int
    last_line: int


class SuitePlan(msgspec.Struct, frozen=True, kw_only=True):
    """Which tests to run, and how."""

    tests: tuple[str, ...] | None = None
    """Exact ids; `None` runs everything."""
    without: tuple[str, ...] = ()
    """Ids left out."""
    order: Order = "given"
    hash_seed: int = 0
    coverage: bool = False
    """Record which tests run which lines of the source roots (slower)."""
    collect_only: bool = False
    stop_at_failure: bool = False
    test_s: dict[str, float] = {}
    """Time limit per test id, in seconds."""
    default_test_s: float = 60.0
    give_up_after: int = 3
    """The run ends when so many tests have outlived their time; 0 goes on to the end."""
    timeout_s: float = 600.0
    """Wall time of the whole run."""
    bytecode: str = ""
    """Folder in the box to read bytecode from; with `write_bytecode` also to write it to."""
    write_bytecode: bool = False


class SuiteRun(msgspec.Struct, frozen=True, kw_only=True):
    """What a run of the suite said. Anything that is not in `results` did not pass."""

    results: dict[str, CaseResult]
    complete: bool
    """Whether the runner came to its end; a run that was cut short is not."""
    collected: tuple[str, ...] = ()
    collection_errors: tuple[str, ...] = ()
    """What could not be collected, each with its error."""
    places: dict[str, CasePlace] = {}
    lines: dict[str, dict[str, tuple[int, ...]]] = {}
    """test id -> path -> lines it ran; the id is empty for lines run at import."""
    running: str = ""
    """Test that was running when the run was cut short; empty when none was."""
    log: str = ""
    """The end of what the runner printed. For people; never read for a verdict."""
    runner: str = ""
    """Runner and version, such as `pytest-9.2.0`."""
    duration_s: float = 0.0
    timed_out: bool = False

    def passed(self, test: str) -> bool:
        """Whether `test` ran and passed."""
        result = self.results.get(test)
        return result is not None and result.outcome == "passed"


class Suite(Spec, frozen=True, kw_only=True):
    """Runs the tests of a codebase in an open box."""

    @abstractmethod
    async def run(self, box: Box, codebase: Codebase, plan: SuitePlan) -> SuiteRun:
        """Run the tests that `plan` names.

        Raises:
            SandboxError: The box failed.
        """
        raise NotImplementedError

    async def forecast(
        self,
        box: Box,
        codebase: Codebase,
        plan: SuitePlan,
        candidates: Sequence[Candidate],
        probe: Probe | None = None,
    ) -> Forecasts | None:
        """Say what candidates do to the tests, much faster than a run for each and less surely.

        Forecasts choose what is worth a run; they are never a verdict.

        Args:
            box: A box of the healthy tree, whose user may change it.
            codebase: The codebase's card.
            plan: Limits and bytecode; its `tests` are those that are collected.
            candidates: What to judge.
            probe: What to run on the healthy tree first.

        Returns:
            What was said, or `None` where this kind of suite has no such way.

        Raises:
            SandboxError: The box failed.
        """
        return None
