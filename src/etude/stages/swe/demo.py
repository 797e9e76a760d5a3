"""The main job on one small real project, end to end: prepare, make, play, report."""

import time
from collections.abc import Callable
from pathlib import Path

import msgspec

from etude.errors import ConfigError
from etude.records import Episode, Grade, Task
from etude.rollout import Agent
from etude.rollout.agents import agents
from etude.rollout.play import Arena, Played, PlayPlan, play
from etude.sandbox import Sandbox
from etude.stages.swe.make import MakeOutcome, MakeRecipe, Progress, make
from etude.stages.swe.report import AgentScores, ReportInput, write_report
from etude.store import CodebaseStore, Dataset

SEARCH_ATTEMPTS = 4


class DemoOutcome(msgspec.Struct, frozen=True, kw_only=True):
    """What the demo made."""

    dataset: str
    report: str
    made: MakeOutcome
    solved: dict[str, int]
    """Tasks solved at least once, by agent."""
    n_tasks: int
    n_faults: int
    duration_s: float


Tell = Callable[[str, int, int], None]


async def run_demo(
    out: Path,
    sandbox: Sandbox,
    *,
    codebase: str,
    limit: int,
    seed: int,
    jobs: int,
    tell: Tell = lambda text, done, total: None,
) -> DemoOutcome:
    """Make a data set from one codebase, let three agents play it, and write the report.

    Raises:
        ConfigError: The codebase cannot be prepared or `out` cannot be written.
        SandboxError: A box failed.
    """
    started = time.monotonic()
    store = CodebaseStore(CodebaseStore.home())
    recipe = MakeRecipe(codebases=(codebase,), limit=limit, seed=seed)

    def told(progress: Progress) -> None:
        tell(f"{codebase}: {progress.doing}", progress.n_kept, progress.n_wanted)

    made = await make(recipe, out / "dataset", sandbox, store, jobs=jobs, tell=told)
    dataset = Dataset.open(out / "dataset")
    arena = Arena.open(dataset, store)
    if not arena.keys:
        raise ConfigError(f"{codebase}: no bug held; try another project")
    patches = {key.task_id: key.oracle_patch for key in arena.keys.values()}
    players: list[tuple[str, Agent, int]] = [
        ("oracle", agents.make({"use": "oracle", "patches": patches}), 1),
        ("noop", agents.make("noop"), 1),
        ("search", agents.make("search"), SEARCH_ATTEMPTS),
    ]
    rows: dict[str, list[Played]] = {}
    for name, agent, n_attempts in players:
        rows[name] = await play(
            arena,
            agent,
            out / f"episodes-{name}",
            sandbox,
            plan=PlayPlan(n_attempts=n_attempts),
            jobs=jobs,
            tell=_counter(tell, f"{name} at work"),
        )
    duration_s = round(time.monotonic() - started, 1)
    report = out / "report.html"
    write_report(report, report_input(dataset, store, rows, duration_s))
    return DemoOutcome(
        dataset=str(out / "dataset"),
        report=str(report),
        made=made,
        solved={
            name: len({row.grade.task_id for row in played if row.grade.solved})
            for name, played in rows.items()
        },
        n_tasks=len(arena.keys),
        n_faults=sum(row.grade.score is None for played in rows.values() for row in played),
        duration_s=duration_s,
    )


def _counter(tell: Tell, text: str) -> Callable[[Played, int, int], None]:
    return lambda played, n_done, n_all: tell(text, n_done, n_all)


def report_input(
    dataset: Dataset,
    store: CodebaseStore,
    rows: dict[str, list[Played]],
    duration_s: float | None = None,
) -> ReportInput:
    """Gather what the report tells of a data set and of the agents that played it."""
    tasks = list(dataset.tasks())
    digests = dict.fromkeys(task.codebase for task in tasks)
    prepared = [store.find(digest) for digest in digests]
    codebases = [found.codebase for found in prepared if found is not None]
    facts = {
        "data set": dataset.manifest.digest[:16],
        "made": dataset.manifest.created,
        "recipe": dataset.manifest.recipe,
    }
    if duration_s is not None:
        facts["wall time"] = f"{duration_s:.0f} s"
    return ReportInput(
        title="Environments from " + ", ".join(f"{c.name} {c.version}" for c in codebases),
        codebases=codebases,
        tasks=tasks,
        keys=list(dataset.keys()),
        scores=[
            AgentScores(
                agent=name,
                grades=tuple(row.grade for row in played),
                n_attempts=max((row.episode.attempt + 1 for row in played), default=1),
            )
            for name, played in rows.items()
        ],
        episodes=_to_read(dataset, rows),
        dropped=dataset.manifest.counts.dropped,
        facts=facts,
    )


def _to_read(dataset: Dataset, rows: dict[str, list[Played]]) -> list[tuple[Episode, Grade, Task]]:
    """Pick the episodes to read: one that was solved without the answer, one that failed."""
    tasks = {task.id: task for task in dataset.tasks()}
    mine = [row for name, played in rows.items() if name != "oracle" for row in played]
    solved = [row for row in mine if row.grade.solved][:1]
    failed = [row for row in mine if row.grade.score is not None and not row.grade.solved]
    longest = sorted(failed, key=lambda row: -len(row.episode.turns))[:1]
    oracle = rows.get("oracle", [])[:1]
    return [(r.episode, r.grade, tasks[r.grade.task_id]) for r in [*solved, *longest, *oracle]]
