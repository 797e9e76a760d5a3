"""Judging: many bugs are forecast at a time, those worth it are proved by runs, in order."""

import asyncio
import contextlib
import time
from collections import deque
from collections.abc import AsyncGenerator, Sequence
from typing import Any, NamedTuple, TypeVar

import msgspec

from etude.sandbox import Sandbox
from etude.stages.swe.bugs import Bug, BugMaker
from etude.stages.swe.candidates import Questions, candidates
from etude.stages.swe.forecasting import Forecaster, Screened
from etude.stages.swe.ledger import Ledger, Verdict
from etude.stages.swe.taking_out import CANNOT_HIDE, Refused
from etude.stages.swe.validate import (
    NO_STATEMENT,
    Doubted,
    Gates,
    Made,
    Validator,
    fingerprint,
)
from etude.store import Prepared

ItemT = TypeVar("ItemT")
MAX_TRIES = 20
"""Candidates judged per task wanted, at most; a codebase that yields less gives fewer tasks."""
CHUNK = 48
"""Candidates that one warm process is given."""
PATIENCE_S = 2.0
"""Those that are there are forecast when the next candidate takes longer to be found."""
CHECK_EVERY = 40
"""One in so many candidates with a forecast is judged as if there were none, to compare."""
_NOT_CHECKED = ("no test reaches it", "time-out")
"""Refusals that runs would repeat for the same reason, or at great cost."""
_SAYS_NOTHING = frozenset(
    {
        CANNOT_HIDE, "the visible suite breaks off", "the visible suite is not green",
        "hides most of the suite", "outside the source", "the verdict differs over repeats",
        NO_STATEMENT, "the solution does not bring every test back",
    }
)  # fmt: skip
"""Refusals for reasons other than which tests catch the bug."""


class Wanted(NamedTuple):
    """What is wanted of each codebase."""

    limit: int
    seed: int
    gates: Gates


class Judging:
    """Judges the candidates of one codebase."""

    def __init__(
        self, prepared: Prepared, wanted: Wanted, ledger: Ledger, sandbox: Sandbox, jobs: int
    ) -> None:
        self.prepared = prepared
        self.wanted = wanted
        self.ledger = ledger
        self.jobs = jobs
        self.validator = Validator(prepared, sandbox, wanted.gates, wanted.seed)
        self.forecaster = Forecaster(prepared, sandbox, wanted.gates.max_failing_share)
        self._gate = asyncio.Semaphore(jobs)
        self.questions = Questions(prepared, sandbox, self._gate)
        self._n_left = wanted.limit * MAX_TRIES
        self._coming: asyncio.Task[Bug | None] | None = None

    async def verdicts(
        self, makers: Sequence[BugMaker], kept: Sequence[Verdict] = ()
    ) -> AsyncGenerator[Verdict, None]:
        """Judge `jobs` candidates at a time and yield their verdicts in the order of proposal.

        Args:
            makers: Who proposes candidates.
            kept: Verdicts on what was kept, for makers that build on it.
        """
        bugs = candidates(makers, self.prepared, self.wanted.seed, self.questions, kept)
        self._n_left = self.wanted.limit * MAX_TRIES
        running: deque[asyncio.Task[Verdict]] = deque()
        screened = self._screened(bugs)
        found: asyncio.Task[tuple[Bug, Screened | None] | None] | None = None
        more = True
        try:
            while more or running:
                # A few more than run at once, so that one slow candidate holds up nothing.
                if more and found is None and len(running) < 4 * self.jobs:
                    found = asyncio.create_task(_next(screened))
                waiting = [task for task in (found, *list(running)[:1]) if task is not None]
                await asyncio.wait(waiting, return_when=asyncio.FIRST_COMPLETED)
                if found is not None and found.done():
                    pair, found = await found, None
                    more = pair is not None
                    if pair is not None:
                        running.append(asyncio.create_task(self._judge(*pair)))
                if running and running[0].done():
                    yield await running.popleft()
        finally:
            await _cancel([found, *running])
            await screened.aclose()
            await _cancel([self._coming])
            self._coming = None
            await bugs.aclose()

    async def _screened(
        self, bugs: AsyncGenerator[Bug, None]
    ) -> AsyncGenerator[tuple[Bug, Screened | None], None]:
        """Yield the bugs in order, each with its forecast; the next are forecast meanwhile."""
        size = min(CHUNK, 2 * self.wanted.limit + 8)
        ahead = asyncio.create_task(self._forecast(bugs, size))
        try:
            while found := await ahead:
                ahead = asyncio.create_task(self._forecast(bugs, CHUNK))
                for pair in found:
                    yield pair
        finally:
            ahead.cancel()
            await asyncio.gather(ahead, return_exceptions=True)

    async def _take(self, bugs: AsyncGenerator[Bug, None], most: int) -> list[Bug]:
        """Take the next bugs, fewer than `most` where one is slow to come."""
        taken = list[Bug]()
        most = min(most, self._n_left)
        while len(taken) < most:
            if self._coming is None:
                self._coming = asyncio.create_task(_next(bugs))
            if taken and not (await asyncio.wait({self._coming}, timeout=PATIENCE_S))[0]:
                break
            bug = await self._coming
            self._coming = None
            if bug is None:
                break
            taken.append(bug)
        self._n_left -= len(taken)
        return taken

    async def _forecast(
        self, bugs: AsyncGenerator[Bug, None], size: int
    ) -> list[tuple[Bug, Screened | None]]:
        """Take the next bugs, `size` for each core, and forecast those without a verdict."""
        chunk = await self._take(bugs, size * self.jobs)
        fresh = [
            (bug, id_)
            for bug in chunk
            for id_ in [fingerprint(bug)]
            if not bug.caught_by and self.ledger.find(self.prepared.codebase.id, id_) is None
        ]
        parts = [fresh[number :: self.jobs] for number in range(self.jobs)]
        found: dict[str, Screened] = {}
        for said in await asyncio.gather(*(self._forecast_part(part) for part in parts if part)):
            found |= said
        return [(bug, found.get(fingerprint(bug))) for bug in chunk]

    async def _forecast_part(self, part: Sequence[tuple[Bug, str]]) -> dict[str, Screened]:
        async with self._gate:
            return await self.forecaster.screen([b for b, _ in part], [id_ for _, id_ in part])

    async def _judge(self, bug: Bug, screened: Screened | None) -> Verdict:
        candidate = fingerprint(bug)
        codebase = self.prepared.codebase.id
        if (known := self.ledger.find(codebase, candidate)) is not None:
            return known
        verdict = Verdict(
            recipe=self.ledger.recipe,
            codebase=codebase,
            candidate=candidate,
            maker=bug.maker,
            kind=bug.kind,
            reason="",
        )
        if screened is not None and self._is_enough(screened, candidate):
            verdict = msgspec.structs.replace(
                verdict, reason=screened.reason, how="forecast", duration_s=screened.duration_s
            )
        else:
            async with self._gate:
                verdict = await self._prove(bug, screened, verdict)
        self.ledger.add(verdict)
        return verdict

    def _is_enough(self, screened: Screened, candidate: str) -> bool:
        """Whether a forecast refuses a bug for good; some are proved all the same, to count."""
        if screened.say != "refused":
            return False
        return screened.reason in _NOT_CHECKED or not _is_compared(candidate)

    async def _make(self, bug: Bug, screened: Screened | None, candidate: str) -> Made:
        caught_by = bug.caught_by
        if screened is not None and screened.say == "worth a run":
            caught_by = screened.caught_by
        if caught_by and not _is_compared(candidate):
            # Where runs do not say the same, nothing of what was said is believed.
            with contextlib.suppress(Doubted):
                return await self.validator.confirm(bug, caught_by)
        return await self.validator.judge(bug, screened=bool(caught_by))

    async def _prove(self, bug: Bug, screened: Screened | None, verdict: Verdict) -> Verdict:
        started = time.monotonic()
        made: Made | None = None
        reason = ""
        try:
            made = await self._make(bug, screened, verdict.candidate)
        except Refused as refused:
            reason = str(refused)
        return msgspec.structs.replace(
            verdict,
            reason=reason,
            agrees=_agrees(screened, made, reason),
            forecast=screened.effect if screened else "",
            effect=made.effect if made else "",
            task=made.task if made else None,
            workspace=made.workspace if made else None,
            key=made.key if made else None,
            duration_s=round(time.monotonic() - started, 3),
        )


def _is_compared(candidate: str) -> bool:
    return int(candidate[:8], 16) % CHECK_EVERY == 0


async def _next(items: AsyncGenerator[ItemT, None]) -> ItemT | None:
    return await anext(items, None)


async def _cancel(tasks: Sequence[asyncio.Task[Any] | None]) -> None:
    found = [task for task in tasks if task is not None]
    for task in found:
        task.cancel()
    await asyncio.gather(*found, return_exceptions=True)


def _agrees(screened: Screened | None, made: Made | None, reason: str) -> bool | None:
    """Whether forecast and runs say the same of which tests catch a bug."""
    if screened is None or screened.say == "unknown":
        return None
    if made is not None:
        return set(screened.caught_by) == set(made.key.fail_to_pass)
    if screened.say == "refused":
        return reason == screened.reason
    return reason in _SAYS_NOTHING
