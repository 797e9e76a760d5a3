"""The `etude train` commands: one for each loop, by the name of its file."""

from pathlib import Path

import click

from etude.cli._groups import Suggesting
from etude.cli._settings import OUT, SETTINGS, parse_settings
from etude.cli._swe_options import JSON
from etude.cli._train_experiments import door, experiment
from etude.train.loops import loops

_WORK = "etude.cli._train_work"
_GOES_ON = "Stopped at any time, the same command goes on; each model is trained once."
_EXPERIMENTS = {
    "ablate": (
        "Train small models on texts, at equal tokens and several seeds, and compare them.",
        "ablate-curated",
    ),
    "collapse": (
        "Train generation after generation on own output, and measure what is forgotten.",
        "collapse",
    ),
    "noise": (
        "Let small models learn labels of which a share is wrong, and say what that costs.",
        "noise",
    ),
    "life": (
        "Let one small model read, imitate, be judged and practise, and measure every gain.",
        "train/life",
    ),
}
"""What each says of itself, and a recipe for its example."""


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


for _name, (_about, _recipe) in _EXPERIMENTS.items():
    command.add_command(experiment(_name, f"{_about}\n\n{_GOES_ON}", _recipe))


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
        door(_WORK, "run_loop")(loop, recipe, out, changes, as_json=as_json)

    return run


@command.command("show", epilog="Example: etude train show runs/pretrain")
@click.argument("run", type=click.Path(path_type=Path))
@JSON
def show(run: Path, as_json: bool) -> None:
    """Say what RUN was made from and what came of it, and check every byte of it."""
    door(_WORK, "show_run")(run, as_json=as_json)


@command.command("world", epilog="Example: etude train world --out world")
@OUT
@click.option("--seed", type=int, default=0, show_default=True)
def world(out: Path, seed: int) -> None:
    """Write the small world that the recipes train on: text, chats, preferences, problems."""
    door(_WORK, "write_world")(out, seed)
