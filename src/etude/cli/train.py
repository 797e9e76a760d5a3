"""The `etude train` commands: one for each loop, by the name of its file."""

import importlib
from collections.abc import Callable
from pathlib import Path

import click

from etude.cli._groups import Suggesting
from etude.cli._settings import OUT, SETTINGS, parse_settings
from etude.cli._swe_options import JSON
from etude.cli._train_ablate import ablate_command
from etude.cli._train_collapse import collapse_command
from etude.cli._train_life import life_command
from etude.errors import ConfigError
from etude.train.loops import loops

_WORK = "etude.cli._train_work"


class _Loops(Suggesting):
    """One command for each loop. Torch is imported when one is called, and not before."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        """Names of the loops, and of what else there is."""
        return [*loops.names(), *super().list_commands(ctx)]

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        """Return the command that trains with one loop."""
        if cmd_name in loops.names():
            return _loop_command(cmd_name)
        return super().get_command(ctx, cmd_name)


@click.group(cls=_Loops)
def command() -> None:
    """Train a model on data of any stage, and measure what it learned."""


command.add_command(ablate_command)
command.add_command(collapse_command)
command.add_command(life_command)


def _loop_command(loop: str) -> click.Command:
    """Return the command of one loop."""

    @click.command(
        loop,
        help=f"{loops.about(loop)}\n\nStopped at any time, the same command goes on.",
        epilog=f"Example: etude train {loop} recipes/train-{loop}.toml --out runs/{loop}",
    )
    @click.argument("recipe", type=click.Path(path_type=Path))
    @OUT
    @SETTINGS
    @JSON
    def run(recipe: Path, out: Path, settings: tuple[str, ...], as_json: bool) -> None:
        changes = parse_settings(settings)
        _door("run_loop")(loop, recipe, out, changes, as_json=as_json)

    return run


@command.command("show", epilog="Example: etude train show runs/pretrain")
@click.argument("run", type=click.Path(path_type=Path))
@JSON
def show(run: Path, as_json: bool) -> None:
    """Say what RUN was made from and what came of it, and check every byte of it."""
    _door("show_run")(run, as_json=as_json)


@command.command("world", epilog="Example: etude train world --out world")
@OUT
@click.option("--seed", type=int, default=0, show_default=True)
def world(out: Path, seed: int) -> None:
    """Write the small world that the recipes train on: text, chats, preferences, problems."""
    _door("write_world")(out, seed)


def _door(name: str) -> Callable[..., None]:
    """Import and return what does the work of a command.

    Raises:
        ConfigError: A package it needs is not installed.
    """
    try:
        found: Callable[..., None] = getattr(importlib.import_module(_WORK), name)
    except ModuleNotFoundError as cause:
        if (cause.name or "").startswith("etude"):
            raise
        raise ConfigError(
            f"`etude train` needs the package {cause.name!r}; pip install 'etude[train]'"
        ) from cause
    return found
