"""Make a data set of tasks: prepare codebases, propose bugs, judge them, keep what holds.

Every verdict, kept or refused, is one line of the data set's journal, written before the next is
begun; the same command run again reads it and goes on where it stopped. Which tasks are kept
depends on the seed and the order of proposal only, never on how many run side by side or when a
run was killed.
"""

import asyncio
import contextlib
import hashlib
import itertools
import tempfile
import time
from collections import Counter, deque
from collections.abc import AsyncGenerator, Callable, Iterator, Sequence
from pathlib import Path
from random import Random

import msgspec

from etude.errors import ConfigError, TaskError
from etude.records import AnswerKey, Task, Workspace
from etude.rollout.grading import reason_to_drop
from etude.sandbox import Sandbox
from etude.stages.swe.bugs import Bug, BugMaker, SourceFile, bug_makers
from etude.stages.swe.prepare import prepare
from etude.stages.swe.toolchains._layout import source_files
from etude.stages.swe.validate import Gates, Made, Refused, Validator, fingerprint
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
"""Raised whenever the same candidate may be judged otherwise; older verdicts are not read then."""
MAX_TRIES = 20
"""Candidates judged per task wanted, at most; a codebase that yields less gives fewer tasks."""


class MakeRecipe(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What to make: the settings that decide a data set's content."""

    codebases: tuple[str, ...]
    makers: tuple[str, ...] = ("mutate",)
    limit: int = 40
    """Tasks wanted from each codebase."""
    seed: int = 0
    gates: Gates = Gates()


class Verdict(msgspec.Struct, frozen=True, kw_only=True):
    """What became of one candidate: a line of the journal."""

    recipe: str
    """Digest of the settings that decide verdicts."""
    codebase: str
    candidate: str
    """Fingerprint of the bug."""
    maker: str
    kind: str
    reason: str
    """Why it was refused; empty when it was kept."""
    effect: str = ""
    task: Task | None = None
    workspace: Workspace | None = None
    key: AnswerKey | None = None
    duration_s: float = 0.0


class Progress(msgspec.Struct, frozen=True, kw_only=True):
    """How far a run is, told after every step."""

    codebase: str
    doing: str
    n_kept: int = 0
    n_wanted: int = 0
    n_judged: int = 0


class CodebaseOutcome(msgspec.Struct, frozen=True, kw_only=True):
    """What one codebase gave."""

    spec: str
    codebase: str = ""
    refused: str = ""
    """Why the codebase could not be prepared; empty when it was."""
    n_kept: int = 0
    n_judged: int = 0
    reasons: dict[str, int] = {}
    machine_s: float = 0.0


class MakeOutcome(msgspec.Struct, frozen=True, kw_only=True):
    """What a run made."""

    path: str
    codebases: tuple[CodebaseOutcome, ...]

    @property
    def n_tasks(self) -> int:
        """Tasks in the data set."""
        return sum(outcome.n_kept for outcome in self.codebases)


Tell = Callable[[Progress], None]


async def make(
    recipe: MakeRecipe,
    target: Path,
    sandbox: Sandbox,
    store: CodebaseStore,
    *,
    jobs: int = 2,
    tell: Tell = lambda progress: None,
) -> MakeOutcome:
    """Make the data set that `recipe` describes at `target`, or go on with it.

    Codebases that cannot be prepared are named in the outcome; the others go on.

    Raises:
        ConfigError: `target` holds something else, or no codebase could be prepared.
        SandboxError: A box failed.
    """
    makers = [bug_makers.make(name) for name in recipe.makers]
    sandbox.check()
    with DatasetWriter(target, record="task") as writer:
        _refuse_other_recipe(target, recipe)
        # Opened by the first verdict, so that a request that fails before leaves nothing.
        with contextlib.closing(Journal(target / JOURNAL_OF_ANSWERS)) as journal:
            ledger = _Ledger(recipe, journal)
            outcomes = []
            for spec in dict.fromkeys(recipe.codebases):
                maker = _CodebaseRun(spec, recipe, ledger, sandbox, tell)
                outcomes.append(await maker.run(makers, store, jobs))
                _write(writer, store, maker)
        if not any(outcome.n_judged for outcome in outcomes):
            raise ConfigError(outcomes[0].refused or "no bug could be proposed")
        _refuse_changed_codebases(target, outcomes)
        writer.finish(recipe=_encode(recipe), counts=_counts(outcomes))
    return MakeOutcome(path=str(target), codebases=tuple(outcomes))


def _encode(recipe: MakeRecipe) -> str:
    return msgspec.json.encode(recipe, order="sorted").decode()


def _refuse_other_recipe(target: Path, recipe: MakeRecipe) -> None:
    if (target / MANIFEST).is_file() and Dataset.open(target).manifest.recipe != _encode(recipe):
        raise ConfigError(
            f"{target} holds a data set made with other settings; choose another folder, or give "
            f"the settings it was made with to go on"
        )


def _refuse_changed_codebases(target: Path, outcomes: Sequence[CodebaseOutcome]) -> None:
    """The same settings can name other content, such as a folder that was edited since."""
    if not (target / MANIFEST).is_file():
        return
    held = {Path(file.name).name.partition(".")[0] for file in Dataset.open(target).manifest.files}
    if held - {outcome.codebase for outcome in outcomes if outcome.n_kept}:
        raise ConfigError(
            f"{target} holds tasks of a codebase that has changed since; choose another folder"
        )


def _write(writer: DatasetWriter, store: CodebaseStore, run: "_CodebaseRun") -> None:
    if run.prepared is None or not run.kept:
        return
    digest = run.prepared.codebase.id
    name = f"codebases/{digest}.tar.zst"
    if writer.holds_file(name):
        writer.keep_file(name)
    else:
        with tempfile.TemporaryDirectory(prefix="etude-") as folder:
            writer.add_file(name, store.pack(digest, Path(folder) / "codebase.tar.zst"))
    for table, rows in (
        ("tasks", [verdict.task for verdict in run.kept]),
        ("workspaces", [verdict.workspace for verdict in run.kept]),
        ("keys", [verdict.key for verdict in run.kept]),
    ):
        writer.write(table, [row for row in rows if row is not None])


def _counts(outcomes: Sequence[CodebaseOutcome]) -> Counts:
    dropped: Counter[str] = Counter()
    for outcome in outcomes:
        dropped.update(outcome.reasons)
    return Counts(n_in=sum(o.n_judged for o in outcomes), dropped=dict(sorted(dropped.items())))


class _Ledger:
    """The verdicts there are, from this run and from runs that were cut short."""

    def __init__(self, recipe: MakeRecipe, journal: Journal) -> None:
        text = msgspec.json.encode([recipe.seed, recipe.gates, RULES])
        self.recipe = hashlib.sha256(text).hexdigest()[:16]
        self.journal = journal
        self.verdicts = {
            (verdict.codebase, verdict.candidate): verdict
            for verdict in journal.read(Verdict)
            if verdict.recipe == self.recipe
        }

    def find(self, codebase: str, candidate: str) -> Verdict | None:
        """Return the verdict on a candidate, if there is one."""
        return self.verdicts.get((codebase, candidate))

    def add(self, verdict: Verdict) -> None:
        """Keep a verdict; when this returns it is on disk."""
        self.journal.path.parent.mkdir(exist_ok=True)
        self.journal.append(verdict)
        self.verdicts[verdict.codebase, verdict.candidate] = verdict


class _CodebaseRun:
    """The candidates of one codebase, judged side by side and taken in order."""

    def __init__(
        self, spec: str, recipe: MakeRecipe, ledger: _Ledger, sandbox: Sandbox, tell: Tell
    ) -> None:
        self.spec = spec
        self.recipe = recipe
        self.ledger = ledger
        self.sandbox = sandbox
        self.tell = tell
        self.prepared: Prepared | None = None
        self.kept: list[Verdict] = []
        self.reasons: Counter[str] = Counter()
        self.n_judged = 0
        self.machine_s = 0.0

    async def run(
        self, makers: Sequence[BugMaker], store: CodebaseStore, jobs: int
    ) -> CodebaseOutcome:
        """Prepare the codebase and keep as many tasks as are wanted."""
        self._tell("preparing")
        try:
            self.prepared = await prepare(self.spec, self.sandbox, store)
        except (ConfigError, TaskError) as error:
            return CodebaseOutcome(spec=self.spec, refused=str(error))
        validator = Validator(self.prepared, self.sandbox, self.recipe.gates, self.recipe.seed)
        self._tell("making tasks")
        effects: set[str] = set()
        async with contextlib.aclosing(self._verdicts(makers, validator, jobs)) as verdicts:
            async for verdict in verdicts:
                self.n_judged += 1
                self.machine_s += verdict.duration_s
                reason = verdict.reason
                if not reason and verdict.effect in effects:
                    reason = "same effect as another"
                if reason:
                    self.reasons[reason] += 1
                else:
                    effects.add(verdict.effect)
                    self.kept.append(verdict)
                self._tell("making tasks")
                if len(self.kept) >= self.recipe.limit:
                    break
        return CodebaseOutcome(
            spec=self.spec,
            codebase=self.prepared.codebase.id,
            n_kept=len(self.kept),
            n_judged=self.n_judged,
            reasons=dict(self.reasons),
            machine_s=round(self.machine_s, 1),
        )

    def _tell(self, doing: str) -> None:
        self.tell(
            Progress(
                codebase=self.spec,
                doing=doing,
                n_kept=len(self.kept),
                n_wanted=self.recipe.limit,
                n_judged=self.n_judged,
            )
        )

    def _candidates(self, makers: Sequence[BugMaker], validator: Validator) -> Iterator[Bug]:
        """Yield the bugs of all makers in turn, each bug once."""
        files = list(read_sources(validator.prepared))
        streams = [
            maker.propose(files, Random(f"{self.recipe.seed}:{validator.codebase.id}:{number}"))
            for number, maker in enumerate(makers)
        ]
        seen: set[str] = set()
        while streams:
            for stream in list(streams):
                bug = next(stream, None)
                if bug is None:
                    streams.remove(stream)
                elif (candidate := fingerprint(bug)) not in seen:
                    seen.add(candidate)
                    yield bug

    async def _verdicts(
        self, makers: Sequence[BugMaker], validator: Validator, jobs: int
    ) -> AsyncGenerator[Verdict, None]:
        """Judge `jobs` candidates at a time and yield their verdicts in the order of proposal."""
        bugs = itertools.islice(self._candidates(makers, validator), self.recipe.limit * MAX_TRIES)
        running: deque[asyncio.Task[Verdict]] = deque()
        gate = asyncio.Semaphore(jobs)
        try:
            while True:
                # A few more than run at once, so that one slow candidate holds up nothing.
                while len(running) < 4 * jobs and (bug := next(bugs, None)) is not None:
                    running.append(asyncio.create_task(self._judge(bug, validator, gate)))
                if not running:
                    return
                yield await running.popleft()
        finally:
            for task in running:
                task.cancel()
            await asyncio.gather(*running, return_exceptions=True)

    async def _judge(self, bug: Bug, validator: Validator, gate: asyncio.Semaphore) -> Verdict:
        async with gate:
            candidate = fingerprint(bug)
            codebase = validator.codebase.id
            if (known := self.ledger.find(codebase, candidate)) is not None:
                return known
            started = time.monotonic()
            made: Made | None = None
            reason = ""
            try:
                made = await validator.judge(bug)
            except Refused as refused:
                reason = str(refused)
            verdict = Verdict(
                recipe=self.ledger.recipe,
                codebase=codebase,
                candidate=candidate,
                maker=bug.maker,
                kind=bug.kind,
                reason=reason,
                effect=made.effect if made else "",
                task=made.task if made else None,
                workspace=made.workspace if made else None,
                key=made.key if made else None,
                duration_s=round(time.monotonic() - started, 3),
            )
            self.ledger.add(verdict)
            return verdict


def read_sources(prepared: Prepared) -> Iterator[SourceFile]:
    """Yield the project's own files that at least one stable test runs."""
    covered = prepared.coverage().lines
    roots = prepared.codebase.source_roots
    for path in source_files(prepared.source, roots):
        name = path.relative_to(prepared.source).as_posix()
        lines = frozenset(covered.get(name, ()))
        if not lines or reason_to_drop(name, prepared.codebase):
            continue
        try:
            text = path.read_bytes().decode()
        except UnicodeDecodeError:
            continue
        yield SourceFile(path=name, text=text, covered=lines)
