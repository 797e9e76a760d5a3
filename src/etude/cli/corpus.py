"""The `etude corpus` commands: pre-training text."""

import textwrap
from pathlib import Path
from typing import Any

import click
import msgspec

from etude.cli._corpus_balance import budget, learn_weights
from etude.cli._corpus_checks import index, measure_privacy_command
from etude.cli._corpus_models import train_classifier_command, train_perplexity_command
from etude.cli._corpus_sources import FROM, JOBS, JSON, OUT
from etude.cli._corpus_synthetic import diversity_command, synthesise_command
from etude.cli._corpus_tokens import check_tokens, pack_command, train_tokenizer_command
from etude.cli._groups import Suggesting
from etude.cli._progress import progress_line
from etude.cli._rows import printable, readable_size
from etude.cli._settings import parse_settings
from etude.config import read_toml
from etude.engine import Progress, engines
from etude.plugins import Kind, settings_of
from etude.stages.corpus.build import BuildOutcome, BuildProgress, build
from etude.stages.corpus.recipe import CorpusRecipe
from etude.stages.corpus.report import collect, write_report
from etude.stages.corpus.steps import steps
from etude.store import Dataset
from etude.store.readers import readers

_SMALL_BYTES = 16_000_000
"""Less than this is done within the calling process."""


@click.group(cls=Suggesting)
def command() -> None:
    """Pre-training text: gather it, clean it, filter it, de-duplicate it, pack it."""


@command.command(
    "build", epilog="Example: etude corpus build recipes/corpus-docs.toml --out corpus"
)
@click.argument("recipe", type=click.Path(path_type=Path))
@OUT
@JOBS
@click.option(
    "--engine",
    default="local",
    show_default=True,
    help="Where the work is done: local processes, or ray (the cluster at RAY_ADDRESS).",
)
@JSON
def build_command(recipe: Path, out: Path, jobs: int, engine: str, as_json: bool) -> None:
    """Make the corpus that RECIPE describes.

    Stopped at any time, the same command goes on where it was.
    """
    _build(read_toml(recipe, CorpusRecipe), out, jobs, engine=engine, as_json=as_json)


@command.command(epilog="Example: etude corpus report corpus --out corpus.html")
@click.argument("dataset", type=click.Path(path_type=Path))
@click.option("--out", type=click.Path(path_type=Path), help="[default: DATASET.html, beside it]")
@JSON
def report(dataset: Path, out: Path | None, as_json: bool) -> None:
    """Show on one page what came in, what went out and why, with samples of each reason."""
    figures = collect(Dataset.open(dataset))
    if as_json:
        click.echo(msgspec.json.encode(figures))
        return
    target = out or dataset.with_name(f"{dataset.resolve().name}.html")
    write_report(target, figures)
    click.echo(f"report: {target}")


@command.command(
    "apply",
    epilog="Example: etude corpus apply pii --set action=mask --from jsonl mail.jsonl --out clean",
)
@click.argument("step")
@click.argument("paths", nargs=-1, required=True, metavar="PATH...")
@FROM
@click.option(
    "--set", "settings", multiple=True, metavar="KEY=VALUE", help="A setting of the step."
)
@OUT
@JOBS
@JSON
def apply_command(
    step: str,
    paths: tuple[str, ...],
    reader: str,
    settings: tuple[str, ...],
    out: Path,
    jobs: int,
    as_json: bool,
) -> None:
    """Do one STEP to what lies at PATH, as a recipe with that single step would."""
    table = {"use": step, **parse_settings(settings)}
    source: dict[str, object] = {"use": reader, "paths": list(paths)}
    _build(CorpusRecipe(sources=(source,), steps=(table,)), out, jobs, as_json=as_json)


@command.command("list", epilog="Example: etude corpus list minhash")
@click.argument("name", required=False)
@JSON
def list_command(name: str | None, as_json: bool) -> None:
    """List the readers and steps that a recipe can use; with NAME, the settings of one."""
    if name is None:
        _list_all(as_json=as_json)
        return
    kind: Kind[Any] = readers if name in readers.names() else steps
    plugin = kind.load(name)
    settings = settings_of(plugin)
    if as_json:
        click.echo(msgspec.json.encode([setting._asdict() for setting in settings]))
        return
    click.echo(f"{name}: {kind.about(name)}")
    for setting in settings:
        default = f" = {setting.default}" if setting.default else "  (must be given)"
        click.echo(f"\n  {setting.name}: {setting.type}{default}")
        click.echo(
            textwrap.fill(setting.meaning, 96, initial_indent="    ", subsequent_indent="    ")
        )


def _list_all(*, as_json: bool) -> None:
    found = {
        "readers": {name: readers.about(name) for name in readers.names()},
        "steps": {name: steps.about(name) for name in steps.names()},
    }
    if as_json:
        click.echo(msgspec.json.encode(found))
        return
    for title, plugins in found.items():
        click.echo(title)
        width = max(len(name) for name in plugins)
        for name, line in plugins.items():
            click.echo(f"  {name:<{width}}  {line}")


def _engine_table(name: str, jobs: int) -> dict[str, object]:
    if name == "local":
        return {"use": name, "jobs": jobs, "least_size": _SMALL_BYTES}
    # How many cores a cluster has is not for this machine to say.
    told = click.get_current_context().get_parameter_source("jobs")
    return {"use": name, "jobs": 0 if told is click.core.ParameterSource.DEFAULT else jobs}


def _build(
    recipe: CorpusRecipe, out: Path, jobs: int, *, engine: str = "local", as_json: bool
) -> None:
    made = engines.make(_engine_table(engine, jobs))
    with progress_line(quiet=as_json) as line:

        def tell(progress: BuildProgress) -> None:
            if progress.engine is None:
                line.update(progress.doing)
                return
            line.update(
                f"{progress.doing}{_rate(progress.engine)}",
                progress.engine.n_done,
                progress.engine.n_units,
            )

        outcome = build(recipe, out, made, tell=tell)
    if as_json:
        click.echo(msgspec.json.encode(outcome))
    else:
        _print_outcome(outcome)


def _print_outcome(outcome: BuildOutcome) -> None:
    if outcome.again:
        click.echo(f"{outcome.path} was made by this recipe already; nothing to do")
    else:
        click.echo(
            f"{outcome.n_read} records read, {outcome.n_kept} documents kept "
            f"({readable_size(outcome.bytes_kept)} of text), {outcome.duration_s:.0f} s"
        )
    for reason, n in sorted(outcome.dropped.items(), key=lambda item: (-item[1], item[0])):
        click.echo(f"  {n:>9}  {printable(reason)}")
    click.echo(f"data set: {outcome.path}")
    click.echo(f"try next:\n  etude corpus report {outcome.path}")


def _rate(progress: Progress) -> str:
    if progress.work_per_s <= 0 or progress.left_s is None:
        return ""
    left = progress.left_s
    shown = f"{left / 60:.0f} min" if left >= 100 else f"{left:.0f} s"
    return f" ({readable_size(int(progress.work_per_s))}/s of text, about {shown} left)"


for _further in (
    index,
    train_classifier_command,
    train_perplexity_command,
    learn_weights,
    budget,
    train_tokenizer_command,
    pack_command,
    check_tokens,
    measure_privacy_command,
    synthesise_command,
    diversity_command,
):
    command.add_command(_further)
