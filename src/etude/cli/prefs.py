"""The `etude prefs` commands: what raters prefer, how far to trust it, what it pays for."""

import asyncio
from pathlib import Path
from typing import Literal, cast

import click
import msgspec
from rich.console import Console
from rich.table import Table
from rich.text import Text

from etude.cli._groups import Suggesting
from etude.cli._problems_options import model_options, names_of
from etude.cli._progress import progress_line
from etude.cli._rows import print_pairs, printable
from etude.cli._settings import OUT, RECIPE
from etude.cli._swe_options import DATASET, JSON
from etude.config import read_toml
from etude.models import models
from etude.rollout.answering import Setting
from etude.stages.prefs.aggregate import AggregateRecipe, aggregate_dataset
from etude.stages.prefs.bias import audit_bias, bias_lines
from etude.stages.prefs.choices import read_choices
from etude.stages.prefs.intervals import Estimate
from etude.stages.prefs.label_errors import (
    error_lines,
    find_label_errors,
    of_choices,
    of_labelled,
    read_labelled,
)
from etude.stages.prefs.measure import PrefsReport, measure
from etude.stages.prefs.probes import (
    facts_of_problems,
    plain_facts,
    probe_lines,
    probe_model,
    write_probes,
)
from etude.stages.prefs.reweight import ReweightRecipe, reweight
from etude.stages.prefs.simulate import Design, simulate, usual_suspects, write_simulated
from etude.store import Dataset


@click.group(cls=Suggesting)
def command() -> None:
    """Measure ratings, aggregate them, and find what they pay for beside quality."""


@command.command("measure", epilog="Example: etude prefs measure ratings")
@DATASET
@JSON
def measure_command(dataset: Path, as_json: bool) -> None:
    """Say how far the raters of DATASET agree, who can be trusted, and what is still needed."""
    with progress_line(quiet=as_json) as line:
        line.update("measuring ratings")
        report = measure(Dataset.open(dataset))
    if as_json:
        click.echo(msgspec.json.encode(report))
    else:
        _print_report(report)


def _print_report(report: PrefsReport) -> None:
    console = Console()
    agreement = report.agreement
    print_pairs(
        console,
        f"{report.n_ratings} ratings of {report.n_rated} comparisons",
        {
            "raters a comparison": f"{report.raters_per_comparison:.1f}",
            "set aside": ", ".join(f"{n} {why}" for why, n in report.set_aside.items()) or "none",
            "alpha (Krippendorff)": _said(agreement.alpha),
            "alpha, graded": _said(agreement.alpha_graded),
            "kappa (Fleiss)": _said(agreement.fleiss_kappa),
            "AC1 (Gwet)": _said(agreement.gwet_ac1),
            "agreeing, of all pairs": _said(agreement.percent),
        },
    )
    table = Table(box=None, pad_edge=False)
    for heading in ("rater", "ratings", "accuracy", "gold", "with the others", "on repeats"):
        table.add_column(heading, justify="left" if heading == "rater" else "right")
    for rater in report.raters:
        known = (rater.accuracy, rater.gold, rater.agreement, rater.steadiness)
        table.add_row(
            Text(printable(rater.rater)), str(rater.n_ratings), *(_short(one) for one in known)
        )
    console.print(table)
    flagged = [one for one in report.suspicions if one.flagged]
    click.echo(f"{len(flagged)} suspicions of {len({one.rater for one in flagged})} raters:")
    for one in flagged:
        click.echo(printable(f"  {one.rater}, {one.kind}: {one.sentence}"))
    if report.sources is not None:
        strengths = {s.source: _said(s.log_strength) for s in report.sources.strengths}
        print_pairs(console, "log-strength of each source", strengths)
    power = report.power
    further = "none suffices" if power.further_ratings is None else f"{power.further_ratings:.0f}"
    click.echo(
        f"{power.n_uncertain} of {power.n_pairs} pairs are not {power.certainty:.0%} certain; "
        f"further ratings until they are: {further}"
    )


def _short(found: Estimate | None) -> str:
    return "-" if found is None else f"{found.value:.2f} ±{found.half_width:.2f}"


def _said(found: Estimate | None) -> str:
    if found is None:
        return "-"
    return f"{found.value:.3f} [{found.low:.3f}, {found.high:.3f}]"


@command.command("aggregate", epilog="Example: etude prefs aggregate ratings --out preferences")
@DATASET
@OUT
@RECIPE
@click.option("--method", type=click.Choice(["dawid_skene", "mace", "majority"]))
@click.option("--min-probability", type=click.FloatRange(0.5, 1, max_open=True))
@click.option("--leave-out", help="Raters whose ratings do not count, with commas between.")
@click.option("--leave-out-flagged", is_flag=True, help="Nor those that the tests flag.")
@JSON
def aggregate_command(
    dataset: Path,
    out: Path,
    recipe: Path | None,
    method: str | None,
    min_probability: float | None,
    leave_out: str | None,
    leave_out_flagged: bool,
    as_json: bool,
) -> None:
    """Make preferences of the ratings of DATASET, each with how likely it is."""
    settings = read_toml(recipe, AggregateRecipe) if recipe else AggregateRecipe()
    changes: dict[str, object] = {}
    if method is not None:
        changes["method"] = method
    if min_probability is not None:
        changes["min_probability"] = min_probability
    if leave_out is not None:
        changes["leave_out"] = names_of(leave_out)
    if leave_out_flagged:
        changes["leave_out_flagged"] = True
    settings = msgspec.structs.replace(settings, **changes)
    outcome = aggregate_dataset(Dataset.open(dataset), settings, out)
    if as_json:
        click.echo(msgspec.json.encode(outcome))
        return
    print_pairs(Console(), "pairs that are no preference, by reason", outcome.dropped)
    if outcome.left_out:
        click.echo(printable(f"raters left out: {', '.join(outcome.left_out)}"))
    click.echo(
        f"{outcome.n_kept} preferences of {outcome.n_pairs} pairs in {outcome.path}, "
        f"{outcome.mean_probability:.1%} likely on average"
    )
    click.echo(f"next: etude prefs bias {outcome.path}")


@command.command("bias", epilog="Example: etude prefs bias preferences")
@DATASET
@click.option(
    "--table",
    type=click.Choice(["auto", "preferences", "ratings"]),
    default="auto",
    show_default=True,
)
@JSON
def bias_command(dataset: Path, table: str, as_json: bool) -> None:
    """Say what the preferences of DATASET pay for, beside rulers that read nothing."""
    where = cast("Literal['auto', 'preferences', 'ratings']", table)
    report = audit_bias(Dataset.open(dataset), table=where)
    click.echo(msgspec.json.encode(report) if as_json else printable("\n".join(bias_lines(report))))


@command.command("reweight", epilog="Example: etude prefs reweight preferences --out balanced")
@DATASET
@OUT
@RECIPE
@click.option("--method", type=click.Choice(["balance", "propensity", "match"]))
@click.option("--features", help="To level, with commas between, as `bias` names them.")
@JSON
def reweight_command(
    dataset: Path,
    out: Path,
    recipe: Path | None,
    method: str | None,
    features: str | None,
    as_json: bool,
) -> None:
    """Weigh the preferences of DATASET so that length, format and the like tell no more."""
    settings = read_toml(recipe, ReweightRecipe) if recipe else ReweightRecipe()
    changes: dict[str, object] = {}
    if method is not None:
        changes["method"] = method
    if features is not None:
        changes["features"] = names_of(features)
    settings = msgspec.structs.replace(settings, **changes)
    outcome = reweight(Dataset.open(dataset), settings, out)
    if as_json:
        click.echo(msgspec.json.encode(outcome))
        return
    after = outcome.imbalance_after
    levelled = {
        name: f"{before:+.3f} -> {after[name]:+.3f}"
        for name, before in outcome.imbalance_before.items()
    }
    print_pairs(Console(), "chosen less rejected, before and after", levelled)
    click.echo(
        f"{outcome.n_kept} of {outcome.n_in} preferences in {outcome.path}, worth "
        f"{outcome.effective_size:.0f} of equal weight"
    )


@command.command("errors", epilog="Example: etude prefs errors preferences --shown 50")
@DATASET
@click.option("--label", help="Of classified records: the tag or field that holds the label.")
@click.option("--shown", type=click.IntRange(min=0), default=20, show_default=True)
@JSON
def errors_command(dataset: Path, label: str | None, shown: int, as_json: bool) -> None:
    """Rank the labels of DATASET that are likely wrong, and say how far to believe it."""
    held = Dataset.open(dataset)
    if label is None:
        material = of_choices(read_choices(held).choices)
    else:
        material = of_labelled(read_labelled(held, label))
    report = find_label_errors(material)
    click.echo(
        msgspec.json.encode(report) if as_json else printable("\n".join(error_lines(report, shown)))
    )


@command.command("probe", epilog="Example: etude prefs probe --model NAME --base-url URL")
@model_options
@click.option("--problems", type=click.Path(path_type=Path), help="Facts from these problems.")
@click.option("--limit", type=click.IntRange(min=0), default=0, help="Facts; 0 for all.")
@click.option("--jobs", type=click.IntRange(min=1), default=4, show_default=True)
@JSON
def probe_command(
    model: dict[str, Setting], problems: Path | None, limit: int, jobs: int, as_json: bool
) -> None:
    """Ask a model the same with no, a right and a wrong opinion stated, and "are you sure?"."""
    if problems is not None:
        facts = list(facts_of_problems(Dataset.open(problems), limit).facts)
    else:
        facts = list(plain_facts())[: limit or None]
    with progress_line(quiet=as_json) as line:
        line.update(f"asking about {len(facts)} facts")
        report = asyncio.run(probe_model(models.make(dict(model)), facts, n_parallel=jobs))
    click.echo(
        msgspec.json.encode(report) if as_json else printable("\n".join(probe_lines(report)))
    )


@command.command("probes", epilog="Example: etude prefs probes --out probes")
@OUT
@click.option("--problems", type=click.Path(path_type=Path), help="Facts from these problems.")
@click.option("--seed", type=int, default=0, show_default=True)
@JSON
def probes_command(out: Path, problems: Path | None, seed: int, as_json: bool) -> None:
    """Write paired probes of sycophancy as comparisons, to mix in among those that are rated."""
    if problems is not None:
        facts = list(facts_of_problems(Dataset.open(problems)).facts)
    else:
        facts = list(plain_facts())
    probes = write_probes(facts, out, seed=seed)
    if as_json:
        click.echo(msgspec.json.encode({"path": str(out), "n_comparisons": len(probes)}))
        return
    click.echo(f"{len(probes)} comparisons about {len(facts)} facts in {out}")


@command.command("simulate", epilog="Example: etude prefs simulate --out ratings")
@OUT
@click.option("--comparisons", type=click.IntRange(min=1), default=300, show_default=True)
@click.option("--overlap", type=click.IntRange(min=1), default=5, show_default=True)
@click.option("--seed", type=int, default=0, show_default=True)
@JSON
def simulate_command(out: Path, comparisons: int, overlap: int, seed: int, as_json: bool) -> None:
    """Write ratings of simulated people, honest and not, to try the other commands on."""
    design = Design(n_comparisons=comparisons, overlap=overlap)
    made = simulate(usual_suspects(), design, seed)
    write_simulated(made, out)
    if as_json:
        counted = {"path": str(out), "n_ratings": len(made.ratings)}
        click.echo(msgspec.json.encode(counted))
        return
    names = ", ".join(rater.name for rater in made.raters)
    click.echo(f"{len(made.ratings)} ratings of {comparisons} comparisons in {out}, by {names}")
    click.echo(f"next: etude prefs measure {out}")
