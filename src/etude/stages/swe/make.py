"""Make a data set of tasks: prepare codebases, propose bugs, judge them, keep what holds.

Every verdict, kept or refused, is one line of the data set's journal, written before the next is
begun; the same command run again reads it and goes on where it stopped. Which tasks are kept
depends on the seed and the order of proposal only, never on how many run side by side or when a
run was killed.
"""

import contextlib
import tempfile
import time
from collections import Counter
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import msgspec

from etude.errors import ConfigError
from etude.sandbox import Sandbox
from etude.stages.swe.bugs import BugMaker, bug_makers
from etude.stages.swe.judging import Wanted
from etude.stages.swe.ledger import Ledger
from etude.stages.swe.one_codebase import CodebaseOutcome, CodebaseRun
from etude.stages.swe.pace import MakerShare, Pace, Progress, Tell, add_shares, peak_mb
from etude.stages.swe.validate import Gates
from etude.store import JOURNAL_OF_ANSWERS, CodebaseStore, Counts, Dataset, DatasetWriter, Journal
from etude.store.manifest import NAME as MANIFEST

__all__ = ["CodebaseOutcome", "MakeOutcome", "MakeRecipe", "Progress", "make"]


class MakeRecipe(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What to make: the settings that decide a data set's content."""

    codebases: tuple[str, ...]
    makers: tuple[str | dict[str, Any], ...] = ("mutate",)
    """Names of bug makers, or tables with `use = name` and settings."""
    limit: int = 40
    """Tasks wanted from each codebase."""
    seed: int = 0
    gates: Gates = Gates()


class MakeOutcome(msgspec.Struct, frozen=True, kw_only=True):
    """What a run made."""

    path: str
    codebases: tuple[CodebaseOutcome, ...]
    makers: tuple[MakerShare, ...] = ()
    """What each maker gave, over all codebases."""
    duration_s: float = 0.0
    """Wall time of this sitting."""
    peak_mb: float = 0.0
    """Memory of the largest process of this sitting, boxes included."""

    @property
    def n_tasks(self) -> int:
        """Tasks in the data set."""
        return sum(outcome.n_kept for outcome in self.codebases)


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
    started = time.monotonic()
    makers = _makers(recipe)
    sandbox.check()
    with DatasetWriter(target, record="task") as writer:
        _refuse_other_recipe(target, recipe)
        # Opened by the first verdict, so that a request that fails before leaves nothing.
        with contextlib.closing(Journal(target / JOURNAL_OF_ANSWERS)) as journal:
            ledger = Ledger(recipe.seed, recipe.gates, journal)
            wanted = Wanted(limit=recipe.limit, seed=recipe.seed, gates=recipe.gates)
            outcomes: list[CodebaseOutcome] = []
            specs = tuple(dict.fromkeys(recipe.codebases))
            pace = Pace(tell, len(specs), recipe.limit)
            for spec in specs:
                pace.begin(sum(outcome.n_kept for outcome in outcomes))
                maker = CodebaseRun(spec, wanted, ledger, sandbox, pace)
                outcomes.append(await maker.run(makers, store, jobs))
                _write(writer, store, maker)
        if not any(outcome.n_judged for outcome in outcomes):
            raise ConfigError(outcomes[0].refused or "no bug could be proposed")
        _refuse_changed_codebases(target, outcomes)
        writer.finish(recipe=_encode(recipe), counts=_counts(outcomes))
    return MakeOutcome(
        path=str(target),
        codebases=tuple(outcomes),
        makers=add_shares(share for outcome in outcomes for share in outcome.makers),
        duration_s=round(time.monotonic() - started, 1),
        peak_mb=peak_mb(),
    )


def _makers(recipe: MakeRecipe) -> list[BugMaker]:
    makers = [bug_makers.make(spec) for spec in recipe.makers]
    if not makers:
        raise ConfigError(f"name at least one bug maker (known: {', '.join(bug_makers.names())})")
    if all(maker.comes_last for maker in makers):
        raise ConfigError(
            "the makers named build on bugs that others made; name another beside, such as mutate"
        )
    return makers


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


def _write(writer: DatasetWriter, store: CodebaseStore, run: CodebaseRun) -> None:
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
