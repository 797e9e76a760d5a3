"""One codebase's candidates: forecast many at a time, judged side by side, taken in order."""

import contextlib
from collections import Counter
from collections.abc import Sequence

import msgspec

from etude.errors import ConfigError, TaskError
from etude.sandbox import Sandbox
from etude.stages.swe.bugs import BugMaker
from etude.stages.swe.judging import Judging, Wanted
from etude.stages.swe.ledger import Ledger, Verdict
from etude.stages.swe.pace import MakerShare, Pace, Progress, by_maker
from etude.stages.swe.prepare import prepare
from etude.store import CodebaseStore, Prepared

DUPLICATE = "same effect as another"


class CodebaseOutcome(msgspec.Struct, frozen=True, kw_only=True):
    """What one codebase gave."""

    spec: str
    codebase: str = ""
    refused: str = ""
    """Why the codebase could not be prepared; empty when it was."""
    cold: str = ""
    """Why its bugs were judged without forecasts; empty when there were some."""
    n_kept: int = 0
    n_judged: int = 0
    n_forecast: int = 0
    """Of those judged: refused by a forecast alone."""
    n_compared: int = 0
    """Judged both by a forecast and by runs."""
    n_disagreed: int = 0
    """Of those compared; the runs have the word."""
    reasons: dict[str, int] = {}
    machine_s: float = 0.0
    makers: tuple[MakerShare, ...] = ()


class CodebaseRun:
    """The candidates of one codebase."""

    def __init__(
        self, spec: str, wanted: Wanted, ledger: Ledger, sandbox: Sandbox, pace: Pace
    ) -> None:
        self.spec = spec
        self.wanted = wanted
        self.ledger = ledger
        self.sandbox = sandbox
        self.pace = pace
        self.prepared: Prepared | None = None
        self.kept: list[Verdict] = []
        self.seen: list[Verdict] = []
        self.reasons: Counter[str] = Counter()
        self._effects: set[str] = set()

    async def run(
        self, makers: Sequence[BugMaker], store: CodebaseStore, jobs: int
    ) -> CodebaseOutcome:
        """Prepare the codebase and keep as many tasks as are wanted."""
        self._tell("preparing", 0.0)
        try:
            self.prepared = await prepare(self.spec, self.sandbox, store)
        except (ConfigError, TaskError) as error:
            return CodebaseOutcome(spec=self.spec, refused=str(error))
        judging = Judging(self.prepared, self.wanted, self.ledger, self.sandbox, jobs)
        self._tell("making tasks", 0.0)
        last = [maker for maker in makers if maker.comes_last]
        share = self.wanted.limit * len(last) // max(1, len(makers))
        await self._fill(judging, [m for m in makers if m not in last], self.wanted.limit - share)
        await self._fill(judging, last, self.wanted.limit)
        return self._outcome(self.prepared, judging)

    async def _fill(self, judging: Judging, makers: Sequence[BugMaker], limit: int) -> None:
        """Judge what the makers propose until so many tasks are kept in all."""
        if not makers or len(self.kept) >= limit:
            return
        async with contextlib.aclosing(judging.verdicts(makers, tuple(self.kept))) as verdicts:
            async for verdict in verdicts:
                self._take(verdict)
                self._tell("making tasks", self._machine_s(judging))
                if len(self.kept) >= limit:
                    break

    def _take(self, verdict: Verdict) -> None:
        self.seen.append(verdict)
        reason = verdict.reason
        if not reason and {verdict.effect, verdict.forecast} & self._effects:
            reason = DUPLICATE
        if reason:
            self.reasons[reason] += 1
        else:
            self._effects |= {verdict.effect, verdict.forecast} - {""}
            self.kept.append(verdict)
            self.pace.took(fresh=self.ledger.is_fresh(verdict))

    def _machine_s(self, judging: Judging) -> float:
        asked_s = judging.forecaster.machine_s + judging.questions.machine_s
        return asked_s + sum(v.duration_s for v in self.seen if v.how == "runs")

    def _outcome(self, prepared: Prepared, judging: Judging) -> CodebaseOutcome:
        return CodebaseOutcome(
            spec=self.spec,
            codebase=prepared.codebase.id,
            cold=judging.forecaster.cold,
            n_kept=len(self.kept),
            n_judged=len(self.seen),
            n_forecast=sum(verdict.how == "forecast" for verdict in self.seen),
            n_compared=sum(verdict.agrees is not None for verdict in self.seen),
            n_disagreed=sum(verdict.agrees is False for verdict in self.seen),
            reasons=dict(self.reasons),
            machine_s=round(self._machine_s(judging), 1),
            makers=by_maker(self.seen, self.kept),
        )

    def _tell(self, doing: str, machine_s: float) -> None:
        self.pace.tell(
            Progress(
                codebase=self.spec,
                doing=doing,
                n_kept=len(self.kept),
                n_wanted=self.wanted.limit,
                n_judged=len(self.seen),
                machine_s=machine_s,
            )
        )
