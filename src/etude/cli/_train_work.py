"""What the `etude train` commands do; imports torch, and so it is imported last."""

from collections.abc import Mapping
from pathlib import Path

import click
import msgspec
from rich.console import Console

from etude.cli._progress import progress_line
from etude.cli._rows import print_pairs, printable
from etude.errors import RecordError
from etude.train.manifest import Figure
from etude.train.run import Run
from etude.train.training import read_recipe, train
from etude.train.world import PARTS, write_part


def run_loop(
    loop: str, recipe: Path, out: Path, changes: Mapping[str, object], *, as_json: bool
) -> None:
    """Train as a recipe says and print what came of it."""
    settings = read_recipe(loop, recipe, changes)
    with progress_line(quiet=as_json) as line:
        run = train(settings, out, tell=line.update)
    _print_run(run, as_json=as_json)


def show_run(path: Path, *, as_json: bool) -> None:
    """Print what a run came to, and check every byte of it."""
    run = Run.open(path)
    _print_run(run, as_json=as_json)
    if problems := run.verify():
        raise RecordError(f"{path}: {'; '.join(problems)}")


def write_world(out: Path, seed: int) -> None:
    """Write every part of the small world into a folder."""
    out.mkdir(parents=True, exist_ok=True)
    for part in PARTS:
        write_part(part, out / part, seed)
        click.echo(f"{out / part}")


def _print_run(run: Run, *, as_json: bool) -> None:
    if as_json:
        click.echo(msgspec.json.encode(run.manifest))
        return
    made = run.manifest
    console = Console()
    print_pairs(
        console,
        "made from",
        {
            f"{one.role} {one.name}": f"{one.kind} {one.digest[:16]}"
            + (f", {one.n_rows:,} rows" if one.n_rows else "")
            for one in made.ingredients
        },
    )
    print_pairs(console, "at the end", {n: _said(one) for n, one in made.figures.items()})
    for sample in made.samples[:3]:
        click.echo(printable(f"asked: {sample.prompt}"))
        click.echo(printable(f"  before: {sample.before}"))
        click.echo(printable(f"  after:  {sample.after}"))
    click.echo(f"{made.n_steps} steps of {made.loop}, {made.ended}: {run.path}")
    click.echo(f"report: {run.page}")


def _said(figure: Figure) -> str:
    if figure.low is None or figure.high is None:
        return f"{figure.value:.4g}"
    return f"{figure.value:.3f} [{figure.low:.3f}, {figure.high:.3f}] of {figure.n}"
