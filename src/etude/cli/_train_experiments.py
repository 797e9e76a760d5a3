"""`etude train` commands that run an experiment: a recipe, a folder, one report at the end."""

import importlib
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import TypeVar

import click
import msgspec

from etude.cli._progress import progress_line
from etude.cli._rows import printable
from etude.cli._settings import OUT
from etude.cli._swe_options import JSON
from etude.errors import ConfigError

RecipeT = TypeVar("RecipeT")
FoundT = TypeVar("FoundT", bound=msgspec.Struct)


def experiment(name: str, about: str, recipe: str) -> click.Command:
    """Return the command whose work is done by the file `_train_NAME.py`.

    Args:
        name: Of the command.
        about: Its help.
        recipe: Name of a recipe for its example, without the ending.
    """

    @click.command(
        name,
        help=about,
        epilog=f"Example: etude train {name} recipes/{recipe}.toml --out runs/{Path(recipe).name}",
    )
    @click.argument("recipe", type=click.Path(path_type=Path))
    @OUT
    @JSON
    def run(recipe: Path, out: Path, as_json: bool) -> None:
        door(f"etude.cli._train_{name}", "run")(recipe, out, as_json=as_json)

    return run


def door(module: str, name: str) -> Callable[..., None]:
    """Import and return what does the work of a command. Torch is imported then, and not before.

    Raises:
        ConfigError: A package it needs is not installed.
    """
    try:
        found: Callable[..., None] = getattr(importlib.import_module(module), name)
    except ModuleNotFoundError as cause:
        if (cause.name or "").startswith("etude"):
            raise
        raise ConfigError(
            f"`etude train` needs the package {cause.name!r}; pip install 'etude[train]'"
        ) from cause
    return found


def perform(
    recipe: RecipeT,
    do: Callable[..., FoundT],
    lines: Callable[[FoundT], Iterable[str]],
    out: Path,
    *,
    as_json: bool,
) -> None:
    """Run an experiment and print what came of it."""
    with progress_line(quiet=as_json) as line:
        found = do(recipe, out, tell=line.update)
    if as_json:
        click.echo(msgspec.json.encode(found))
        return
    for said in lines(found):
        click.echo(printable(said))
    click.echo(f"report: {out / 'report.html'}")
