"""Run a pytest suite in a box and read its report from a channel, never from printed text.

The project's own settings do not steer the run: its `addopts`, plug-ins, coverage and warning
filters are ignored, plug-ins are loaded by name, and only the settings kept on the codebase's card
apply. Each line of the report is numbered and sealed with a key that is drawn for each run and read
by our runner before any code of the project is imported.
"""

import hashlib
import secrets
from collections.abc import Iterator
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
from etude.sandbox import Box, Mount

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
        result = await box.run(command, timeout_s=plan.timeout_s, stdin=_job(codebase, plan, key))
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
            last = log.strip().splitlines()[-1:] or [f"exit {result.exit}, no output"]
            raise SandboxError(f"the test runner did not start in the box: {last[0][:300]}")
        return run


def _environment(plan: SuitePlan) -> list[str]:
    variables = {"PYTHONHASHSEED": str(plan.hash_seed), "PYTEST_DISABLE_PLUGIN_AUTOLOAD": "1"}
    if plan.bytecode:
        variables["PYTHONPYCACHEPREFIX"] = plan.bytecode
    if not plan.write_bytecode:
        variables["PYTHONDONTWRITEBYTECODE"] = "1"
    return [f"{name}={value}" for name, value in variables.items()]


def _job(codebase: Codebase, plan: SuitePlan, key: bytes) -> bytes:
    paths = codebase.test_paths
    if plan.tests is not None:
        paths = tuple(dict.fromkeys(test.partition("::")[0] for test in plan.tests))
    return msgspec.json.encode(
        {
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
    )


def _read_report(report: bytes, key: bytes, empty: SuiteRun) -> SuiteRun:
    """Fill in what the report says."""
    results: dict[str, CaseResult] = {}
    places: dict[str, CasePlace] = {}
    lines: dict[str, dict[str, tuple[int, ...]]] = {}
    errors: list[str] = []
    last: dict[str, _Line] = {}
    for line in _lines(report, key):
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


def _lines(report: bytes, key: bytes) -> Iterator[_Line]:
    """Yield the lines that our runner wrote: sealed with the key, and each later than the last."""
    decoder = msgspec.json.Decoder(_Line)
    last = -1
    for raw in report.split(b"\n"):
        seal, _, sealed = raw.partition(b" ")
        true = hashlib.blake2s(sealed, key=key, digest_size=16).hexdigest().encode()
        if not secrets.compare_digest(seal, true):
            continue
        number, _, said = sealed.partition(b" ")
        if int(number) > last:
            last = int(number)
            try:
                yield decoder.decode(said)
            except (msgspec.DecodeError, msgspec.ValidationError):
                continue


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
