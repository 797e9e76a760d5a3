"""Etude's side of `validation.py`: judges the bugs of one codebase in one of three ways.

Started as `python validation_ours.py SPEC WAY N SEED`; reads lines `[FROM, TO, STEP]`, judges those
of the N candidates and answers each line with processor seconds and verdicts, as JSON.

- `whole`: the usual way, the whole suite in a fresh box for each candidate.
- `list`: forecasts as `etude swe make` asks for them, by all tests that reach the change, until so
  many fail that the bug is too obvious; by the usual way what cannot be forecast.
- `first`: the same, but everything ends at the first test that fails.
"""

import asyncio
import itertools
import json
import resource
import sys
from collections.abc import Sequence

import msgspec

from etude.rollout.environment import open_tree
from etude.rollout.grading import run_tests
from etude.rollout.machine import BYTECODE_TARGET
from etude.rollout.suites import SuitePlan, SuiteRun, suites
from etude.sandbox import Sandbox, sandboxes
from etude.stages.swe.bugs import Bug, bug_makers
from etude.stages.swe.candidates import candidates
from etude.stages.swe.forecasting import Forecaster, Screened
from etude.stages.swe.judging import CHUNK
from etude.stages.swe.prepare import find_prepared
from etude.stages.swe.validate import Gates, fingerprint
from etude.store import CodebaseStore, Prepared

SANDBOX = sandboxes.make("bubblewrap")
NOT_CAUGHT = ("no test reaches it", "no test fails")


class Judged(msgspec.Struct, frozen=True):
    """What one way says of one candidate."""

    id: str
    caught: bool
    failing: tuple[str, ...] | None
    """Which tests fail; `None` where the run ended before all had been run."""
    note: str


async def whole(prepared: Prepared, bug: Bug, note: str = "", *, first: bool = False) -> Judged:
    """Run the whole suite in a fresh box, or until a test fails."""
    broken: dict[str, str | None] = {file.path: file.text for file in bug.files}
    run = await (_until_one_fails if first else run_tests)(prepared, broken, SANDBOX)
    passing = [test.id for test in prepared.codebase.tests if test.outcome == "passed"]
    failing = tuple(test for test in passing if not run.passed(test))
    late = any(r.failure and r.failure.exception == "TestTimedOut" for r in run.results.values())
    known = run.complete and not (run.timed_out or late or first)
    return Judged(fingerprint(bug), bool(failing), failing if known else None, note)


async def _until_one_fails(
    prepared: Prepared, broken: dict[str, str | None], sandbox: Sandbox
) -> SuiteRun:
    codebase = prepared.codebase
    plan = SuitePlan(
        # Those that fail on the healthy code too would end every run.
        tests=tuple(test.id for test in codebase.tests if test.outcome == "passed"),
        test_s={test.id: 10 * test.duration_s + 2 for test in codebase.tests},
        stop_at_failure=True,
        give_up_after=1,
        timeout_s=5 * codebase.suite_s + 30,
        bytecode=BYTECODE_TARGET,
    )
    async with open_tree(prepared, broken, sandbox, for_grading=True) as box:
        return await suites.make("pytest").run(box, codebase, plan)


def read(screened: Screened, id_: str) -> Judged:
    """Return what a forecast says."""
    caught = screened.reason not in NOT_CAUGHT
    known = screened.reason in ("", *NOT_CAUGHT)
    failing = screened.caught_by if known else None
    return Judged(id_, caught, failing, screened.reason or "forecast")


async def warm(forecaster: Forecaster, bugs: Sequence[Bug]) -> list[Judged]:
    """Forecast; judge the usual way what cannot be forecast."""
    found = []
    for number in range(0, len(bugs), CHUNK):
        chunk = bugs[number : number + CHUNK]
        ids = [fingerprint(bug) for bug in chunk]
        said = await forecaster.screen(chunk, ids)
        for bug, id_ in zip(chunk, ids, strict=True):
            screened = said[id_]
            if screened.say == "unknown":
                note = f"slow: {screened.reason}"
                first = forecaster.most == 0
                found.append(await whole(forecaster.prepared, bug, note, first=first))
            else:
                found.append(read(screened, id_))
    return found


def cpu_s() -> float:
    """Return the processor time of this process and of all that it started and that ended."""
    used = [resource.getrusage(w) for w in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)]
    return sum(u.ru_utime + u.ru_stime for u in used)


def main() -> None:
    """Answer line by line."""
    spec, way, wanted, seed = sys.argv[1:]
    prepared = find_prepared(spec, CodebaseStore(CodebaseStore.home()))
    if prepared is None:
        sys.exit(f"{spec} is not prepared")
    proposed = candidates([bug_makers.make("mutate")], prepared, int(seed))
    bugs = list(itertools.islice(proposed, int(wanted)))

    async def judge(part: list[Bug]) -> list[Judged]:
        if way == "whole":
            return [await whole(prepared, bug) for bug in part]
        # A new one for each line: it has all to learn again, and that is paid for.
        share = 0.0 if way == "first" else Gates().max_failing_share
        return await warm(Forecaster(prepared, SANDBOX, share), part)

    print(json.dumps({"ready": len(bugs)}), flush=True)  # noqa: T201
    for line in sys.stdin:
        start, end, step = json.loads(line)
        before = cpu_s()
        said = asyncio.run(judge(bugs[start:end:step]))
        answer = {
            "cpu_s": cpu_s() - before,
            "peak_mb": resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss / 1024,
            "judged": said,
        }
        print(msgspec.json.encode(answer).decode(), flush=True)  # noqa: T201


if __name__ == "__main__":
    main()
