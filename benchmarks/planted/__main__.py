"""The commands of the planted corpus."""

from pathlib import Path

import click
from benchmarks.planted import Amounts, build, documents, score, table

from etude.errors import EtudeError

FOLDER = click.Path(path_type=Path)


@click.group()
def main() -> None:
    """Plant a corpus, or score what a recipe made of it."""


@main.command()
@click.option("--out", type=FOLDER, required=True)
@click.option("--docs", default=20_000, show_default=True, help="Real documents to plant in.")
@click.option("--seed", default=0, show_default=True)
@click.option("--from", "source", type=FOLDER, help="JSONL or Parquet with a column `text`.")
@click.option("--private", default=2000, show_default=True, help="Private items.")
@click.option("--huge", is_flag=True, help="With a line of 1 GB.")
def make(out: Path, docs: int, seed: int, source: Path | None, private: int, huge: bool) -> None:
    """Build a planted corpus."""
    texts = documents(source, docs, seed)
    amounts = Amounts(private_items=private, decoys=private // 4)
    try:
        made = build(out, texts, seed, amounts, huge)
    except ValueError as error:
        raise click.ClickException(str(error)) from error
    click.echo(f"{made.documents} documents in {out}; planted: {made.planted}")


@main.command(name="score")
@click.argument("planted", type=FOLDER)
@click.argument("dataset", type=FOLDER)
def score_command(planted: Path, dataset: Path) -> None:
    """Compare a data set with the truth."""
    try:
        click.echo(table(score(planted, dataset)))
    except (EtudeError, FileNotFoundError) as error:
        raise click.ClickException(str(error)) from error


if __name__ == "__main__":
    main()
