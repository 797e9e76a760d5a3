"""The `etude demo` command."""

import asyncio
from pathlib import Path

import click
import msgspec

from etude.cli._progress import progress_line
from etude.cli._swe_options import JOBS, JSON, SANDBOX
from etude.sandbox import Sandbox
from etude.stages.swe.demo import run_demo


@click.command(epilog="Example: etude demo --out demo-out")
@click.option("--out", type=click.Path(path_type=Path), default=Path("demo-out"), show_default=True)
@click.option("--codebase", default="pypi:h11==0.16.0", show_default=True)
@click.option("--limit", type=click.IntRange(min=1), default=25, show_default=True, help="Tasks.")
@click.option("--seed", type=int, default=0, show_default=True)
@SANDBOX
@JOBS
@JSON
def command(
    out: Path, codebase: str, limit: int, seed: int, sandbox: Sandbox, jobs: int, as_json: bool
) -> None:
    """Turn one real project into graded tasks, let three agents play them, write a report."""
    with progress_line(quiet=as_json) as line:
        outcome = asyncio.run(
            run_demo(
                out,
                sandbox,
                codebase=codebase,
                limit=limit,
                seed=seed,
                jobs=jobs,
                tell=line.update,
            )
        )
    if as_json:
        click.echo(msgspec.json.encode(outcome))
        return
    judged = sum(row.n_judged for row in outcome.made.codebases)
    click.echo(
        f"{codebase}: {judged} bugs judged, {outcome.n_tasks} tasks kept, "
        f"{outcome.duration_s:.0f} s in all"
    )
    for name, n_solved in outcome.solved.items():
        click.echo(f"  {name:<7} solved {n_solved:>3} of {outcome.n_tasks}")
    if outcome.n_faults:
        click.echo(f"  {outcome.n_faults} attempts gave no verdict (faults, not zeros)")
    click.echo(f"data set: {outcome.dataset}")
    click.echo(f"report:   {outcome.report}   (holds the answers)")
    click.echo("try next:")
    click.echo(f"  etude data show {outcome.dataset}")
    click.echo(f"  etude swe validate {outcome.dataset}")
    click.echo("  etude swe make pypi:boltons pypi:sqlparse --out tasks --limit 40")
    click.echo(
        f"  etude swe run {outcome.dataset} --agent chat --model NAME --base-url URL --out episodes"
    )
