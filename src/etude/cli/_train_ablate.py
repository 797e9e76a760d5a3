"""`etude train ablate`: what one text is worth against another. Imports torch when it is called."""

import importlib
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click
import msgspec

from etude.cli._progress import progress_line
from etude.cli._rows import printable
from etude.cli._settings import OUT
from etude.cli._swe_options import JSON
from etude.errors import ConfigError

if TYPE_CHECKING:
    from etude.value.ablation.outcome import Ablation, Comparison

RECIPE = click.argument("recipe", type=click.Path(path_type=Path))


@click.command(
    "ablate",
    epilog="Example: etude train ablate recipes/ablate-curated.toml --out runs/ablate-curated",
)
@RECIPE
@OUT
@JSON
def ablate_command(recipe: Path, out: Path, as_json: bool) -> None:
    """Train small models on texts, at equal tokens and several seeds, and compare them.

    Stopped at any time, the same command goes on; each model is trained once.
    """
    read_recipe, ablate = late("etude.value.ablation.ablate", "read_recipe", "ablate")
    with progress_line(quiet=as_json) as line:
        found = ablate(read_recipe(recipe), out, tell=line.update)
    if as_json:
        click.echo(msgspec.json.encode(found))
        return
    _print(found)
    click.echo(f"report: {out / 'report.html'}")


def late(module: str, *names: str) -> list[Callable[..., Any]]:
    """Import and return what does the work of a command.

    Raises:
        ConfigError: A package it needs is not installed.
    """
    try:
        found = importlib.import_module(module)
    except ModuleNotFoundError as cause:
        if (cause.name or "").startswith("etude"):
            raise
        raise ConfigError(
            f"`etude train` needs the package {cause.name!r}; pip install 'etude[train]'"
        ) from cause
    return [getattr(found, name) for name in names]


def _print(found: "Ablation") -> None:
    for arm in found.texts:
        times = found.recipe.tokens / arm.n_tokens
        click.echo(
            printable(
                f"{arm.name}, seed {arm.seed}: {arm.n_tokens:,} tokens of {arm.n_documents:,} "
                f"documents, read {times:.2f} times; {arm.n_left_out} left out, being measured on"
            )
        )
    for one in found.comparisons:
        click.echo(printable(_line(one)))
    for arm_curve in found.curves:
        curve = arm_curve.curve
        gain = curve.next_gain
        click.echo(
            printable(
                f"{arm_curve.arm}: 10 % more text is worth {gain.value:.4f} "
                f"[{gain.low:.4f}, {gain.high:.4f}] bits a byte"
                + "".join(f"; {doubt}" for doubt in curve.doubts)
            )
        )
    if found.mixture is not None:
        for name, share in found.mixture.weights.items():
            bounds = f"{share.value:.3f} [{share.low:.3f}, {share.high:.3f}]"
            click.echo(printable(f"best share of {name or 'no domain'}: {bounds}"))
        for doubt in found.mixture.doubts:
            click.echo(printable(f"of the mixture: {doubt}"))


def _line(one: "Comparison") -> str:
    gap = one.difference
    return (
        f"{one.arm} against {one.against}, {one.metric}: {one.value:.4f} less "
        f"{one.value_against:.4f} is {gap.mean:+.4f} [{gap.low:+.4f}, {gap.high:+.4f}] over "
        f"{gap.n} seeds: {one.verdict}"
    )
