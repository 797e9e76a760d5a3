"""The `etude swe` commands: from a real codebase to graded environments."""

import asyncio
from pathlib import Path

import click
import msgspec
from rich.console import Console

from etude.cli._groups import Suggesting
from etude.cli._progress import progress_line
from etude.cli._rows import print_pairs
from etude.cli._swe_catalogue import (
    CatalogueChoice,
    catalogue_options,
    prepare_catalogue,
    prepared_of,
)
from etude.cli._swe_made import print_made, said_pace
from etude.cli._swe_options import (
    DATASET,
    JOBS,
    JSON,
    SANDBOX,
    AgentChoice,
    agent_options,
    choose_agent,
)
from etude.cli._swe_predictions import read_patch, read_predictions
from etude.config import read_toml
from etude.errors import ConfigError, EtudeError, RecordError
from etude.records import Grade
from etude.rollout import PlayLimits, grade, open_environments
from etude.rollout.play import Arena, Played, PlayPlan, play
from etude.sandbox import Sandbox
from etude.stages.swe.make import MakeRecipe, Progress, make
from etude.stages.swe.prepare import prepare
from etude.stages.swe.revalidate import TaskCheck, revalidate
from etude.store import CodebaseStore, Dataset


@click.group(cls=Suggesting)
def command() -> None:
    """Turn real projects into environments in which a model learns to repair code."""


@command.command("prepare", epilog="Example: etude swe prepare pypi:boltons ./my-project")
@click.argument("codebases", nargs=-1, metavar="CODEBASE...")
@click.option("--refresh", is_flag=True, help="Prepare anew even if it is there.")
@catalogue_options
@SANDBOX
@JSON
@click.pass_context
def prepare_command(
    ctx: click.Context,
    codebases: tuple[str, ...],
    refresh: bool,
    choice: CatalogueChoice,
    sandbox: Sandbox,
    as_json: bool,
) -> None:
    """Fetch, install and measure each CODEBASE, or all of a --catalogue.

    A CODEBASE is pypi:NAME[==VERSION], a folder, an sdist file or git:URL-or-path[@REV].
    A catalogue goes on past what fails, and when stopped, where it was.
    """
    if bool(codebases) == bool(choice.catalogue):
        raise ConfigError("name codebases, such as pypi:h11, or give a --catalogue")
    if choice.catalogue:
        if not prepare_catalogue(choice, sandbox, as_json=as_json):
            ctx.exit(1)
        return
    store = CodebaseStore(CodebaseStore.home())
    failures: list[EtudeError] = []
    for spec in codebases:
        with progress_line() as line:
            line.update(f"preparing {spec}")
            try:
                prepared = asyncio.run(prepare(spec, sandbox, store, refresh=refresh))
            except EtudeError as error:
                failures.append(error)
                click.echo(f"etude: {error}", err=True)
                continue
        card = prepared.codebase
        if as_json:
            bare = msgspec.structs.replace(card, tests=())
            click.echo(msgspec.json.encode({"folder": str(prepared.folder), "card": bare}))
            continue
        aside: dict[str, int] = {}
        for test in card.set_aside:
            aside[test.reason] = aside.get(test.reason, 0) + 1
        facts = {
            "digest": card.id[:16],
            "from": f"{card.origin.source} ({card.origin.licence or 'no licence stated'})",
            "interpreter": f"{card.interpreter}, {card.runner}",
            "source": f"{', '.join(card.source_roots)}: {card.n_source_lines} lines",
            "tests": f"{len(card.tests)} stable, one run takes {card.suite_s:.1f} s",
            "set aside": ", ".join(f"{n} {why}" for why, n in sorted(aside.items())) or "none",
            "folder": str(prepared.folder),
        }
        facts.update({f"note {i}": note for i, note in enumerate(card.notes, start=1)})
        print_pairs(Console(), f"{card.name} {card.version}", facts)
    if failures:
        ctx.exit(2 if any(isinstance(e, ConfigError) for e in failures) else 1)


@command.command("make", epilog="Example: etude swe make pypi:h11 --out tasks --limit 10")
@click.argument("codebases", nargs=-1, metavar="CODEBASE...")
@click.option("--out", required=True, type=click.Path(path_type=Path), help="Folder to make.")
@click.option("--recipe", type=click.Path(path_type=Path), help="A TOML file with settings.")
@click.option(
    "--catalogue", type=click.Path(path_type=Path), help="Take what is prepared of a catalogue."
)
@click.option("--makers", help="Bug makers, by name, with commas between.  [default: mutate]")
@click.option("--limit", type=click.IntRange(min=1), help="Tasks a codebase.  [default: 40]")
@click.option("--seed", type=int, help="The only source of chance.  [default: 0]")
@click.option("--max-failing-share", type=click.FloatRange(0, 1), help="[default: 0.25]")
@SANDBOX
@JOBS
@JSON
def make_command(
    codebases: tuple[str, ...],
    out: Path,
    recipe: Path | None,
    catalogue: Path | None,
    makers: str | None,
    limit: int | None,
    seed: int | None,
    max_failing_share: float | None,
    sandbox: Sandbox,
    jobs: int,
    as_json: bool,
) -> None:
    """Put bugs into each CODEBASE, prove them, and write the data set of tasks.

    Stopped at any time, the same command goes on where it was.
    """
    settings = read_toml(recipe, MakeRecipe) if recipe else MakeRecipe(codebases=codebases)
    store = CodebaseStore(CodebaseStore.home())
    if catalogue is not None:
        codebases += prepared_of(catalogue, store)
    changes: dict[str, object] = {"codebases": codebases or settings.codebases}
    if makers is not None:
        changes["makers"] = tuple(name.strip() for name in makers.split(",") if name.strip())
    if limit is not None:
        changes["limit"] = limit
    if seed is not None:
        changes["seed"] = seed
    if max_failing_share is not None:
        changes["gates"] = msgspec.structs.replace(
            settings.gates, max_failing_share=max_failing_share
        )
    settings = msgspec.structs.replace(settings, **changes)
    if not settings.codebases:
        raise ConfigError(
            "name at least one codebase, such as pypi:h11, or give a --recipe or a --catalogue"
        )
    with progress_line(quiet=as_json) as line:

        def tell(progress: Progress) -> None:
            line.update(
                f"{progress.codebase}: {progress.doing} ({said_pace(progress)})",
                progress.n_kept,
                progress.n_wanted,
            )

        outcome = asyncio.run(make(settings, out, sandbox, store, jobs=jobs, tell=tell))
    if as_json:
        click.echo(msgspec.json.encode(outcome))
    else:
        print_made(outcome)


@command.command("validate", epilog="Example: etude swe validate tasks")
@DATASET
@click.option("--repeats", type=click.IntRange(min=1), default=2, show_default=True)
@SANDBOX
@JOBS
@JSON
@click.pass_context
def validate_command(
    ctx: click.Context, dataset: Path, repeats: int, sandbox: Sandbox, jobs: int, as_json: bool
) -> None:
    """Judge every task of DATASET again from nothing: solution 1, empty patch 0, no flake."""
    held = Dataset.open(dataset)
    with progress_line(quiet=as_json) as line:

        def tell(check: TaskCheck, n_done: int, n_all: int) -> None:
            line.update("validating", n_done, n_all)

        checks = asyncio.run(revalidate(held, sandbox, repeats=repeats, jobs=jobs, tell=tell))
    bad = [check for check in checks if check.problems]
    if as_json:
        click.echo(msgspec.json.encode(checks))
    else:
        for check in bad:
            click.echo(f"{check.task_id}: {'; '.join(check.problems)}")
        n_all = len(checks)
        solved = sum(all(score == 1.0 for score in check.oracle) for check in checks)
        unsolved = sum(all(score == 0.0 for score in check.noop) for check in checks)
        click.echo(
            f"{n_all} tasks judged {repeats} times: the solution scores 1 on {solved}, an empty "
            f"patch 0 on {unsolved}; {len(bad)} tasks have problems"
        )
    if bad:
        ctx.exit(1)


@command.command("run", epilog="Example: etude swe run tasks --agent search --attempts 8 --out ep")
@DATASET
@agent_options
@click.option("--out", required=True, type=click.Path(path_type=Path), help="Folder to make.")
@click.option("--attempts", type=click.IntRange(min=1), default=1, show_default=True)
@click.option("--id", "ids", multiple=True, help="Only this task; may be given again.")
@click.option("--turns", type=click.IntRange(min=1), default=50, show_default=True)
@click.option("--seconds", type=click.FloatRange(min=1), default=1800.0, show_default=True)
@click.option("--budget", type=float, default=5.0, show_default=True, help="USD an attempt.")
@SANDBOX
@JOBS
@JSON
def run_command(
    dataset: Path,
    choice: AgentChoice,
    out: Path,
    attempts: int,
    ids: tuple[str, ...],
    turns: int,
    seconds: float,
    budget: float,
    sandbox: Sandbox,
    jobs: int,
    as_json: bool,
) -> None:
    """Let an agent attempt the tasks of DATASET; write its episodes and their grades."""
    held = Dataset.open(dataset)
    plan = PlayPlan(
        n_attempts=attempts,
        limits=PlayLimits(n_turns=turns, time_s=seconds, cost_usd=budget),
    )
    with progress_line(quiet=as_json) as line:

        def tell(played: Played, n_done: int, n_all: int) -> None:
            line.update("playing", n_done, n_all)

        rows = asyncio.run(
            play(
                Arena.open(held, CodebaseStore(CodebaseStore.home()), ids),
                choose_agent(choice, held),
                out,
                sandbox,
                plan=plan,
                jobs=jobs,
                tell=tell,
            )
        )
    if as_json:
        click.echo(msgspec.json.encode([row.grade for row in rows]))
        return
    solved = {row.grade.task_id for row in rows if row.grade.solved}
    tasks = {row.grade.task_id for row in rows}
    faults = sum(row.grade.score is None for row in rows)
    click.echo(
        f"{len(rows)} episodes in {out}: {len(solved)} of {len(tasks)} tasks solved at least once, "
        f"{faults} without a verdict"
    )
    click.echo(f"next: etude data show {out}")


@command.command("grade", epilog="Example: etude swe grade tasks --id ID --patch fix.diff")
@DATASET
@click.option("--id", "task_id", help="The task to grade a patch for.")
@click.option("--patch", type=click.Path(path_type=Path), help="A unified diff; - for stdin.")
@click.option("--predictions", type=click.Path(path_type=Path), help="SWE-bench predictions.")
@SANDBOX
@JOBS
@JSON
def grade_command(
    dataset: Path,
    task_id: str | None,
    patch: Path | None,
    predictions: Path | None,
    sandbox: Sandbox,
    jobs: int,
    as_json: bool,
) -> None:
    """Grade one patch, or a file of predictions, against the hidden tests of DATASET."""
    held = Dataset.open(dataset)
    if predictions is not None and task_id is None and patch is None:
        patches = read_predictions(predictions, held)
    elif task_id is not None and patch is not None and predictions is None:
        patches = {task_id: read_patch(patch)}
    else:
        raise ConfigError("give either --id with --patch, or --predictions")
    grades = asyncio.run(_grade_all(held, patches, sandbox, jobs, lenient=predictions is not None))
    if as_json:
        click.echo(msgspec.json.encode(grades))
        return
    for row in grades:
        score = "fault" if row.score is None else f"{row.score:.3f}"
        click.echo(f"{row.task_id}  {score}  {row.fault or row.note}")
        for path in row.dropped:
            click.echo(f"  not applied, since it is no source of the project: {path}")
        for test in row.broken:
            click.echo(f"  broken: {test}")
    if len(grades) > 1:
        click.echo(f"{sum(row.solved for row in grades)} of {len(grades)} solved")


async def _grade_all(
    dataset: Dataset, patches: dict[str, str], sandbox: Sandbox, jobs: int, *, lenient: bool
) -> list[Grade]:
    store = CodebaseStore(CodebaseStore.home())
    environments = list(open_environments(dataset, store, patches))
    sandbox.check()
    keys = {key.task_id: key for key in dataset.keys()}
    gate = asyncio.Semaphore(jobs)

    async def one(index: int) -> Grade:
        environment = environments[index]
        task_id = environment.task.id
        async with gate:
            try:
                return await grade(environment, keys[task_id], patches[task_id], sandbox)
            except RecordError as error:
                if not lenient:
                    raise ConfigError(str(error)) from error
                note = f"the patch does not apply: {error}"
                return Grade(episode_id=f"{task_id}-patch", task_id=task_id, score=0.0, note=note)

    return list(await asyncio.gather(*(one(index) for index in range(len(environments)))))
