"""`etude corpus` commands that train small models which judge text."""

from collections.abc import Iterator
from pathlib import Path

import click
import msgspec
import pyarrow as pa

from etude.cli._corpus_sources import FROM, JSON, OUT_FILE, read_paths
from etude.cli._progress import Line, progress_line
from etude.cli._rows import readable_size
from etude.stages.corpus.kernel.linear import Shape
from etude.stages.corpus.learned import (
    LanguageTraining,
    Training,
    train_labels,
    train_language_model,
)


@click.command(
    "train-classifier",
    epilog="Example: etude corpus train-classifier --good good.jsonl --bad bad.jsonl "
    "--from jsonl --out quality.model",
)
@click.option(
    "--good",
    multiple=True,
    required=True,
    metavar="PATH",
    help="To keep; give it again for more.",
)
@click.option(
    "--bad", multiple=True, required=True, metavar="PATH", help="To drop; give it again for more."
)
@click.option("--good-label", default="good", show_default=True)
@click.option("--bad-label", default="bad", show_default=True)
@click.option("--words", type=click.IntRange(1, 5), default=2, show_default=True, help="n-grams.")
@click.option("--epochs", type=click.IntRange(min=1), default=12, show_default=True)
@click.option("--max-texts", type=click.IntRange(min=0), default=0, help="Of each label; 0: all.")
@click.option("--seed", type=int, default=0, show_default=True)
@FROM
@click.option("--bad-from", help="How the paths of --bad are read.  [default: as --from]")
@OUT_FILE
@JSON
def train_classifier_command(
    good: tuple[str, ...],
    bad: tuple[str, ...],
    good_label: str,
    bad_label: str,
    words: int,
    epochs: int,
    max_texts: int,
    seed: int,
    reader: str,
    bad_from: str | None,
    out: Path,
    as_json: bool,
) -> None:
    """Learn to tell good texts from bad ones, for the step `classifier`.

    The figures printed are of texts that neither training nor calibration saw.
    """
    settings = Training(
        shape=msgspec.structs.replace(Shape(), words=words),
        epochs=epochs,
        max_texts=max_texts,
        seed=seed,
    )
    sources = {bad_label: read_paths(bad_from or reader, bad), good_label: read_paths(reader, good)}
    model = train_labels(sources, settings)
    model.save(out)
    if as_json:
        click.echo(msgspec.json.encode(model.card))
        return
    checked = model.card.checked
    click.echo(
        f"{sum(e.n_texts for e in model.card.examples)} texts, {checked.n_texts} of them held out"
    )
    click.echo(
        f"held out: AUC {checked.auc:.4f}, accuracy {checked.accuracy:.4f}, "
        f"calibration error {checked.calibration_error:.4f}"
    )
    for at in checked.thresholds:
        click.echo(
            f"  score >= {at.threshold:.2f}: keeps {at.kept_share:.1%}, "
            f"precision {at.precision:.3f}, recall {at.recall:.3f}"
        )
    click.echo(f"model: {out}")


@click.command(
    "train-perplexity",
    epilog="Example: etude corpus train-perplexity wiki.jsonl --from jsonl --out wiki.model",
)
@click.argument("paths", nargs=-1, required=True, metavar="PATH...")
@click.option("--order", type=click.IntRange(1, 8), default=5, show_default=True, help="Words.")
@FROM
@OUT_FILE
@JSON
def train_perplexity_command(
    paths: tuple[str, ...], order: int, reader: str, out: Path, as_json: bool
) -> None:
    """Learn a language model of word n-grams from good text, for the step `perplexity`."""
    with progress_line(quiet=as_json) as line:
        settings = LanguageTraining(order=order)
        model = train_language_model(_counted(read_paths(reader, paths), line), settings)
        line.update("smoothing and writing the model")
        model.save(out)
    card = model.card
    if as_json:
        click.echo(msgspec.json.encode(card))
        return
    click.echo(
        f"{card.n_words:,} words of {card.n_texts:,} texts; sequences kept, by length: "
        + ", ".join(f"{n:,}" for n in card.n_ngrams)
    )
    if card.percentiles:
        shown = ", ".join(f"{at} %: {card.percentiles[at]:.0f}" for at in (5, 25, 50, 75, 95))
        click.echo(f"perplexity of {card.n_checked:,} held-out texts, by percentile: {shown}")
    click.echo(f"model: {out} ({readable_size(out.stat().st_size)}; a lower --order is smaller)")


def _counted(batches: Iterator[pa.RecordBatch], line: Line) -> Iterator[pa.RecordBatch]:
    n_documents = 0
    for batch in batches:
        n_documents += batch.num_rows
        line.update(f"counting words ({n_documents} documents)")
        yield batch
