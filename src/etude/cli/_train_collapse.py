"""`etude train collapse`: models that read what models before them wrote."""

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
    from etude.value.collapse.outcome import Collapse


@click.command(
    "collapse", epilog="Example: etude train collapse recipes/collapse.toml --out runs/collapse"
)
@RECIPE
@OUT
@JSON
def collapse_command(recipe: Path, out: Path, as_json: bool) -> None:
    """Train generation after generation on own output, and measure what is forgotten.

    Stopped at any time, the same command goes on; each model is trained once.
    """
    read_recipe, collapse = late("etude.value.collapse.collapse", "read_recipe", "collapse")
    with progress_line(quiet=as_json) as line:
        found = collapse(read_recipe(recipe), out, tell=line.update)
    if as_json:
        click.echo(msgspec.json.encode(found))
        return
    _print(found)
    click.echo(f"report: {out / 'report.html'}")


def _print(found: "Collapse") -> None:
    for one in found.rises:
        rise, against = one.rise, one.against
        line = f"{one.way}, {one.metric}: {rise.mean:+.4f} [{rise.low:+.4f}, {rise.high:+.4f}]"
        if against is not None:
            line += (
                f"; against {found.rises[0].way} {against.mean:+.4f} "
                f"[{against.low:+.4f}, {against.high:+.4f}], {one.prevented:.0%} prevented"
            )
        click.echo(printable(line))
