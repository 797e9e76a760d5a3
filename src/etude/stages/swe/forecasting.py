"""Choose the bugs that are worth a whole run: most candidates are refused in a warm process.

One process in one box imports the project and collects its tests once; each bug gets a fork of it
in which the changed functions are exchanged. What that way cannot judge, such as code that runs on
import, it says so and the slow way judges. A forecast refuses; it never accepts: every bug that is
kept was proved by whole processes in fresh boxes.
"""

import ast
import asyncio
import hashlib
from collections.abc import Sequence
from typing import Literal

import msgspec

from etude.records import Codebase
from etude.rollout.environment import open_tree
from etude.rollout.machine import BYTECODE_TARGET
from etude.rollout.suites import Candidate, Forecast, Probe, SuitePlan, suites
from etude.sandbox import Sandbox
from etude.stages.swe.bugs import Bug
from etude.stages.swe.reach import Reach
from etude.store.codebases import Prepared

Lines = tuple[int, int]
"""First and last line."""
Say = Literal["refused", "worth a run", "unknown"]
PER_TEST = 8.0
"""A test may take so many times what it takes on the healthy code, and a second more."""
LEAST_LIMIT_S = 2.0
NEVER_DOUBTED = ("too obvious", "time-out")
"""Refusals that hold whatever tests say that were not asked."""


class Screened(msgspec.Struct, frozen=True, kw_only=True):
    """What a forecast says of one bug."""

    say: Say
    reason: str = ""
    """Why it was refused, or why nothing is known."""
    caught_by: tuple[str, ...] = ()
    """Tests that failed; of a bug that is too obvious not all of them."""
    effect: str = ""
    """Digest of which tests failed and what was said; of bugs with the same one, one is enough."""
    duration_s: float = 0.0


class Forecaster:
    """Forecasts for the bugs of one codebase."""

    def __init__(self, prepared: Prepared, sandbox: Sandbox, max_failing_share: float) -> None:
        """Say what is to be judged.

        Args:
            prepared: The codebase.
            sandbox: Where it runs.
            max_failing_share: A bug that more of the passing tests catch is too obvious.
        """
        self.prepared = prepared
        self.sandbox = sandbox
        codebase = prepared.codebase
        self.reach = Reach(prepared)
        self.passing = self.reach.passing
        self.spent = {t.id: t.duration_s for t in codebase.tests}
        self.most = int(max_failing_share * len(self.passing))
        self.cold = ""
        """Why this codebase is judged the slow way; empty while it need not be."""
        self.untrusted: frozenset[str] | None = None
        """Tests that say something else in a fork; `None` before they were tried."""
        self.n_forecast = 0
        self.machine_s = 0.0
        self._probing = asyncio.Lock()
        self._heads: dict[str, list[tuple[Lines, Lines]]] = {}

    @property
    def codebase(self) -> Codebase:
        """The codebase's card."""
        return self.prepared.codebase

    async def screen(self, bugs: Sequence[Bug], ids: Sequence[str]) -> dict[str, Screened]:
        """Forecast bugs, in one warm process; `ids` name them in the answer.

        Raises:
            SandboxError: The box failed.
        """
        found: dict[str, Screened] = {}
        candidates = []
        doubts: dict[str, str] = {}
        if self.untrusted is None and not self.cold:
            async with self._probing:
                if self.untrusted is None and not self.cold:
                    await self._run([], self._probe())
        for bug, id_ in zip(bugs, ids, strict=True):
            tests, doubts[id_] = self._who_notices(bug)
            ready = self._candidate(bug, id_, tests, doubts[id_])
            if isinstance(ready, Screened):
                found[id_] = ready
            else:
                candidates.append(ready)
        said = await self._run(candidates, None) if candidates else {}
        unknown = Forecast(outcome="unjudged", text="the warm process ended before")
        for candidate in candidates:
            screened = self._read(said.get(candidate.id, unknown))
            if (doubt := doubts[candidate.id]) and screened.reason not in NEVER_DOUBTED:
                screened = msgspec.structs.replace(
                    screened, say="unknown", reason=doubt, caught_by=(), effect=""
                )
            found[candidate.id] = screened
        return found

    def _who_notices(self, bug: Bug) -> tuple[list[str], str]:
        """Return the tests to ask about a bug, and why others may notice it too."""
        path, first, last = bug.path, bug.line, bug.last_line
        if any(file.path != path for file in bug.files):
            return [], "changes several files"
        doubt = ""
        if self.reach.acts_on_import(bug):
            # Defaults are made on import, but whoever notices them runs the body.
            first, last = self._body_below(path, first, last) or (first, last)
            if self.reach.runs_on_import(path, first, last):
                doubt = "acts on import"
        tests = self.reach.tests_of(path, first, last)
        trusted = [test for test in tests if test not in (self.untrusted or ())]
        if len(trusted) < len(tests):
            doubt = doubt or "reached by tests that fork badly"
        return trusted, doubt

    def _body_below(self, path: str, first: int, last: int) -> tuple[int, int] | None:
        """Return the lines of the function's body whose head holds the given lines, if any does."""
        if path not in self._heads:
            self._heads[path] = _heads((self.prepared.source / path).read_bytes())
        fits = [body for head, body in self._heads[path] if head[0] <= first and last <= head[1]]
        return fits[-1] if fits else None

    def _candidate(
        self, bug: Bug, id_: str, tests: Sequence[str], doubt: str
    ) -> Candidate | Screened:
        if self.cold:
            return Screened(say="unknown", reason=self.cold)
        if doubt and len(tests) <= self.most:
            # However many of them fail, others might.
            return Screened(say="unknown", reason=doubt)
        if not tests:
            return Screened(say="refused", reason="no test reaches it")
        return Candidate(
            id=id_,
            path=bug.path,
            text=bug.files[0].text,
            tests=tuple(tests),
            most=self.most,
            limit_s=LEAST_LIMIT_S + PER_TEST * self._seconds(tests),
        )

    def _seconds(self, tests: Sequence[str]) -> float:
        return sum(self.spent[test] for test in tests)

    def _probe(self) -> Probe:
        tests = tuple(self.passing)
        return Probe(tests=tests, limit_s=30 + PER_TEST * self._seconds(tests))

    async def _run(
        self, candidates: Sequence[Candidate], probe: Probe | None
    ) -> dict[str, Forecast]:
        wanted = (test for candidate in candidates for test in candidate.tests)
        tests = probe.tests if probe else tuple(dict.fromkeys(wanted))
        limit_s = sum(c.limit_s for c in candidates) + (probe.limit_s if probe else 0)
        plan = SuitePlan(
            tests=tests,
            test_s={test: PER_TEST * self.spent[test] + 1 for test in tests},
            give_up_after=1,
            timeout_s=120 + 2 * self.codebase.suite_s + limit_s,
            bytecode=BYTECODE_TARGET,
        )
        async with open_tree(self.prepared, {}, self.sandbox, for_grading=True) as box:
            suite = suites.make("pytest")
            said = await suite.forecast(box, self.codebase, plan, candidates, probe)
        if said is None:
            self.cold = "this kind of suite has no warm way"
            return {}
        self.machine_s += said.duration_s
        self.n_forecast += len(said.by_id)
        if said.cold:
            self.cold = said.cold
        if probe is not None:
            self._learn(said.probe)
        return said.by_id

    def _learn(self, probe: Forecast | None) -> None:
        """Set aside the tests that a fork of the healthy tree does not pass, or that change it."""
        if probe is None or probe.outcome != "ran":
            self.cold = self.cold or f"the healthy tests do not run in a fork: {_why(probe)}"
            return
        strange = {*probe.failed, *probe.other, *probe.writers}
        strange |= {test for test in self.passing if test not in probe.spent}
        self.untrusted = frozenset(strange)

    def _read(self, said: Forecast) -> Screened:
        spent_s = said.duration_s
        if said.outcome == "time-out":
            return Screened(say="refused", reason="time-out", duration_s=spent_s)
        if said.outcome != "ran":
            return Screened(say="unknown", reason=said.text or said.outcome, duration_s=spent_s)
        if said.other:
            reason = "changes what is skipped"
        elif not said.failed:
            reason = "no test fails"
        elif len(said.failed) > self.most:
            reason = "too obvious"
        else:
            reason = ""
        return Screened(
            say="refused" if reason else "worth a run",
            reason=reason,
            caught_by=tuple(said.failed),
            effect="" if reason else _digest(said.failed),
            duration_s=spent_s,
        )


def _heads(source: bytes) -> list[tuple[Lines, Lines]]:
    """Return the lines of each function's head and of its body, outer ones first."""
    found = []
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            start = node.body[0].lineno
            head = (node.lineno, max(node.lineno, start - 1))
            found.append((head, (start, node.end_lineno or start)))
    return sorted(found)


def _why(probe: Forecast | None) -> str:
    if probe is None:
        return "no answer"
    return probe.text or probe.outcome


def _digest(failed: dict[str, str]) -> str:
    return hashlib.sha256(msgspec.json.encode(sorted(failed.items()))).hexdigest()[:20]
