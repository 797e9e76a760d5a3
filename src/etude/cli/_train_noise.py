"""What `etude train noise` does; imports torch, and so it is imported last."""

from collections.abc import Iterator
from pathlib import Path

from etude.cli._train_experiments import perform
from etude.value.experiment import said_difference, said_range
from etude.value.noise.noise import mislabel, read_recipe
from etude.value.noise.outcome import NoiseFound


def run(recipe: Path, out: Path, *, as_json: bool) -> None:
    """Learn labels of which a share is wrong as a recipe says and print what came of it."""
    perform(read_recipe(recipe), mislabel, _lines, out, as_json=as_json)


def _lines(found: NoiseFound) -> Iterator[str]:
    for cost in found.costs:
        yield (
            f"{cost.noise:.0%} wrong of {cost.amount:,}, {cost.metric}: {cost.value:.4f} less "
            f"{cost.value_clean:.4f} is {said_difference(cost.difference)} over "
            f"{cost.difference.n} seeds"
            + (f"; {cost.same_as:,.0f} clean ones come to the same" if cost.same_as else "")
        )
    for one in found.laws:
        for level in one.law.levels:
            if level.noise:
                yield (
                    f"{level.noise:.0%} wrong, {one.metric}: an example is worth "
                    f"{said_range(level.worth)} clean ones, a wrong one alone "
                    f"{said_range(level.wrong_worth)}; {said_range(level.instead)} of the set do "
                    "the work of a clean one"
                )
        for doubt in one.doubts:
            yield f"by {one.metric}: {doubt}"
