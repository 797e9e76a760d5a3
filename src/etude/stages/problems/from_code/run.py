"""Make a data set of problems from prepared codebases.

Every verdict, kept or refused, is one line of the data set's journal, written before the next is
begun; the same call again reads it and goes on where it stopped. Which problems are kept depends
on the seed only, never on how many are judged side by side or when a run was killed.
"""

import asyncio
import contextlib
import tempfile
import time
from collections import Counter, deque
from collections.abc import AsyncGenerator, Callable, Iterable, Sequence
from pathlib import Path
from random import Random

import msgspec

from etude.errors import ConfigError, EtudeError
from etude.rollout.graders import Judge, Means, graders
from etude.stages.problems.from_code.functions import FunctionGates, choose_functions
from etude.stages.problems.from_code.ledger import Ledger, Verdict
from etude.stages.problems.from_code.predictions import Predictor
from etude.stages.problems.from_code.project import Project
from etude.stages.problems.from_code.proving import FunctionProver, Mutants
from etude.stages.problems.from_code.pure import PredictionGates
from etude.stages.problems.from_code.unit import CALLS, FUNCTION, Made, Refused, Unit, UnitMade
from etude.store import (
    JOURNAL_OF_ANSWERS,
    CodebaseStore,
    Counts,
    Dataset,
    DatasetWriter,
    Journal,
    Prepared,
)
from etude.store.manifest import NAME as MANIFEST

RULES = 2
"""Raised whenever the same function may be judged otherwise; older verdicts are not read then."""
NO_VERDICT = "no verdict"


class CodeRecipe(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What to make: the settings that decide a data set's content."""

    codebases: tuple[str, ...]
    """What the codebases were prepared from, such as `pypi:h11`; for the record."""
    limit: int = 100
    """Functions to be written that are wanted of each codebase; 0 for none."""
    predictions: int = 100
    """Problems on inputs and outputs that are wanted of each codebase; 0 for none."""
    seed: int = 0
    gates: FunctionGates = FunctionGates()
    prediction_gates: PredictionGates = PredictionGates()


class CodeProgress(msgspec.Struct, frozen=True, kw_only=True):
    """How far a run is, told after every step."""

    codebase: str
    doing: str
    n_kept: int = 0
    """Problems of this codebase so far."""
    n_wanted: int = 0
    n_judged: int = 0


class CodebaseMade(msgspec.Struct, frozen=True, kw_only=True):
    """What one codebase gave."""

    source: str
    codebase: str
    n_kept: dict[str, int] = {}
    """Problems, by topic."""
    n_judged: int = 0
    refused: dict[str, int] = {}
    """Functions and calls that gave none, by reason."""
    machine_s: float = 0.0
    """Wall time of all verdicts together, in seconds."""


class CodeOutcome(msgspec.Struct, frozen=True, kw_only=True):
    """What a run made."""

    path: str
    codebases: tuple[CodebaseMade, ...]
    n_problems: int


Tell = Callable[[CodeProgress], None]


async def pose_from_code(
    recipe: CodeRecipe,
    prepared: Sequence[Prepared],
    target: Path,
    means: Means,
    *,
    mutants: Mutants,
    tell: Tell = lambda progress: None,
) -> CodeOutcome:
    """Make the data set that `recipe` describes at `target`, or go on with it.

    Args:
        recipe: What to make.
        prepared: The codebases, in the order of the recipe.
        target: Folder of the data set.
        means: The sandbox, the store that holds the codebases, and how many boxes at a time.
        mutants: Puts mistakes into functions.
        tell: Hears how far the run is.

    Raises:
        ConfigError: `target` holds something else, no problem was left, or there is no sandbox.
    """
    if means.codebases is None or means.sandbox is None:
        raise ConfigError("problems from code need a sandbox and a store of codebases")
    means.sandbox.check()
    with DatasetWriter(target, record="problem") as writer:
        _refuse_other_recipe(target, recipe)
        with contextlib.closing(Journal(target / JOURNAL_OF_ANSWERS)) as journal:
            gates = {FUNCTION: recipe.gates, CALLS: recipe.prediction_gates}
            settings = {kind: [recipe.seed, held, RULES] for kind, held in gates.items()}
            ledger = Ledger(settings, journal)
            made = []
            for one in {p.codebase.id: p for p in prepared}.values():
                run = _CodebaseRun(one, recipe, ledger, tell)
                made.append(await run.run(means, mutants))
                _write(writer, means.codebases, one, run.kept)
        n_problems = sum(sum(m.n_kept.values()) for m in made)
        if not n_problems:
            raise ConfigError(f"no function of these codebases makes a problem: {_why(made)}")
        writer.finish(recipe=_encode(recipe), counts=_counts(made))
    return CodeOutcome(path=str(target), codebases=tuple(made), n_problems=n_problems)


def _why(made: Sequence[CodebaseMade]) -> str:
    reasons = Counter[str]()
    for one in made:
        reasons.update(one.refused)
    return ", ".join(f"{n} {reason}" for reason, n in reasons.most_common(3)) or "none is tested"


def _encode(recipe: CodeRecipe) -> str:
    return msgspec.json.encode(recipe, order="sorted").decode()


def _refuse_other_recipe(target: Path, recipe: CodeRecipe) -> None:
    if (target / MANIFEST).is_file() and Dataset.open(target).manifest.recipe != _encode(recipe):
        raise ConfigError(
            f"{target} holds a data set made with other settings; choose another folder"
        )


def _counts(made: Sequence[CodebaseMade]) -> Counts:
    dropped = Counter[str]()
    for one in made:
        dropped.update(one.refused)
    n_in = sum(dropped.values()) + sum(sum(m.n_kept.values()) for m in made)
    return Counts(n_in=n_in, dropped=dict(sorted(dropped.items())))


def _write(
    writer: DatasetWriter, store: CodebaseStore, prepared: Prepared, kept: Sequence[Made]
) -> None:
    if not kept:
        return
    digest = prepared.codebase.id
    name = f"codebases/{digest}.tar.zst"
    if writer.holds_file(name):
        writer.keep_file(name)
    else:
        with tempfile.TemporaryDirectory(prefix="etude-") as folder:
            writer.add_file(name, store.pack(digest, Path(folder) / "codebase.tar.zst"))
    writer.write("problems", [made.problem for made in kept])
    writer.write("references", [made.reference for made in kept])


class _CodebaseRun:
    """The functions of one codebase, judged side by side and taken in order."""

    def __init__(self, prepared: Prepared, recipe: CodeRecipe, ledger: Ledger, tell: Tell) -> None:
        self.prepared = prepared
        self.recipe = recipe
        self.ledger = ledger
        self.tell = tell
        self.kept: list[Made] = []
        self.refused: Counter[str] = Counter()
        self.n_judged = 0
        self.machine_s = 0.0

    async def run(self, means: Means, mutants: Mutants) -> CodebaseMade:
        """Keep as many problems as are wanted."""
        self._tell("reading")
        project = Project(self.prepared)
        async with contextlib.AsyncExitStack() as stack:
            judges: dict[str, Judge] = {}
            for name in ("codebase", "literal", "call"):
                opened = graders.make(name).open(means)
                judges[name] = await stack.enter_async_context(opened)
            if self.recipe.limit:
                prover = FunctionProver(
                    project, judges["codebase"], means, mutants, self.recipe.gates
                )
                units = self._functions(project, prover)
                await self._take("functions", units, self.recipe.limit, means.jobs)
            if self.recipe.predictions:
                predictor = Predictor(project, judges, means, mutants, self.recipe.prediction_gates)
                units = predictor.units(self.recipe.seed)
                self.refused.update(predictor.reasons)
                await self._take("calls", units, self.recipe.predictions, means.jobs)
        return CodebaseMade(
            source=self.prepared.codebase.origin.source,
            codebase=self.prepared.codebase.id,
            n_kept=dict(sorted(Counter(made.problem.topic for made in self.kept).items())),
            n_judged=self.n_judged,
            refused=dict(sorted(self.refused.items())),
            machine_s=round(self.machine_s, 1),
        )

    def _functions(self, project: Project, prover: FunctionProver) -> list[Unit]:
        candidates, reasons = choose_functions(project, self.recipe.gates)
        self.refused.update(reasons)
        Random(f"{self.recipe.seed}:{self.prepared.codebase.id}").shuffle(candidates)
        return [prover.unit(candidate, self.recipe.seed) for candidate in candidates]

    async def _take(self, doing: str, units: Sequence[Unit], n_wanted: int, jobs: int) -> None:
        """Judge units in order until enough problems are kept."""
        kept: list[Made] = []
        self._tell(doing, 0, n_wanted)
        async with contextlib.aclosing(self._verdicts(units, jobs)) as verdicts:
            async for verdict in verdicts:
                self.n_judged += 1
                self.machine_s += verdict.duration_s
                self.refused.update(verdict.refused)
                room = n_wanted - len(kept)
                kept += verdict.made[:room]
                self._tell(doing, len(kept), n_wanted)
                if len(kept) >= n_wanted:
                    break
        self.kept += kept

    async def _verdicts(self, units: Iterable[Unit], jobs: int) -> AsyncGenerator[Verdict, None]:
        """Judge `jobs` units at a time and yield their verdicts in order."""
        waiting = iter(units)
        running: deque[asyncio.Task[Verdict]] = deque()
        gate = asyncio.Semaphore(jobs)
        try:
            while True:
                # A few more than run at once, so that one slow unit holds up nothing.
                while len(running) < 4 * jobs and (unit := next(waiting, None)) is not None:
                    running.append(asyncio.create_task(self._judge(unit, gate)))
                if not running:
                    return
                yield await running.popleft()
        finally:
            for task in running:
                task.cancel()
            await asyncio.gather(*running, return_exceptions=True)

    async def _judge(self, unit: Unit, gate: asyncio.Semaphore) -> Verdict:
        async with gate:
            key = f"{self.prepared.codebase.id}:{unit.kind}:{unit.key}"
            if (known := self.ledger.find(key)) is not None:
                return known
            started = time.monotonic()
            recipe = self.ledger.recipes[unit.kind]
            try:
                result = await unit.make()
            except Refused as refused:
                result = UnitMade(refused={str(refused): 1})
            except ConfigError:
                raise
            except EtudeError as fault:
                # A failure of ours: counted, and tried again by the next run.
                reason = f"{NO_VERDICT}: {type(fault).__name__}"
                return Verdict(recipe=recipe, unit=key, refused={reason: 1})
            verdict = Verdict(
                recipe=recipe,
                unit=key,
                made=result.made,
                refused=result.refused,
                duration_s=round(time.monotonic() - started, 3),
            )
            self.ledger.add(verdict)
            return verdict

    def _tell(self, doing: str, n_kept: int = 0, n_wanted: int = 0) -> None:
        self.tell(
            CodeProgress(
                codebase=self.prepared.codebase.name,
                doing=doing,
                n_kept=n_kept,
                n_wanted=n_wanted,
                n_judged=self.n_judged,
            )
        )
