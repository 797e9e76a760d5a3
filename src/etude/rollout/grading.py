"""Judge a patch with the hidden tests, in boxes that the agent never touched.

Only what the patch changes in the project's own source is applied; the tests and all settings are
the codebase's pristine ones. A missing verdict is a fault and never a score of zero.
"""

import secrets
import time
from collections.abc import Sequence
from fnmatch import fnmatch
from random import Random
from typing import NamedTuple

from etude.errors import EtudeError, TaskError, blame
from etude.records import AnswerKey, Codebase, FilePatch, Grade, apply_patch, parse_patch
from etude.rollout.canary import plant
from etude.rollout.environment import Environment, open_tree
from etude.rollout.machine import BYTECODE_TARGET, image_of
from etude.rollout.suites import SuitePlan, SuiteRun, suites
from etude.sandbox import Sandbox
from etude.store.codebases import Prepared

FORBIDDEN_NAMES = (
    "conftest.py", "sitecustomize.py", "usercustomize.py", "*.pth", "pytest.ini", ".pytest.ini",
    "tox.ini", "setup.cfg", "setup.py", "pyproject.toml", "*.so", "*.pyd", "*.pyc", "*.pyo",
)  # fmt: skip
"""Names that are never applied: they steer the test run or the interpreter."""
TAMPERED = "tampered: a test that must fail passed"
DEFAULT_S = 10.0
"""What a test may take of which it is not known how long it takes on the healthy code."""
OUT_OF_TIME = "the test run outlived its time"
BROKEN_OFF = "the test run ended before its end"
"""Also said when a single test outlived its time and the rest was given up."""
TEST_FOLDERS = {"tests", "test", "_tests"}


async def grade(
    environment: Environment,
    key: AnswerKey,
    patch: str,
    sandbox: Sandbox,
    *,
    episode_id: str = "",
) -> Grade:
    """Judge `patch` against the hidden tests. A failure of ours is a fault in the grade.

    The score is the share of fail-to-pass tests that pass, and zero when any pass-to-pass test
    does not, or when a test that must fail passes.

    Raises:
        RecordError: The patch is no unified diff, or does not apply to the agent's tree.
    """
    started = time.monotonic()
    files, dropped = _apply(environment, patch)
    episode_id = episode_id or f"{environment.task.id}-patch"
    try:
        verdict = await _judge(environment, key, files, sandbox)
    except EtudeError as fault:
        return Grade(
            episode_id=episode_id,
            task_id=environment.task.id,
            score=None,
            fault=f"{type(fault).__name__}: {fault}",
            dropped=dropped,
            duration_s=round(time.monotonic() - started, 3),
        )
    n_passed, broken, note, tampered = verdict
    n_wanted = len(key.fail_to_pass)
    if dropped and not files:
        note = f"the patch touches none of the project's source; {note}"
    return Grade(
        episode_id=episode_id,
        task_id=environment.task.id,
        score=0.0 if broken or tampered else n_passed / n_wanted,
        n_fail_to_pass=n_wanted,
        n_fail_to_pass_passed=n_passed,
        broken=broken[:20],
        dropped=dropped,
        tampered=tampered,
        note=note,
        duration_s=round(time.monotonic() - started, 3),
    )


def _apply(environment: Environment, patch: str) -> tuple[dict[str, str | None], tuple[str, ...]]:
    codebase = environment.prepared.codebase
    parts = parse_patch(patch)
    kept = [part for part in parts if all(not reason_to_drop(p, codebase) for p in _paths(part))]
    dropped = tuple(dict.fromkeys(p for part in parts if part not in kept for p in _paths(part)))
    before = {
        path: text
        for part in kept
        for path in _paths(part)
        if (text := environment.text(path)) is not None
    }
    return apply_patch(before, kept), dropped


def _paths(part: FilePatch) -> tuple[str, ...]:
    return tuple(dict.fromkeys(path for path in (part.old_path, part.path) if path))


def reason_to_drop(path: str, codebase: Codebase) -> str:
    """Why a change of `path` is not applied; empty when it is."""
    *folders, name = path.split("/")
    if any(fnmatch(name.lower(), pattern) for pattern in FORBIDDEN_NAMES):
        return "steers the test run"
    if any(_below(path, test) for test in codebase.test_paths) or TEST_FOLDERS & set(folders):
        return "is a test"
    if not any(_below(path, root) for root in codebase.source_roots):
        return "is not the project's source"
    return ""


def _below(path: str, top: str) -> bool:
    return path == top or path.startswith(top.rstrip("/") + "/")


class _Verdict(NamedTuple):
    """What the tests said of a patch."""

    n_passed: int
    """Fail-to-pass tests that pass."""
    broken: tuple[str, ...]
    note: str
    tampered: bool = False


async def _judge(
    environment: Environment, key: AnswerKey, changed: dict[str, str | None], sandbox: Sandbox
) -> _Verdict:
    codebase = environment.prepared.codebase
    start = {
        path: text
        for path, text in environment.start_files().items()
        if not reason_to_drop(path, codebase)
    }
    files: dict[str, str | None] = {**start, **changed}
    judge = Canaried(environment.prepared, files, sandbox, key.fail_to_pass)
    first = await judge.run(key.fail_to_pass)
    n_passed = sum(first.passed(test) for test in key.fail_to_pass)
    if judge.tampered:
        return _Verdict(n_passed, (), TAMPERED, tampered=True)
    if n_passed == 0:
        return _Verdict(0, (), cut_short(first) or "no fail-to-pass test passes")
    whole = await judge.run(None)
    n_passed = sum(first.passed(test) and whole.passed(test) for test in key.fail_to_pass)
    broken = tuple(test for test in key.pass_to_pass if not whole.passed(test))
    if judge.tampered:
        return _Verdict(n_passed, (), TAMPERED, tampered=True)
    if broken:
        return _Verdict(
            n_passed, broken, cut_short(whole) or f"breaks {len(broken)} tests that passed"
        )
    if n_passed < len(key.fail_to_pass):
        note = f"{n_passed} of {len(key.fail_to_pass)} fail-to-pass tests pass"
        return _Verdict(n_passed, (), note)
    return _Verdict(n_passed, (), "solved")


class Canaried:
    """Runs tests with others among them that must fail, drawn anew for each run."""

    def __init__(
        self,
        prepared: Prepared,
        files: dict[str, str | None],
        sandbox: Sandbox,
        judges: Sequence[str],
        *,
        give_up_after: int = 3,
    ) -> None:
        """Say what to run.

        Args:
            prepared: The codebase.
            files: Files of it that are others; `None` takes one away.
            sandbox: Where it runs.
            judges: The tests that decide; each of their files gets a canary.
            give_up_after: A run ends when so many tests have outlived their time.
        """
        self.prepared = prepared
        self.files = files
        self.sandbox = sandbox
        self.judges = judges
        self.give_up_after = give_up_after
        self.tampered = False
        """Whether a test that must fail has passed."""

    async def run(self, tests: Sequence[str] | None) -> SuiteRun:
        """Run the given tests, or all; a canary that passes is remembered."""
        planted = plant(
            self.prepared.codebase, self.judges, self._text, Random(secrets.token_bytes(16))
        )
        limits = _limits(self.prepared.codebase)
        run = await run_tests(
            self.prepared,
            {**self.files, **planted.files},
            self.sandbox,
            tests=None if tests is None else planted.tests(tests),
            limits=limits | {new: limits.get(old, DEFAULT_S) for new, old in planted.likes.items()},
            give_up_after=self.give_up_after,
        )
        self.tampered |= planted.caught(run.passed)
        return run

    def _text(self, path: str) -> str:
        if (text := self.files.get(path)) is not None:
            return text
        with blame(TaskError, f"reading the hidden tests in {path}"):
            content = (self.prepared.source / path).read_bytes()
        return content.decode("utf-8", errors="surrogateescape")


def cut_short(run: SuiteRun) -> str:
    """Say how a run ended before its end; empty when it did not."""
    if run.timed_out:
        return OUT_OF_TIME
    if not run.complete:
        return BROKEN_OFF
    return ""


async def run_tests(
    prepared: Prepared,
    files: dict[str, str | None],
    sandbox: Sandbox,
    *,
    tests: Sequence[str] | None = None,
    limits: dict[str, float] | None = None,
    give_up_after: int = 3,
) -> SuiteRun:
    """Run tests of a codebase in which some files are others, in a fresh box.

    The run ends when `give_up_after` tests have outlived their time. `limits` are seconds by test;
    otherwise each may take ten times what it takes on the healthy code, and two seconds more.

    Raises:
        SandboxError: The box failed.
    """
    codebase = prepared.codebase
    limits = _limits(codebase) if limits is None else limits
    plan = SuitePlan(
        tests=None if tests is None else tuple(tests),
        without=tuple(a.id for a in codebase.set_aside if a.reason in ("time", "network")),
        # In no order that says which tests were not there before.
        test_s=dict(sorted(limits.items())),
        default_test_s=DEFAULT_S,
        give_up_after=give_up_after,
        timeout_s=5 * codebase.suite_s + 30,
        bytecode=BYTECODE_TARGET,
    )
    async with open_tree(prepared, files, sandbox, for_grading=True) as box:
        return await suites.make("pytest").run(box, codebase, plan)


def _limits(codebase: Codebase) -> dict[str, float]:
    return {test.id: 10 * test.duration_s + 2 for test in codebase.tests}


async def warm(prepared: Prepared, sandbox: Sandbox) -> None:
    """Keep the bytecode of a codebase's healthy tree, tests included, for the grader's boxes.

    Python looks bytecode up below a prefix by the source's own path, so it serves every box.

    Raises:
        SandboxError: The box failed.
    """
    if prepared.bytecode.is_dir():
        return
    made = "/tmp/bytecode"  # noqa: S108  the box's own /tmp
    plan = SuitePlan(collect_only=True, bytecode=made, write_bytecode=True)
    async with sandbox.open(image_of(prepared, for_grading=True)) as box:
        await suites.make("pytest").run(box, prepared.codebase, plan)
        await box.run(["/usr/bin/mkdir", "-p", made], timeout_s=30)
        if not prepared.bytecode.is_dir():
            await box.save(made, prepared.bytecode)
