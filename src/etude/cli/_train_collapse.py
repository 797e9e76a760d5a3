"""What `etude train collapse` does; imports torch, and so it is imported last."""

from collections.abc import Iterator
from pathlib import Path

from etude.cli._train_experiments import perform
from etude.value.collapse.collapse import collapse, read_recipe
from etude.value.collapse.outcome import Collapse
from etude.value.experiment import said_difference


def run(recipe: Path, out: Path, *, as_json: bool) -> None:
    """Train generation after generation as a recipe says and print what came of it."""
    perform(read_recipe(recipe), collapse, _lines, out, as_json=as_json)


def _lines(found: Collapse) -> Iterator[str]:
    for one in found.rises:
        line = f"{one.way}, {one.metric}: {said_difference(one.rise)}"
        if one.against is not None:
            line += (
                f"; against {found.rises[0].way} {said_difference(one.against)}, "
                f"{one.prevented:.0%} prevented"
            )
        yield line
