"""`etude train life`: the whole life of one small model."""

from pathlib import Path
from typing import TYPE_CHECKING

import click
import msgspec

from etude.cli._progress import progress_line
from etude.cli._rows import printable
from etude.cli._settings import OUT
from etude.cli._swe_options import JSON
from etude.cli._train_ablate import RECIPE, late

if TYPE_CHECKING:
    from etude.train.manifest import Figure
    from etude.value.life.outcome import Gain, Life


@click.command("life", epilog="Example: etude train life recipes/train/life.toml --out runs/life")
@RECIPE
@OUT
@JSON
def life_command(recipe: Path, out: Path, as_json: bool) -> None:
    """Let one small model read, imitate, be judged and practise, and measure every gain.

    Stopped at any time, the same command goes on.
    """
    read_recipe, live = late("etude.value.life.life", "read_recipe", "live")
    with progress_line(quiet=as_json) as line:
        found = live(read_recipe(recipe), out, tell=line.update)
    if as_json:
        click.echo(msgspec.json.encode(found))
        return
    _print(found)
    click.echo(f"report: {out / 'report.html'}")


def _print(found: "Life") -> None:
    for gain in found.gains:
        click.echo(printable(_line(gain)))
    click.echo(
        f"{found.wall_s:.0f} s by the clock, {found.cpu_s:.0f} s of processor time, in "
        f"{found.n_sittings} sittings"
    )


def _line(gain: "Gain") -> str:
    line = f"{gain.stage}: {gain.ability}: {_said(gain.before)} -> {_said(gain.after)}"
    if gain.difference is not None:
        gap = gain.difference
        line += f", {gap.mean:+.3f} [{gap.low:+.3f}, {gap.high:+.3f}] over {gap.n} {gain.over}"
    return f"{line}: {gain.verdict} (from {', '.join(gain.data)})"


def _said(figure: "Figure") -> str:
    if figure.low is None or figure.high is None:
        return f"{figure.value:.3f}"
    return f"{figure.value:.3f} [{figure.low:.3f}, {figure.high:.3f}]"
