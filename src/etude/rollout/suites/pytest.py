"""Run a pytest suite in a box and read its report from a channel, never from printed text.

The project's own settings do not steer the run: its `addopts`, plug-ins, coverage and warning
filters are ignored, plug-ins are loaded by name, and only the settings kept on the codebase's card
apply. Each line of the report is numbered and sealed with a key that is drawn for each run and read
by our runner before any code of the project is imported.
"""

import secrets
from collections.abc import Sequence
from pathlib import Path

import msgspec

from etude.errors import SandboxError
from etude.records import Codebase, Outcome
from etude.rollout.suites._base import (
    CasePlace,
    CaseResult,
    Failure,
    Suite,
    SuitePlan,
    SuiteRun,
)
from etude.rollout.suites._forecast import Candidate, Forecasts, Line, Probe, read_forecasts
from etude.rollout.suites._sealed import sealed_lines
from etude.sandbox import Box, Mount, Result

RUNNER = Path(__file__).parent / "_pytest_in_box"
RUNNER_TARGET = "/etude/runner"
PYTEST_TARGET = "/etude/pytest"
"""Where the runner finds a pytest that shares no module with the project."""
TOOLS_TARGET = "/etude/tools"
"""Where a codebase under preparation finds the coverage package."""
LOG_CHARS = 20_000


class _Line(msgspec.Struct, kw_only=True):
    """One line of the report."""

    event: str
    id: str = ""
    outcome: str = ""
    when: str = ""
    duration_s: float = 0.0
    failure: Failure | None = None
    path: str = ""
    first_line: int = 0
    last_line: int = 0
    ids: tuple[str, ...] = ()
    text: str = ""
    lines: dict[str, tuple[int, ...]] = {}


def runner_mount() -> Mount:
    """Return the mount that brings our runner into a box."""
    return Mount(source=RUNNER, target=RUNNER_TARGET)


class PytestSuite(Suite, frozen=True, kw_only=True):
    """Runs pytest with a reporting plug-in of ours."""

    async def run(self, box: Box, codebase: Codebase, plan: SuitePlan) -> SuiteRun:
        """Run the tests that `plan` names.

        Raises:
            SandboxError: The box failed, or the runner did not come to start the tests.
        """
        key = secrets.token_bytes(32)
        command = ["/usr/bin/env", *_environment(plan), "/env/bin/python"]
        command += [f"{RUNNER_TARGET}/runner.py"]
        result = await box.run(
            command, timeout_s=plan.timeout_s, stdin=msgspec.json.encode(_job(codebase, plan, key))
        )
        log = (result.stdout + result.stderr)[-LOG_CHARS:]
        run = _read_report(
            result.report,
            key,
            SuiteRun(
                results={},
                complete=False,
                log=log,
                duration_s=result.duration_s,
                timed_out=result.killed == "timeout",
            ),
        )
        if not run.runner and not run.timed_out:
            raise SandboxError(f"the test runner did not start in the box: {_last(result)}")
        return run

    async def forecast(
        self,
        box: Box,
        codebase: Codebase,
        plan: SuitePlan,
        candidates: Sequence[Candidate],
        probe: Probe | None = None,
    ) -> Forecasts | None:
        """Collect once, then judge each candidate in a fork in which its functions are exchanged.

        Raises:
            SandboxError: The box failed, or the runner did not come to start.
        """
        key = secrets.token_bytes(32)
        command = ["/usr/bin/env", *_environment(plan), "/env/bin/python"]
        command += [f"{RUNNER_TARGET}/runner.py"]
        job = _job(codebase, plan, key) | {"candidates": candidates, "probe": probe}
        result = await box.run(command, timeout_s=plan.timeout_s, stdin=msgspec.json.encode(job))
        lines = list(sealed_lines(result.report, key, Line))
        if not lines and result.killed != "timeout":
            raise SandboxError(f"the test runner did not start in the box: {_last(result)}")
        return read_forecasts(lines, result.duration_s)


def _last(result: Result) -> str:
    log = (result.stdout + result.stderr)[-LOG_CHARS:].strip().splitlines()
    return log[-1][:300] if log else f"exit {result.exit}, no output"


def _environment(plan: SuitePlan) -> list[str]:
    variables = {"PYTHONHASHSEED": str(plan.hash_seed), "PYTEST_DISABLE_PLUGIN_AUTOLOAD": "1"}
    if plan.bytecode:
        variables["PYTHONPYCACHEPREFIX"] = plan.bytecode
    if not plan.write_bytecode:
        variables["PYTHONDONTWRITEBYTECODE"] = "1"
    return [f"{name}={value}" for name, value in variables.items()]


def _job(codebase: Codebase, plan: SuitePlan, key: bytes) -> dict[str, object]:
    paths = codebase.test_paths
    if plan.tests is not None:
        paths = tuple(dict.fromkeys(test.partition("::")[0] for test in plan.tests))
    return {
        "key": key.hex(),
        "paths": paths,
        "tests": plan.tests,
        "without": plan.without,
        "args": codebase.test_args,
        "settings": codebase.test_settings,
        "plugins": codebase.plugins,
        "order": plan.order,
        "collect_only": plan.collect_only,
        "stop_at_failure": plan.stop_at_failure,
        "test_s": plan.test_s,
        "default_test_s": plan.default_test_s,
        "give_up_after": plan.give_up_after,
        "sources": codebase.source_roots if plan.coverage else (),
        "tools": TOOLS_TARGET,
        "own_modules": codebase.own_modules,
        "pytest": PYTEST_TARGET,
    }


def _read_report(report: bytes, key: bytes, empty: SuiteRun) -> SuiteRun:
    """Fill in what the report says."""
    results: dict[str, CaseResult] = {}
    places: dict[str, CasePlace] = {}
    lines: dict[str, dict[str, tuple[int, ...]]] = {}
    errors: list[str] = []
    last: dict[str, _Line] = {}
    for line in sealed_lines(report, key, _Line):
        last[line.event] = line
        if line.event == "phase":
            results[line.id] = _merge(results.get(line.id), line)
        elif line.event == "place":
            places[line.id] = CasePlace(
                path=line.path, first_line=line.first_line, last_line=line.last_line
            )
        elif line.event == "lines":
            lines[line.id] = line.lines
        elif line.event == "collection-error":
            errors.append(f"{line.id}: {line.text}")
    complete = "end" in last
    return msgspec.structs.replace(
        empty,
        results=results,
        places=places,
        lines=lines,
        collected=last["collected"].ids if "collected" in last else (),
        collection_errors=tuple(errors),
        complete=complete,
        runner=last["start"].text if "start" in last else "",
        running=last["begin"].id if "begin" in last and not complete else "",
    )


_WORST = ("failed", "error", "xpassed", "skipped", "xfailed", "passed")
"""A test is what its worst phase was: one whose teardown fails has not passed."""


def _merge(before: CaseResult | None, line: _Line) -> CaseResult:
    outcome, failure, duration_s = line.outcome, line.failure, line.duration_s
    if before is not None:
        outcome = min(before.outcome, outcome, key=_WORST.index)
        failure = before.failure or failure
        duration_s += before.duration_s
    return CaseResult(
        outcome=msgspec.convert(outcome, Outcome), duration_s=duration_s, failure=failure
    )


def function_of(test: str) -> str:
    """Return the part of a pytest node id that names the function, parameters cut off."""
    head, _, last = test.partition("[")[0].rpartition("::")
    return f"{head}::{last}" if head else test
