"""`etude corpus` commands that turn text into tokens for training."""

from pathlib import Path

import click
import msgspec

from etude.cli._corpus_sources import DATASET, JSON, OUT, OUT_FILE
from etude.cli._progress import progress_line
from etude.stages.corpus.tokens.bpe import BpeSettings, TokenizerCard, train_tokenizer
from etude.stages.corpus.tokens.layouts import layouts
from etude.stages.corpus.tokens.packing import pack
from etude.stages.corpus.tokens.tokenset import TokenSet
from etude.stages.corpus.tokens.work import PackSettings


@click.command(
    "train-tokenizer",
    epilog="Example: etude corpus train-tokenizer corpus --vocab 32768 --out tokenizer.json",
)
@DATASET
@click.option("--vocab", type=click.IntRange(min=300), default=32768, show_default=True)
@click.option("--pattern", default="gpt4", show_default=True, help="Of the pre-tokenisation.")
@click.option(
    "--sample-bytes", type=float, default=1e9, show_default=True, help="To learn from; 0: all."
)
@click.option("--seed", type=int, default=0, show_default=True)
@OUT_FILE
@JSON
def train_tokenizer_command(
    dataset: Path,
    vocab: int,
    pattern: str,
    sample_bytes: float,
    seed: int,
    out: Path,
    as_json: bool,
) -> None:
    """Train a byte-level BPE tokenizer on the documents of DATASET."""
    settings = BpeSettings(vocab=vocab, pattern=pattern, sample_bytes=int(sample_bytes), seed=seed)
    with progress_line(quiet=as_json) as line:
        card = train_tokenizer(
            dataset,
            out,
            settings,
            tell=lambda done, total: line.update("training the tokenizer (documents)", done, total),
        )
    if as_json:
        click.echo(msgspec.json.encode(card))
    else:
        _print_card(card, out)


@click.command(
    "pack", epilog="Example: etude corpus pack corpus --tokenizer tokenizer.json --out tokens"
)
@DATASET
@click.option("--tokenizer", required=True, type=click.Path(path_type=Path), help="A .json file.")
@click.option("--length", type=click.IntRange(min=2), default=2048, show_default=True)
@click.option(
    "--layout",
    type=click.Choice(layouts.names()),
    default="etude",
    show_default=True,
    help="Whose trainer is to read it.",
)
@click.option(
    "--strategy", type=click.Choice(["concat", "best_fit"]), default="concat", show_default=True
)
@click.option("--leftover", type=click.Choice(["pad", "drop"]), default="pad", show_default=True)
@click.option("--seed", type=int, default=0, show_default=True, help="Of the order.")
@OUT
@JSON
def pack_command(
    dataset: Path,
    tokenizer: Path,
    length: int,
    layout: str,
    strategy: str,
    leftover: str,
    seed: int,
    out: Path,
    as_json: bool,
) -> None:
    """Encode the documents of DATASET and pack them into sequences, shuffled, for training.

    Stopped at any time, the same command goes on where it was.
    """
    table = {
        "length": length,
        "layout": layout,
        "strategy": strategy,
        "leftover": leftover,
        "seed": seed,
    }
    with progress_line(quiet=as_json) as line:
        made = pack(
            dataset,
            tokenizer,
            out,
            msgspec.convert(table, PackSettings),
            tell=lambda done, total: line.update("packing (steps)", done, total),
        )
    _print_set(made, as_json=as_json)


@click.command("check-tokens", epilog="Example: etude corpus check-tokens tokens")
@click.argument("tokens", type=click.Path(path_type=Path))
@JSON
@click.pass_context
def check_tokens(ctx: click.Context, tokens: Path, as_json: bool) -> None:
    """Say what a token set holds, read every byte, and say what is not as it was written."""
    held = TokenSet.open(tokens)
    problems = held.verify()
    _print_set(held, as_json=as_json)
    if problems:
        click.echo("\n".join(problems), err=True)
        ctx.exit(1)


def _print_set(held: TokenSet, *, as_json: bool) -> None:
    if as_json:
        click.echo(msgspec.json.encode(held.manifest))
        return
    manifest, counts = held.manifest, held.manifest.counts
    rows = f"sequences of {manifest.length}" if manifest.unit == "sequence" else "documents"
    click.echo(
        f"{counts.n_tokens:,} tokens of {counts.n_documents:,} documents in {len(held):,} {rows}, "
        f"{len(manifest.shards)} shards, layout {manifest.layout.get('use')}"
    )
    click.echo(f"token set: {held.path}")


def _print_card(card: TokenizerCard, out: Path) -> None:
    click.echo(
        f"{card.n_vocab:,} tokens, learned from {card.n_bytes:,} bytes of {card.n_documents:,} "
        f"documents"
    )
    of = "documents that it did not learn from" if card.held_out else "the same documents"
    click.echo(f"bytes a token, on {of}: {card.compression.bytes_per_token:.3f}")
    width = max((len(name or "(none)") for name in card.by_domain), default=0)
    for name, measured in card.by_domain.items():
        click.echo(f"  {name or '(none)':<{width}}  {measured.bytes_per_token:.3f}")
    click.echo(f"tokenizer: {out}")
