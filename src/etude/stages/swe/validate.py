"""Prove a bug: which tests catch it, that hiding them leaves a green suite, that the cure cures.

Every verdict comes from whole processes in fresh boxes and is read by exact test id from the
runner's report. A test that is missing, skipped, erroring or out of time has not passed.

`judge` knows nothing beforehand. `confirm` is told by a forecast which tests should catch the bug,
and asks for less: every test still runs on the broken code, those that should fail apart from the
others, and the solution has to be the healthy code itself, which is known to pass.
"""

import hashlib
from collections.abc import Collection, Sequence
from random import Random
from typing import NamedTuple

import msgspec

from etude.errors import RecordError, TaskError
from etude.records import (
    AnswerKey,
    Codebase,
    Origin,
    Task,
    TextFile,
    Workspace,
    apply_patch,
    make_patch,
    parse_patch,
)
from etude.rollout.environment import Environment
from etude.rollout.grading import grade, reason_to_drop, run_tests
from etude.rollout.suites import Failure, SuiteRun
from etude.sandbox import Sandbox
from etude.stages.swe.bugs import Bug
from etude.stages.swe.reach import Reach
from etude.stages.swe.statement import (
    find_wanted,
    write_request,
    write_several,
    write_statement,
)
from etude.stages.swe.taking_out import Refused, TakingOut
from etude.store.codebases import Prepared

MADE_BY = "etude.stages.swe"
NO_STATEMENT = "no statement without a leak"


class Gates(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What a bug must pass to become a task."""

    max_failing_share: float = 0.25
    """A bug that more of the passing tests catch is too obvious."""
    repeats: int = 2
    """How often the fail-to-pass tests are run again on the broken tree, alone."""


class Doubted(Exception):  # noqa: N818  the forecast is in doubt, not the run
    """Runs do not say what a forecast said: the bug has to be judged as if nothing were known."""


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
        self.taking_out = TakingOut(prepared, sandbox)
        self.tests = self.taking_out.tests
        self.passing = self.reach.passing
        self._passes = frozenset(self.passing)

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
        _check_parts(bug, caught)
        tree = await self.taking_out.take_out(broken, caught)
        # A forecast has run them once already.
        await self._repeat(broken, caught, self.gates.repeats - screened)
        task = self._task(bug, patch, _failures(whole, caught))
        made = self._made(bug, patch, task, caught, tree, _effect(whole, caught))
        await self._check_oracle(made.task, made.workspace, made.key)
        return made

    async def confirm(self, bug: Bug, caught_by: Collection[str]) -> Made:
        """Turn a bug into a validated task, given the tests that should catch it.

        Raises:
            Doubted: Other tests do, or anything else is not as it should be.
            Refused: It can be no task, whatever tests catch it.
            SandboxError: A box failed.
        """
        broken: dict[str, str | None] = {file.path: file.text for file in bug.files}
        patch = self._solution(bug)
        if not self._is_healthy_after(broken, patch):
            raise Doubted
        caught = tuple(test for test in self.passing if test in caught_by)
        _check_parts(bug, caught)
        try:
            alone = await run_tests(self.prepared, broken, self.sandbox, tests=caught)
            if self._caught(alone, among=caught) != caught:
                raise Doubted
            task = self._task(bug, patch, _failures(alone, caught))
            tree = await self.taking_out.take_out(broken, caught)
            for _ in range(max(1, self.gates.repeats - 1)):
                again = await run_tests(self.prepared, broken, self.sandbox, tests=tree[1])
                self._check_hidden(again, tree[1], caught)
        except Refused as refused:
            if str(refused) == NO_STATEMENT:
                raise
            raise Doubted from refused
        return self._made(bug, patch, task, caught, tree, _effect(alone, caught))

    def _is_healthy_after(self, broken: dict[str, str | None], patch: str) -> bool:
        """Whether the solution, applied as any patch is, gives the healthy code to the byte."""
        before = {path: text for path, text in broken.items() if text is not None}
        try:
            after = apply_patch(before, parse_patch(patch))
        except RecordError:
            return False
        return all(
            text is not None and (self.prepared.source / path).read_bytes() == text.encode()
            for path, text in (before | after).items()
        )

    def _check_hidden(self, run: SuiteRun, hidden: Sequence[str], caught: Sequence[str]) -> None:
        """Of the hidden tests, those that catch the bug fail and the others do as they did."""
        if self._caught(run, among=[t for t in hidden if t in self._passes]) != tuple(caught):
            raise Doubted
        for test in hidden:
            result = run.results.get(test)
            if result is None or (
                test not in caught and result.outcome != self.tests[test].outcome
            ):
                raise Doubted

    def _made(
        self,
        bug: Bug,
        patch: str,
        task: Task,
        caught: tuple[str, ...],
        tree: tuple[dict[str, str], tuple[str, ...]],
        effect: str,
    ) -> Made:
        hidden_files, hidden = tree
        workspace = Workspace(
            task_id=task.id,
            files=(
                *bug.files,
                *bug.beside,
                *(TextFile(path=path, text=text) for path, text in sorted(hidden_files.items())),
            ),
        )
        key = AnswerKey(
            task_id=task.id,
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
        return Made(task=task, workspace=workspace, key=key, effect=effect)

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

    def _task(self, bug: Bug, patch: str, failures: Sequence[tuple[str, Failure]]) -> Task:
        return Task(
            id=self.task_id(bug),
            origin=Origin(
                source=self.codebase.origin.source,
                licence=self.codebase.origin.licence,
                made_by=MADE_BY,
                parents=(self.codebase.id,),
            ),
            codebase=self.codebase.id,
            project=f"{self.codebase.name} {self.codebase.version}",
            statement=self._statement(bug, patch, failures),
            test_command=self.codebase.test_command,
        )

    def _statement(self, bug: Bug, patch: str, failures: Sequence[tuple[str, Failure]]) -> str:
        """Report what fails or, where functions are gone, ask for them."""
        paths = [file.path for file in bug.files]
        rng = Random(f"{self.seed}:{fingerprint(bug)}")
        healthy = {path: (self.prepared.source / path).read_bytes().decode() for path in paths}
        wanted = find_wanted(healthy, {file.path: file.text for file in bug.files})
        book, kind = self.codebase, bug.kind
        tests = [test for test, _ in failures]
        try:
            if bug.parts:
                return write_several(
                    book, bug.parts, paths=paths, tests=tests, kinds=[kind], patch=patch, rng=rng
                )
            if wanted and not bug.story:
                return write_request(
                    book, failures, wanted, paths=paths, kind=kind, patch=patch, rng=rng
                )
            return write_statement(
                book, failures, paths=paths, kind=kind, patch=patch, rng=rng, story=bug.story
            )
        except TaskError as cause:
            raise Refused(NO_STATEMENT) from cause


def fingerprint(bug: Bug) -> str:
    """Return a digest of the broken files: two bugs with the same one are the same bug."""
    total = hashlib.sha256()
    for file in sorted(bug.files, key=lambda f: f.path):
        total.update(f"{file.path}\0{file.text}\0".encode())
    return total.hexdigest()


def _check_parts(bug: Bug, caught: Collection[str]) -> None:
    """Each of several bugs must show by a test of its own."""
    if any(set(group).isdisjoint(caught) for group in bug.shown_by):
        raise Refused("a part of it does not show")


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
