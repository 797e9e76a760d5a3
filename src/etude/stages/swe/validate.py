"""Prove a bug: which tests catch it, that hiding them leaves a green suite, that the cure cures.

Every verdict comes from whole processes in fresh boxes and is read by exact test id from the
runner's report. A test that is missing, skipped, erroring or out of time has not passed.
"""

import hashlib
from collections.abc import Sequence
from random import Random
from typing import NamedTuple

import msgspec

from etude.errors import TaskError, blame
from etude.records import (
    AnswerKey,
    BaselineTest,
    Codebase,
    Origin,
    Task,
    TextFile,
    Workspace,
    make_patch,
)
from etude.rollout.environment import Environment
from etude.rollout.grading import grade, reason_to_drop, run_tests
from etude.rollout.suites import Failure, SuiteRun
from etude.sandbox import Sandbox
from etude.stages.swe.bugs import Bug
from etude.stages.swe.hiding import hide_tests
from etude.stages.swe.reach import Reach
from etude.stages.swe.statement import write_statement
from etude.store.codebases import Prepared

MADE_BY = "etude.stages.swe"


class Gates(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What a bug must pass to become a task."""

    max_failing_share: float = 0.25
    """A bug that more of the passing tests catch is too obvious."""
    repeats: int = 2
    """How often the fail-to-pass tests are run again on the broken tree, alone."""


CANNOT_HIDE = "its tests cannot be taken out"


class Refused(Exception):  # noqa: N818  not a failure: the ordinary answer for most bugs
    """A bug is no task; the message is the reason it is counted under."""


class Made(NamedTuple):
    """A validated task in its three parts, and what its bug does, as a digest."""

    task: Task
    workspace: Workspace
    key: AnswerKey
    effect: str


class Validator:
    """Judges the bugs of one codebase."""

    def __init__(self, prepared: Prepared, sandbox: Sandbox, gates: Gates, seed: int) -> None:
        self.prepared = prepared
        self.sandbox = sandbox
        self.gates = gates
        self.seed = seed
        self.reach = Reach(prepared)
        self.tests: dict[str, BaselineTest] = {t.id: t for t in self.codebase.tests}
        self.passing = self.reach.passing

    @property
    def codebase(self) -> Codebase:
        """The codebase's card."""
        return self.prepared.codebase

    async def judge(self, bug: Bug, *, screened: bool = False) -> Made:
        """Turn a bug into a validated task.

        Args:
            bug: What to judge.
            screened: Whether it is known already that some test is likely to catch it.

        Raises:
            Refused: It is none; the message says why in a word.
            SandboxError: A box failed.
        """
        broken: dict[str, str | None] = {file.path: file.text for file in bug.files}
        patch = self._solution(bug)
        if not screened:
            await self._screen(bug, broken)
        whole = await run_tests(self.prepared, broken, self.sandbox)
        caught = self._caught(whole)
        hidden_files, hidden = await self._take_out(broken, caught)
        # A forecast has run them once already.
        await self._repeat(broken, caught, self.gates.repeats - screened)
        task_id = self.task_id(bug)
        workspace = Workspace(
            task_id=task_id,
            files=(
                *bug.files,
                *(TextFile(path=path, text=text) for path, text in sorted(hidden_files.items())),
            ),
        )
        key = AnswerKey(
            task_id=task_id,
            oracle_patch=patch,
            fail_to_pass=caught,
            pass_to_pass=tuple(test for test in self.passing if test not in set(caught)),
            hidden=hidden,
            maker=bug.maker,
            kind=bug.kind,
            path=bug.path,
            line=bug.line,
            function=bug.function,
        )
        task = self._task(task_id, bug, patch, _failures(whole, caught))
        await self._check_oracle(task, workspace, key)
        return Made(task=task, workspace=workspace, key=key, effect=_effect(whole, caught))

    def task_id(self, bug: Bug) -> str:
        """Return an id that names neither maker nor place."""
        text = f"{self.codebase.id}:{self.seed}:{fingerprint(bug)}"
        return hashlib.sha256(text.encode()).hexdigest()[:20]

    def _solution(self, bug: Bug) -> str:
        after: dict[str, str | None] = {
            file.path: (self.prepared.source / file.path).read_bytes().decode()
            for file in bug.files
        }
        if any(reason_to_drop(path, self.codebase) for path in after):
            raise Refused("outside the source")
        return make_patch({file.path: file.text for file in bug.files}, after)

    async def _screen(self, bug: Bug, broken: dict[str, str | None]) -> None:
        """Run only the tests that reach the changed lines: most bad bugs are known by then."""
        tests = self.reach.tests(bug)
        if not tests:
            raise Refused("no test reaches it")
        if len(tests) * 2 > len(self.passing):
            return
        run = await run_tests(self.prepared, broken, self.sandbox, tests=tests)
        self._caught(run, among=tests)

    def _caught(self, run: SuiteRun, among: Sequence[str] | None = None) -> tuple[str, ...]:
        """Return the passing tests that no longer pass.

        Raises:
            Refused: There are none or too many, or the run says nothing.
        """
        among = self.passing if among is None else among
        if run.timed_out or _timed_out(run):
            raise Refused("time-out")
        if not run.complete:
            raise Refused("the run broke off")
        if run.collection_errors and any(t not in run.results for t in among):
            raise Refused("collection breaks")
        caught = tuple(test for test in among if not run.passed(test))
        if not caught:
            raise Refused("no test fails")
        if len(caught) > self.gates.max_failing_share * len(self.passing):
            raise Refused("too obvious")
        for test in caught:
            result = run.results.get(test)
            if result is None:
                raise Refused("a test vanishes")
        self._check_marks(run, caught)
        return caught

    def _check_marks(self, run: SuiteRun, caught: Sequence[str]) -> None:
        """Skipped and expected-to-fail tests must be those of the healthy run."""
        for test in caught:
            if run.results[test].outcome in ("skipped", "xfailed", "xpassed"):
                raise Refused("changes what is skipped")
        for id_, baseline in self.tests.items():
            result = run.results.get(id_)
            if baseline.outcome == "passed" or result is None:
                continue
            if result.outcome != baseline.outcome:
                raise Refused("changes what is skipped")

    async def _take_out(
        self, broken: dict[str, str | None], caught: tuple[str, ...]
    ) -> tuple[dict[str, str], tuple[str, ...]]:
        """Return the changed test files and the ids that are hidden by them.

        Whole functions are taken out; where tests are made by other code, such as one for each
        line of a data file, their whole file is.
        """
        files = self._hide(caught)
        run = await run_tests(self.prepared, {**broken, **files}, self.sandbox)
        if left := [test for test in caught if test in run.results]:
            files |= self._empty(left)
            run = await run_tests(self.prepared, {**broken, **files}, self.sandbox)
        return files, self._hidden_by(run, caught)

    def _hide(self, caught: Sequence[str]) -> dict[str, str]:
        """Return the test files without the functions of the tests that catch the bug."""
        places: dict[str, list[str]] = {}
        for test in caught:
            places.setdefault(self.tests[test].path, []).append(test)
        files: dict[str, str] = {}
        for path, tests in places.items():
            try:
                files[path] = hide_tests(
                    self._test_file(path), {self.tests[test].first_line for test in tests}
                )
            except TaskError:
                files |= self._empty(tests)
        return files

    def _test_file(self, path: str) -> str:
        """Return a test file's text; the path comes from the box and must not lead elsewhere.

        Raises:
            TaskError: It is no test file of the project.
        """
        file = self.prepared.source / path
        inside = file.resolve() == self.prepared.source.resolve() / path
        if not path or not inside or not reason_to_drop(path, self.codebase):
            raise TaskError(f"{path!r} is no test file")
        with blame(TaskError, f"reading {path}"):
            return file.read_bytes().decode()

    def _empty(self, tests: Sequence[str]) -> dict[str, str]:
        """Return the files that the ids of tests name, emptied."""
        paths = sorted({test.partition("::")[0] for test in tests})
        if not all(path.endswith(".py") for path in paths):
            raise Refused(CANNOT_HIDE)
        for path in paths:
            try:
                self._test_file(path)
            except TaskError as cause:
                raise Refused(CANNOT_HIDE) from cause
        return dict.fromkeys(paths, "")

    def _hidden_by(self, run: SuiteRun, caught: Sequence[str]) -> tuple[str, ...]:
        """Make sure that the suite left in the agent's tree is green; return what is hidden."""
        if not run.complete:
            raise Refused("the visible suite breaks off")
        hidden = tuple(id_ for id_ in self.tests if id_ not in run.results)
        if not set(caught) <= set(hidden):
            raise Refused(CANNOT_HIDE)
        for id_, baseline in self.tests.items():
            result = run.results.get(id_)
            if result is not None and result.outcome != baseline.outcome:
                raise Refused("the visible suite is not green")
        if len(hidden) > len(self.tests) // 2:
            raise Refused("hides most of the suite")
        return hidden

    async def _repeat(
        self, broken: dict[str, str | None], caught: tuple[str, ...], times: int
    ) -> None:
        """Run the tests that catch the bug again, alone, as grading does."""
        for _ in range(times):
            run = await run_tests(self.prepared, broken, self.sandbox, tests=caught)
            if any(run.passed(test) for test in caught):
                raise Refused("the verdict differs over repeats")

    async def _check_oracle(self, task: Task, workspace: Workspace, key: AnswerKey) -> None:
        """The solution patch must bring every test back, judged as any patch is."""
        environment = Environment(task=task, workspace=workspace, prepared=self.prepared)
        verdict = await grade(environment, key, key.oracle_patch, self.sandbox)
        if not verdict.solved:
            raise Refused("the solution does not bring every test back")

    def _task(
        self, task_id: str, bug: Bug, patch: str, failures: Sequence[tuple[str, Failure]]
    ) -> Task:
        try:
            statement = write_statement(
                self.codebase,
                failures,
                paths=[file.path for file in bug.files],
                kind=bug.kind,
                patch=patch,
                rng=Random(f"{self.seed}:{fingerprint(bug)}"),
            )
        except TaskError as cause:
            raise Refused("no statement without a leak") from cause
        return Task(
            id=task_id,
            origin=Origin(
                source=self.codebase.origin.source,
                licence=self.codebase.origin.licence,
                made_by=MADE_BY,
                parents=(self.codebase.id,),
            ),
            codebase=self.codebase.id,
            project=f"{self.codebase.name} {self.codebase.version}",
            statement=statement,
            test_command=self.codebase.test_command,
        )


def fingerprint(bug: Bug) -> str:
    """Return a digest of the broken files: two bugs with the same one are the same bug."""
    total = hashlib.sha256()
    for file in sorted(bug.files, key=lambda f: f.path):
        total.update(f"{file.path}\0{file.text}\0".encode())
    return total.hexdigest()


def _timed_out(run: SuiteRun) -> bool:
    failures = [result.failure for result in run.results.values()]
    return any(failure and failure.exception == "TestTimedOut" for failure in failures)


def _failures(run: SuiteRun, caught: Sequence[str]) -> list[tuple[str, Failure]]:
    return [(test, f) for test in caught if (f := run.results[test].failure) is not None]


def _effect(run: SuiteRun, caught: Sequence[str]) -> str:
    """Digest what is seen of a bug: which tests fail, and how."""
    seen = [
        (test, failure.exception, failure.message, failure.compared)
        for test, failure in _failures(run, caught)
    ]
    return hashlib.sha256(msgspec.json.encode([list(caught), seen])).hexdigest()[:20]
