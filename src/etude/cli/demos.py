"""The `etude demos` commands: conversations worth imitating."""

from pathlib import Path

import click
import msgspec
from rich.console import Console

from etude.cli._groups import Suggesting
from etude.cli._problems_options import names_of
from etude.cli._progress import progress_line
from etude.cli._rows import print_pairs, printable
from etude.cli._settings import OUT, RECIPE
from etude.cli._swe_options import DATASET, JSON
from etude.config import read_toml
from etude.records import Demonstration
from etude.stages.demos.checking import check_all, make_checks
from etude.stages.demos.checks import checks
from etude.stages.demos.choose import ChooseRecipe, choose
from etude.stages.demos.from_episodes import EpisodesRecipe, from_episodes
from etude.stages.demos.measure import DemosReport, MeasureRecipe, Spread, measure
from etude.store import Dataset


@click.group(cls=Suggesting)
def command() -> None:
    """Check, measure and choose demonstrations, or make them of solved episodes."""


@command.command("list", epilog="Example: etude demos list")
@JSON
def list_command(as_json: bool) -> None:
    """List the checks of demonstrations."""
    known = {name: checks.about(name) for name in checks.names()}
    if as_json:
        click.echo(msgspec.json.encode(known))
    else:
        print_pairs(Console(), "checks", known)


@command.command("check", epilog="Example: etude demos check demonstrations")
@DATASET
@click.option("--checks", "chosen", help="By name, with commas between.  [default: the usual]")
@click.option("--shown", type=click.IntRange(min=0), default=50, show_default=True)
@JSON
@click.pass_context
def check_command(
    ctx: click.Context, dataset: Path, chosen: str | None, shown: int, as_json: bool
) -> None:
    """Look for what is wrong with each demonstration of DATASET; ends with 1 where an error is."""
    using = make_checks(names_of(chosen or ""))
    held = Dataset.open(dataset)
    found = list(check_all(held.rows("demonstrations", Demonstration), using))
    if as_json:
        click.echo(msgspec.json.encode(found))
    else:
        for row in found[:shown]:
            what = f"{row.id}: {row.check}, {row.finding.severity}: {row.finding.what}"
            click.echo(printable(what))
        n_errors = len({row.id for row in found if row.finding.severity == "error"})
        click.echo(
            f"{len(found)} findings in {len({row.id for row in found})} of "
            f"{held.n_rows('demonstrations')} demonstrations; {n_errors} have errors"
        )
    if any(row.finding.severity == "error" for row in found):
        ctx.exit(1)


@command.command("measure", epilog="Example: etude demos measure demonstrations")
@DATASET
@RECIPE
@click.option("--benchmark", multiple=True, help="Whose items are looked for; may be repeated.")
@JSON
def measure_command(
    dataset: Path, recipe: Path | None, benchmark: tuple[str, ...], as_json: bool
) -> None:
    """Say what the demonstrations of DATASET are like: sizes, copies, diversity, difficulty."""
    settings = read_toml(recipe, MeasureRecipe) if recipe else MeasureRecipe()
    if benchmark:
        settings = msgspec.structs.replace(settings, benchmarks=benchmark)
    with progress_line(quiet=as_json) as line:
        line.update("measuring demonstrations")
        report = measure(Dataset.open(dataset), settings)
    if as_json:
        click.echo(msgspec.json.encode(report))
    else:
        _print_report(report)


def _print_report(report: DemosReport) -> None:
    console = Console()
    diversity = msgspec.to_builtins(report.diversity)
    print_pairs(
        console,
        f"{report.n} demonstrations",
        {
            "replies": _said(report.turns),
            "words of an instruction": _said(report.instruction_words),
            "words of an answer": _said(report.answer_words),
            "call a tool": str(report.n_with_tools),
            "near-copies of each other": str(report.copies.n),
            "hold a benchmark's item": str(report.benchmark_copies.n),
            "difficulty (IFD)": _said(report.difficulty),
            "instructions that mislead": str(report.n_misleading),
            "scored by": report.scorer,
        },
    )
    plain = {
        name: f"{value:.3g}" for name, value in diversity.items() if isinstance(value, int | float)
    }
    print_pairs(console, "diversity", {n.replace("_", " "): v for n, v in plain.items()})
    counted = {f"{row.check}, {row.severity}": row.n for row in report.findings}
    print_pairs(console, "findings", counted)
    for title, counts in (
        ("by review", report.reviews),
        ("by language", report.languages),
        ("by licence", report.licences),
        ("by writer", report.writers),
    ):
        print_pairs(console, title, {name or "(none)": n for name, n in counts.items()})


def _said(spread: Spread | None) -> str:
    if spread is None:
        return "-"
    return f"{spread.median:.3g} (a tenth below {spread.low:.3g}, a tenth above {spread.high:.3g})"


@command.command("choose", epilog="Example: etude demos choose demonstrations --n 1000 --out best")
@DATASET
@OUT
@RECIPE
@click.option("--n", type=click.IntRange(min=0), help="How many; 0 for all that are good enough.")
@click.option("--benchmark", multiple=True, help="Whose items may not be held; may be repeated.")
@JSON
def choose_command(
    dataset: Path,
    out: Path,
    recipe: Path | None,
    n: int | None,
    benchmark: tuple[str, ...],
    as_json: bool,
) -> None:
    """Choose the demonstrations of DATASET that are worth most and are unlike each other."""
    settings = read_toml(recipe, ChooseRecipe) if recipe else ChooseRecipe()
    changes: dict[str, object] = {}
    if n is not None:
        changes["n"] = n
    if benchmark:
        changes["benchmarks"] = benchmark
    settings = msgspec.structs.replace(settings, **changes)
    with progress_line(quiet=as_json) as line:
        line.update("choosing demonstrations")
        outcome = choose(Dataset.open(dataset), settings, out)
    if as_json:
        click.echo(msgspec.json.encode(outcome))
        return
    print_pairs(Console(), "left out, by reason", outcome.dropped)
    click.echo(f"{outcome.n_chosen} of {outcome.n_in} demonstrations in {outcome.path}")


@command.command("from-episodes", epilog="Example: etude demos from-episodes ep tasks --out demos")
@click.argument("episodes", type=click.Path(path_type=Path))
@click.argument("asked", type=click.Path(path_type=Path))
@OUT
@click.option("--per-task", type=click.IntRange(min=0), default=4, show_default=True)
@click.option("--models", help="Only episodes of these, with commas between.")
@JSON
def from_episodes_command(
    episodes: Path, asked: Path, out: Path, per_task: int, models: str | None, as_json: bool
) -> None:
    """Make demonstrations of the EPISODES that solved what was ASKED: tasks or problems."""
    recipe = EpisodesRecipe(per_task=per_task, models=names_of(models or ""))
    outcome = from_episodes(Dataset.open(episodes), Dataset.open(asked), out, recipe)
    if as_json:
        click.echo(msgspec.json.encode(outcome))
        return
    print_pairs(Console(), "left out, by reason", outcome.dropped)
    click.echo(
        f"{outcome.n_demonstrations} demonstrations of {outcome.n_tasks} tasks, out of "
        f"{outcome.n_in} episodes, in {outcome.path}"
    )
