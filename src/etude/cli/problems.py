"""The `etude problems` commands: questions whose answers can be checked."""

import asyncio
from pathlib import Path

import click
import msgspec
from rich.console import Console
from rich.table import Table

from etude.cli._groups import Suggesting
from etude.cli._problems_checks import (
    answer_command,
    audit_command,
    calibrate_command,
    print_audits,
    verify_command,
)
from etude.cli._problems_mutants import mutants
from etude.cli._problems_options import (
    ENGINE_JOBS,
    means_of,
    model_options,
    names_of,
    prepare_all,
)
from etude.cli._progress import progress_line
from etude.cli._rows import print_pairs
from etude.cli._settings import OUT, RECIPE, SETTINGS, parse_settings
from etude.cli._swe_options import JOBS, JSON, SANDBOX
from etude.config import read_toml
from etude.engine import Progress, engines
from etude.errors import ConfigError
from etude.rollout.answering import Setting
from etude.rollout.graders import graders
from etude.sandbox import Sandbox
from etude.stages.problems.families import families
from etude.stages.problems.from_code.run import CodeProgress, CodeRecipe, pose_from_code
from etude.stages.problems.from_model import InventRecipe, invent
from etude.stages.problems.pose import PoseRecipe, find_families, make_family, pose
from etude.stages.problems.take import TakeRecipe, take


@click.group(cls=Suggesting)
def command() -> None:
    """Make problems whose answers can be checked, and check answers."""


@command.command("list", epilog="Example: etude problems list --topic algebra")
@click.option("--topic", help="Only families of this topic.")
@JSON
def list_command(topic: str | None, as_json: bool) -> None:
    """List the families of problems, and the graders of answers."""
    rows = []
    for name in find_families():
        family = make_family(name)
        if topic is None or family.topic == topic:
            rows.append((name, family.topic, families.about(name.partition("/")[0])))
    if topic is not None and not rows:
        topics = sorted({make_family(name).topic for name in find_families()})
        raise ConfigError(f"no family has the topic {topic!r} (there are {', '.join(topics)})")
    if as_json:
        keys = ("name", "topic", "about")
        click.echo(msgspec.json.encode([dict(zip(keys, row, strict=True)) for row in rows]))
        return
    table = Table(box=None, pad_edge=False)
    for heading in ("family", "topic", "what it asks"):
        table.add_column(heading)
    for row in rows:
        table.add_row(*row)
    console = Console()
    console.print(table)
    print_pairs(console, "graders", {name: graders.about(name) for name in graders.names()})


@command.command("pose", epilog="Example: etude problems pose --each 200 --out problems")
@OUT
@RECIPE
@click.option("--families", "chosen", help="By name, with commas between.  [default: all]")
@click.option("--without", help="Families to leave out, with commas between.")
@click.option("--each", type=click.IntRange(min=1), help="Problems a family.  [default: 200]")
@click.option("--levels", help="Levels of difficulty, with commas between.  [default: 1,2,3,4,5]")
@click.option("--seed", type=int, help="The only source of chance.  [default: 0]")
@ENGINE_JOBS
@JSON
def pose_command(
    out: Path,
    recipe: Path | None,
    chosen: str | None,
    without: str | None,
    each: int | None,
    levels: str | None,
    seed: int | None,
    jobs: int,
    as_json: bool,
) -> None:
    """Let families pose problems; leave out those whose grader pays wrong answers.

    Stopped at any time, the same command goes on where it was.
    """
    settings = read_toml(recipe, PoseRecipe) if recipe else PoseRecipe()
    changes: dict[str, object] = {}
    if chosen is not None:
        changes["families"] = names_of(chosen)
    if without is not None:
        changes["without"] = names_of(without)
    if each is not None:
        changes["each"] = each
    if levels is not None:
        changes["levels"] = _levels(levels)
    if seed is not None:
        changes["seed"] = seed
    settings = msgspec.structs.replace(settings, **changes)
    with progress_line(quiet=as_json) as line:

        def tell(progress: Progress) -> None:
            line.update("posing and auditing families", progress.n_done, progress.n_units)

        outcome = pose(settings, out, engines.make({"use": "local", "jobs": jobs}), tell=tell)
    if as_json:
        click.echo(msgspec.json.encode(outcome))
        return
    print_audits(outcome.audits)
    click.echo(f"{outcome.n_problems} problems in {outcome.path}")
    click.echo(f"next: etude data show {outcome.path}")


def _levels(text: str) -> tuple[int, ...]:
    try:
        levels = tuple(int(level) for level in text.split(","))
    except ValueError as cause:
        raise ConfigError(f"levels are whole numbers with commas between, not {text!r}") from cause
    if min(levels) < 1:
        raise ConfigError("levels are numbers from 1 on")
    return levels


@command.command("code", epilog="Example: etude problems code pypi:toolz --out problems")
@click.argument("codebases", nargs=-1, required=True, metavar="CODEBASE...")
@OUT
@click.option(
    "--limit",
    type=click.IntRange(min=0),
    default=100,
    show_default=True,
    help="Functions to be written, of each codebase.",
)
@click.option(
    "--predictions",
    type=click.IntRange(min=0),
    default=100,
    show_default=True,
    help="Problems on inputs and outputs, of each codebase.",
)
@click.option("--seed", type=int, default=0, show_default=True)
@SANDBOX
@JOBS
@JSON
def code_command(
    codebases: tuple[str, ...],
    out: Path,
    limit: int,
    predictions: int,
    seed: int,
    sandbox: Sandbox,
    jobs: int,
    as_json: bool,
) -> None:
    """Ask for functions of each CODEBASE, judged by its tests, and for what calls of them give.

    A CODEBASE is pypi:NAME[==VERSION], a folder, an sdist file or git:URL-or-path[@REV]. Stopped at
    any time, the same command goes on where it was.
    """
    recipe = CodeRecipe(codebases=codebases, limit=limit, predictions=predictions, seed=seed)
    means = means_of(sandbox, jobs)
    with progress_line(quiet=as_json) as line:

        def tell(progress: CodeProgress) -> None:
            line.update(
                f"{progress.codebase}: {progress.doing} ({progress.n_judged} judged)",
                progress.n_kept,
                progress.n_wanted,
            )

        prepared = prepare_all(codebases, means, lambda spec: line.update(f"preparing {spec}"))
        made = pose_from_code(recipe, prepared, out, means, mutants=mutants, tell=tell)
        outcome = asyncio.run(made)
    if as_json:
        click.echo(msgspec.json.encode(outcome))
        return
    console = Console()
    for one in outcome.codebases:
        print_pairs(console, f"{one.source}: kept, by topic", one.n_kept)
        print_pairs(console, "refused, by reason", one.refused)
    click.echo(f"{outcome.n_problems} problems in {outcome.path}")


@command.command("invent", epilog="Example: etude problems invent --model NAME --out problems")
@model_options
@OUT
@click.option("--topics", help="What about, with commas between.")
@click.option("--limit", type=click.IntRange(min=1), default=20, show_default=True)
@click.option("--solutions", type=click.IntRange(min=1), default=5, show_default=True)
@click.option("--agree", type=click.FloatRange(0.5, 1), default=0.6, show_default=True)
@click.option("--seed", type=int, default=0, show_default=True)
@SANDBOX
@JOBS
@JSON
def invent_command(
    model: dict[str, Setting],
    out: Path,
    topics: str | None,
    limit: int,
    solutions: int,
    agree: float,
    seed: int,
    sandbox: Sandbox,
    jobs: int,
    as_json: bool,
) -> None:
    """Let a model make problems up; keep those where its program and most solutions agree."""
    recipe = InventRecipe(model=model, limit=limit, n_solutions=solutions, agree=agree, seed=seed)
    if topics is not None:
        recipe = msgspec.structs.replace(recipe, topics=names_of(topics))
    with progress_line(quiet=as_json) as line:

        def tell(n_kept: int, n_proposed: int) -> None:
            line.update(f"inventing ({n_proposed} proposals judged)", n_kept, limit)

        outcome = asyncio.run(invent(recipe, out, sandbox, jobs=jobs, tell=tell))
    if as_json:
        click.echo(msgspec.json.encode(outcome))
        return
    print_pairs(Console(), "refused, by reason", outcome.reasons)
    click.echo(f"{outcome.n_problems} problems of {outcome.n_proposed} proposals in {outcome.path}")


@command.command("take", epilog="Example: etude problems take gsm8k train.jsonl --out problems")
@click.argument("layout")
@click.argument("files", nargs=-1, required=True, metavar="FILE...")
@OUT
@click.option("--licence", default="", help="SPDX expression, where the files state none.")
@SETTINGS
@SANDBOX
@JOBS
@JSON
def take_command(
    layout: str,
    files: tuple[str, ...],
    out: Path,
    licence: str,
    settings: tuple[str, ...],
    sandbox: Sandbox,
    jobs: int,
    as_json: bool,
) -> None:
    """Take problems out of FILEs that others made, in one LAYOUT.

    Every problem whose own answer its grader does not accept is left out.
    """
    source = {"use": layout, **parse_settings(settings)}
    recipe = TakeRecipe(files=files, source=source, licence=licence)
    with progress_line(quiet=as_json) as line:

        def tell(n_seen: int) -> None:
            line.update("taking problems", n_seen)

        outcome = asyncio.run(take(recipe, out, means_of(sandbox, jobs), tell=tell))
    if as_json:
        click.echo(msgspec.json.encode(outcome))
        return
    print_pairs(Console(), "left out, by reason", outcome.dropped)
    if outcome.first_refused:
        click.echo(f"the first one left out: {outcome.first_refused}")
    click.echo(f"{outcome.n_problems} of {outcome.n_in} problems in {outcome.path}")
    if not licence:
        click.echo("no --licence was given; say one if the files state none")


for judging in (audit_command, verify_command, answer_command, calibrate_command):
    command.add_command(judging)
