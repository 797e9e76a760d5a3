"""Run a healthy suite three times and keep what it says every time.

Once as it stands, once in reverse order, once with coverage; the last two side by side, so that
one of them always runs under load: asserts on time hold on an idle machine and fail on a busy one.
"""

import asyncio
import re
from collections.abc import Iterable

import msgspec
from msgspec.structs import replace

from etude.errors import ConfigError
from etude.records import BaselineTest, Codebase, Coverage, SetAside
from etude.rollout.suites import SuitePlan, SuiteRun, suites
from etude.sandbox import Image, Sandbox

MIN_TESTS = 20
"""A codebase with fewer stable passing tests is refused."""
MAX_SUITE_S = 300.0
"""A codebase whose suite takes longer is refused."""
MAX_TESTS_ENDING_THE_RUN = 3

_NETWORK = re.compile(
    r"gaierror|Name or service not known|name resolution|Network is unreachable|URLError|"
    r"ConnectionRefused|ConnectionError|No route to host|ConnectError|NewConnectionError"
)


class Baseline(msgspec.Struct, frozen=True, kw_only=True):
    """What a healthy suite says."""

    tests: tuple[BaselineTest, ...]
    set_aside: tuple[SetAside, ...]
    coverage: Coverage
    suite_s: float


async def measure(codebase: Codebase, image: Image, first: SuiteRun, sandbox: Sandbox) -> Baseline:
    """Run the suite two more times and compare.

    Args:
        codebase: The card so far; its `tests` are not read.
        image: The image for grading, with coverage tools.
        first: A whole run of the suite, in the given order.
        sandbox: Where to run.

    Raises:
        ConfigError: Too few tests are stable, or none runs the project's source.
        SandboxError: The box failed.
    """
    known = set(first.results)
    hanging = tuple(test for test in first.collected if test not in known)
    plan = SuitePlan(without=hanging, give_up_after=0, timeout_s=MAX_SUITE_S * 4)
    second, third = await asyncio.gather(
        _run(
            codebase, image, sandbox, msgspec.structs.replace(plan, order="reversed", hash_seed=1)
        ),
        _run(codebase, image, sandbox, msgspec.structs.replace(plan, coverage=True, hash_seed=2)),
    )
    tests, aside = _compare(first, second, third)
    n_passing = sum(test.outcome == "passed" for test in tests)
    if n_passing < MIN_TESTS:
        raise ConfigError(
            f"{codebase.name} {codebase.version}: only {n_passing} tests pass every time, at least "
            f"{MIN_TESTS} are needed{_why(aside, first)}"
        )
    coverage = _coverage(tests, third)
    if not coverage.lines:
        raise ConfigError(
            f"{codebase.name} {codebase.version}: {n_passing} tests pass, but none runs the "
            f"project's source ({', '.join(codebase.source_roots)})"
        )
    return Baseline(tests=tests, set_aside=aside, coverage=coverage, suite_s=first.duration_s)


async def first_run(
    codebase: Codebase, image: Image, sandbox: Sandbox, plan: SuitePlan
) -> SuiteRun:
    """Run the whole suite once, leaving out tests that end the run itself.

    Raises:
        SandboxError: The box failed.
    """
    for _ in range(MAX_TESTS_ENDING_THE_RUN):
        run = await _run(codebase, image, sandbox, plan)
        if run.complete or not run.running:
            break
        plan = replace(plan, without=(*plan.without, run.running))
    return run


async def _run(codebase: Codebase, image: Image, sandbox: Sandbox, plan: SuitePlan) -> SuiteRun:
    async with sandbox.open(image) as box:
        return await suites.make("pytest").run(box, codebase, plan)


def _compare(
    first: SuiteRun, second: SuiteRun, third: SuiteRun
) -> tuple[tuple[BaselineTest, ...], tuple[SetAside, ...]]:
    tests, aside = [], []
    ids = dict.fromkeys([*first.collected, *first.results, *second.results, *third.results])
    for test in ids:
        if reason := _reason(test, first, second, third):
            aside.append(SetAside(id=test, reason=reason))
            continue
        result, place = first.results[test], third.places.get(test)
        durations = sorted(run.results[test].duration_s for run in (first, second, third))
        tests.append(
            BaselineTest(
                id=test,
                outcome=result.outcome,
                duration_s=durations[1],
                path=place.path if place else "",
                first_line=place.first_line if place else 0,
                last_line=place.last_line if place else 0,
            )
        )
    return tuple(tests), tuple(aside)


def _reason(test: str, first: SuiteRun, second: SuiteRun, third: SuiteRun) -> str:
    """Why a test cannot judge; empty when it can."""
    results = [run.results.get(test) for run in (first, second, third)]
    if any(result is None for result in results):
        ran_out = first.complete and second.complete and third.complete
        return "unstable-id" if ran_out or results[0] else "time"
    outcomes = [result.outcome for result in results if result]
    failures = [result.failure for result in results if result and result.failure]
    if any(failure.exception == "TestTimedOut" for failure in failures):
        return "time"
    if len(set(outcomes)) > 1:
        return "order" if outcomes[0] == outcomes[2] else "flaky"
    if outcomes[0] in ("failed", "error", "xpassed"):
        text = " ".join(f"{failure.exception}: {failure.message}" for failure in failures)
        return "network" if _NETWORK.search(text) else "fails"
    return ""


def _why(aside: Iterable[SetAside], run: SuiteRun) -> str:
    counts: dict[str, int] = {}
    for test in aside:
        counts[test.reason] = counts.get(test.reason, 0) + 1
    parts = [f"{n} {reason}" for reason, n in sorted(counts.items())]
    if run.collection_errors:
        last = run.collection_errors[0].strip().splitlines()[-1]
        parts.append(f"{len(run.collection_errors)} files not collected, the first: {last[:200]}")
    elif not run.complete and not parts:
        tail = run.log.strip().splitlines()[-1:] or ["no output"]
        parts.append(f"the runner did not finish: {tail[0][:200]}")
    return f" ({'; '.join(parts)})" if parts else ""


def _coverage(tests: tuple[BaselineTest, ...], run: SuiteRun) -> Coverage:
    lines: dict[str, dict[int, list[int]]] = {}
    for index, test in enumerate(tests):
        for path, numbers in run.lines.get(test.id, {}).items():
            for number in numbers:
                lines.setdefault(path, {}).setdefault(number, []).append(index)
    return Coverage(
        lines={
            path: {number: tuple(at) for number, at in sorted(found.items())}
            for path, found in sorted(lines.items())
        },
        imported=dict(sorted(run.lines.get("", {}).items())),
    )
