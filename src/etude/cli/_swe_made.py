"""What `etude swe make` says while it works and when it is done."""

import click
from rich.console import Console
from rich.table import Table

from etude.cli._rows import print_pairs
from etude.pages.text import duration
from etude.stages.swe.make import MakeOutcome, Progress


def said_pace(progress: Progress) -> str:
    """Say how many bugs were judged, what a task costs and how long the rest will take."""
    said = [f"{progress.n_judged} bugs judged"]
    if progress.n_kept:
        said.append(f"{progress.machine_s / progress.n_kept:.1f} machine s a task")
    if progress.n_codebases > 1:
        said.append(f"codebase {progress.number} of {progress.n_codebases}")
        said.append(f"{progress.n_tasks} tasks in all")
    if progress.left_s:
        said.append(f"at most {plain_duration(progress.left_s)} left at this pace")
    return ", ".join(said)


def plain_duration(seconds: float) -> str:
    """Return seconds in words, for a terminal."""
    return duration(seconds).replace("\N{NO-BREAK SPACE}", " ")


def print_made(outcome: MakeOutcome) -> None:
    console = Console()
    table = Table(box=None, pad_edge=False)
    headings = ("codebase", "tasks", "bugs judged", "by forecast", "yield", "machine s a task")
    for heading in headings:
        table.add_column(heading, justify="left" if heading == "codebase" else "right")
    for row in outcome.codebases:
        if row.refused:
            click.echo(f"etude: {row.spec} left out: {row.refused}", err=True)
            continue
        share = row.n_kept / row.n_judged if row.n_judged else 0.0
        cost = f"{row.machine_s / row.n_kept:.1f}" if row.n_kept else "-"
        counts = [str(n) for n in (row.n_kept, row.n_judged, row.n_forecast)]
        table.add_row(row.spec, *counts, f"{share:.0%}", cost)
    console.print(table)
    _print_forecasts(outcome)
    reasons: dict[str, int] = {}
    for row in outcome.codebases:
        for reason, n in row.reasons.items():
            reasons[reason] = reasons.get(reason, 0) + n
    ordered = dict(sorted(reasons.items(), key=lambda item: -item[1]))
    print_pairs(console, "refused, by reason", ordered)
    if len(outcome.makers) > 1:
        _print_makers(console, outcome)
    console.print(
        f"{outcome.n_tasks} tasks in {outcome.path}; this sitting took "
        f"{plain_duration(outcome.duration_s)}, the largest process {outcome.peak_mb:.0f} MB",
        highlight=False,
        soft_wrap=True,
    )
    console.print(f"next: etude swe validate {outcome.path}", highlight=False)


def _print_makers(console: Console, outcome: MakeOutcome) -> None:
    table = Table(box=None, pad_edge=False)
    for heading in ("maker", "tasks", "bugs judged", "yield", "machine s a task"):
        table.add_column(heading, justify="left" if heading == "maker" else "right")
    for row in outcome.makers:
        cost = f"{row.machine_s / row.n_kept:.1f}" if row.n_kept else "-"
        share = f"{row.n_kept / row.n_judged:.0%}"
        table.add_row(row.maker, str(row.n_kept), str(row.n_judged), share, cost)
    console.print(table)


def _print_forecasts(outcome: MakeOutcome) -> None:
    """Say how often forecasts and runs differed, and which codebases have no forecasts."""
    compared = sum(row.n_compared for row in outcome.codebases)
    if compared:
        differed = sum(row.n_disagreed for row in outcome.codebases)
        click.echo(f"forecasts and runs differed on {differed} of {compared} bugs that had both")
    for row in outcome.codebases:
        if row.cold:
            click.echo(f"{row.spec} was judged by runs alone: {row.cold}")
