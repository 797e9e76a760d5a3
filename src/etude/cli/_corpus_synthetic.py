"""`etude corpus` commands that make synthetic text and measure how varied text is."""

import functools
from collections.abc import Callable
from pathlib import Path
from typing import Any, TypeVar

import click
import msgspec
from rich.console import Console
from rich.table import Table
from rich.text import Text

from etude.cli._corpus_sources import DATASET, FROM, JSON, OUT, read_paths
from etude.cli._progress import progress_line
from etude.cli._rows import print_pairs, printable
from etude.cli._settings import RECIPE, SETTINGS, parse_settings
from etude.config import read_toml
from etude.errors import ConfigError
from etude.records import Document
from etude.stages.corpus.synthetic import (
    Diversity,
    Gate,
    SynthesisRecipe,
    Verdict,
    diversity,
    judge,
    synthesise,
)
from etude.stages.corpus.synthetic.sources import choose, find_parents

ReturnT = TypeVar("ReturnT")
_OF_MODEL = {
    "model": "name",
    "base_url": "base_url",
    "key_env": "key_env",
    "temperature": "temperature",
    "model_seed": "seed",
    "max_tokens": "max_tokens",
    "price_in": "price_in_usd_per_mtok",
    "price_out": "price_out_usd_per_mtok",
}
"""Option -> setting of the model."""
_MODEL = {"use": "openai", "temperature": 0.8, "max_tokens": 1024}
"""What a model is whose options are not given."""


def _model_options(command: Callable[..., ReturnT]) -> Callable[..., ReturnT]:
    """Add the options that choose a model; the command gets what was given, as `model`."""

    @functools.wraps(command)
    def bundled(**values: object) -> ReturnT:
        given = {setting: values.pop(option) for option, setting in _OF_MODEL.items()}
        return command(model={k: v for k, v in given.items() if v is not None}, **values)

    for option in reversed(
        [
            click.option("--model", help="What the provider calls the model; templates need none."),
            click.option("--base-url", help="An OpenAI-compatible address."),
            click.option("--key-env", help="Variable with the key.  [default: OPENAI_API_KEY]"),
            click.option("--temperature", type=float, help="[default: 0.8]"),
            click.option("--model-seed", type=int, help="Grows with each question."),
            click.option("--max-tokens", type=click.IntRange(min=1), help="[default: 1024]"),
            click.option("--price-in", type=float, help="USD a million tokens read."),
            click.option("--price-out", type=float, help="USD a million tokens written."),
        ]
    ):
        option(bundled)
    return bundled


@click.command(
    epilog="Example: etude corpus synthesise corpus --generator rephrase --model NAME --out more"
)
@DATASET
@click.option("--generator", help="rephrase, textbook, question_answer, persona_topic, template.")
@SETTINGS
@_model_options
@RECIPE
@click.option("--limit", type=click.IntRange(min=0), help="Texts of DATASET to read; 0: all.")
@click.option("--where", multiple=True, metavar="FIELD=VALUE", help="domain, language, media_type.")
@click.option("--max-cost", type=float, help="USD; no question after that.")
@click.option("--gate", type=click.Choice(["refuse", "weigh", "tell"]), help="[default: refuse]")
@click.option("--seed", type=int, help="The only source of chance.  [default: 0]")
@OUT
@click.option("--jobs", type=click.IntRange(min=1), default=2, show_default=True)
@JSON
@click.pass_context
def synthesise_command(
    ctx: click.Context,
    dataset: Path,
    generator: str | None,
    settings: tuple[str, ...],
    model: dict[str, Any],
    recipe: Path | None,
    limit: int | None,
    where: tuple[str, ...],
    max_cost: float | None,
    gate: str | None,
    seed: int | None,
    out: Path,
    jobs: int,
    as_json: bool,
) -> None:
    """Let a model or a template make new texts of the texts of DATASET.

    What is a copy goes; what is left is measured against the texts it came from, and the gate
    refuses it, or makes less of it, when it is much less varied. Stopped at any time, the same
    command goes on where it was. Ends with 1 when the gate refused.
    """
    made = read_toml(recipe, SynthesisRecipe) if recipe else None
    if made is None and generator is None:
        raise ConfigError("name a --generator, or a --recipe that has one")
    made = made or SynthesisRecipe(generator={"use": generator or ""})
    if generator is not None or settings:
        named = {"use": generator} if generator else made.generator
        made = msgspec.structs.replace(made, generator={**named, **parse_settings(settings)})
    table = {**(made.model or _MODEL), **model} if model else made.model
    if table and not table.get("name"):
        raise ConfigError("options of a model need --model")
    given = {
        "model": table,
        "limit": limit,
        "where": {k: str(v) for k, v in parse_settings(where).items()} or None,
        "max_cost_usd": max_cost,
        "gate": gate and msgspec.structs.replace(made.gate, action=gate),
        "seed": seed,
    }
    made = msgspec.structs.replace(made, **{k: v for k, v in given.items() if v is not None})
    with progress_line(quiet=as_json) as line:

        def tell(n_done: int, n_all: int, cost_usd: float) -> None:
            line.update(f"asking ({cost_usd:.4f} USD)", n_done, n_all)

        outcome = synthesise(made, dataset, out, jobs=jobs, tell=tell)
    if as_json:
        click.echo(msgspec.json.encode(outcome))
    else:
        click.echo(
            f"{outcome.n_sources} texts read, {outcome.n_asked} asked for "
            f"({outcome.n_answered} now), {outcome.n_kept} of {outcome.n_texts} kept; "
            f"{outcome.n_prompt_tokens} + {outcome.n_completion_tokens} tokens, "
            f"{outcome.cost_usd:.4f} USD"
        )
        # What the gate says of it follows below.
        shown = {reason.partition(":")[0]: n for reason, n in outcome.dropped.items()}
        print_pairs(Console(), "left out, by reason", shown)
        if outcome.diversity is not None:
            _print_diversity(outcome.diversity)
        _print_verdict(outcome.verdict)
        click.echo(f"data set: {outcome.path}")
    if outcome.verdict.refused:
        ctx.exit(1)


@click.command("diversity", epilog="Example: etude corpus diversity synthetic --against corpus")
@DATASET
@click.option("--against", type=click.Path(path_type=Path), help="The human text it came from.")
@FROM
@click.option(
    "--limit",
    type=click.IntRange(min=0),
    default=2000,
    show_default=True,
    help="Texts of either side, chosen by the seed; 0: all.",
)
@click.option("--where", multiple=True, metavar="FIELD=VALUE", help="domain, language, media_type.")
@click.option("--seed", type=int, default=0, show_default=True)
@click.option("--check", is_flag=True, help="End with 1 when the gate does not let all through.")
@JSON
@click.pass_context
def diversity_command(
    ctx: click.Context,
    dataset: Path,
    against: Path | None,
    reader: str,
    limit: int,
    where: tuple[str, ...],
    seed: int,
    check: bool,
    as_json: bool,
) -> None:
    """Measure how varied the texts of DATASET are, and how much of AGAINST's variety they keep.

    Samples of equal size are compared; a text that was made from a text of AGAINST is compared with
    that one. The human texts are picked by --where; both are read by --from.
    """
    picked = {k: str(v) for k, v in parse_settings(where).items()}
    if check and against is None:
        raise ConfigError("--check needs --against")
    texts = _documents(dataset, reader, limit, {} if against else picked, seed)
    human: list[Document] = []
    if against is not None:
        human = find_parents(read_paths(reader, [str(against)]), texts)
        human = human or _documents(against, reader, limit, picked, seed)
    found = diversity(texts, human)
    verdict = judge(found, Gate()) if human else None
    if as_json:
        click.echo(msgspec.json.encode({"diversity": found, "verdict": verdict}))
    else:
        _print_diversity(found)
        if verdict is not None:
            _print_verdict(verdict)
    if check and verdict is not None and verdict.weight < 1:
        ctx.exit(1)


def _documents(
    path: Path, reader: str, limit: int, where: dict[str, str], seed: int
) -> list[Document]:
    return choose(
        read_paths(reader, [str(path)]), limit=limit, least_chars=1, where=where, seed=seed
    )


def _print_diversity(found: Diversity) -> None:
    click.echo(
        f"{found.n_passages} passages of {found.n_clusters} independent texts, "
        f"{found.n_words} words on either side"
    )
    table = Table(box=None, pad_edge=False)
    for heading in ("measure", "value", "human", "kept", "95 % interval"):
        table.add_column(heading, justify="left" if heading == "measure" else "right")
    for row in found.measures:
        bounds = "" if row.low is None else f"{row.low:.3f} to {row.high:.3f}"
        table.add_row(
            Text(printable(row.name)),
            f"{row.value:.3f}",
            "" if row.human is None else f"{row.human:.3f}",
            "" if row.kept is None else f"{row.kept:.3f}",
            bounds,
        )
    Console().print(table)


def _print_verdict(verdict: Verdict) -> None:
    if verdict.refused:
        click.echo("the gate refuses it:")
    elif verdict.weight < 1:
        click.echo(f"the gate makes less of it, {verdict.weight:.2f}:")
    elif verdict.reasons:
        click.echo("the gate lets it through, but:")
    else:
        click.echo("the gate lets it through")
    for reason in verdict.reasons:
        click.echo(f"  {printable(reason)}")
