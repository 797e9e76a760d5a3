"""`etude corpus` commands that compare with earlier data and measure our own detectors."""

from pathlib import Path

import click
import msgspec

from etude.cli._corpus_sources import DATASET, JSON, OUT
from etude.cli._progress import progress_line
from etude.cli._settings import SETTINGS, parse_settings
from etude.stages.corpus.indexing import build_index
from etude.stages.corpus.privacy.labelled import measure_privacy
from etude.stages.corpus.steps import steps


@click.command(epilog="Example: etude corpus index release-1 --step minhash --out seen")
@DATASET
@click.option(
    "--step",
    type=click.Choice(["exact", "minhash", "paragraphs", "lines"]),
    default="minhash",
    show_default=True,
    help="The step that will compare with the index.",
)
@SETTINGS
@OUT
@JSON
def index(dataset: Path, step: str, settings: tuple[str, ...], out: Path, as_json: bool) -> None:
    """Add the documents of DATASET to an index on disk, so that new data is compared with them.

    A recipe compares with it by the setting `index` of the step.
    """
    made = steps.make({"use": step, **parse_settings(settings)})
    with progress_line(quiet=as_json) as line:
        outcome = build_index(
            dataset, out, made, tell=lambda n: line.update(f"{step} ({n} documents)")
        )
    if as_json:
        click.echo(msgspec.json.encode(outcome))
    else:
        click.echo(
            f"{outcome.n_documents} documents of release {outcome.release[:16]}, "
            f"{outcome.n_keys} keys in all"
        )
        click.echo(f"index: {outcome.path}")


@click.command("measure-privacy", epilog="Example: etude corpus measure-privacy --texts 500")
@click.option("--texts", type=click.IntRange(min=1), default=200, show_default=True, help="A kind.")
@click.option("--seed", type=int, default=0, show_default=True)
@JSON
def measure_privacy_command(texts: int, seed: int, as_json: bool) -> None:
    """Measure on labelled texts made for it how well the step `pii` finds each kind of item."""
    scores = measure_privacy(n=texts, seed=seed)
    if as_json:
        click.echo(msgspec.json.encode(scores))
        return
    click.echo(f"{'kind':<16} {'items':>6} {'precision':>22} {'recall':>22}")
    for kind, score in scores.items():
        shown = [
            f"{share.value:.3f} ({share.low:.3f}-{share.high:.3f})"
            for share in (score.precision, score.recall)
        ]
        click.echo(f"{kind:<16} {score.n_items:>6} {shown[0]:>22} {shown[1]:>22}")
