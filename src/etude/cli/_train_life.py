"""What `etude train life` does; imports torch, and so it is imported last."""

from collections.abc import Iterator
from pathlib import Path

from etude.cli._train_experiments import perform
from etude.train.manifest import Figure
from etude.value.life.life import live, read_recipe
from etude.value.life.outcome import Gain, Life


def run(recipe: Path, out: Path, *, as_json: bool) -> None:
    """Let one small model live as a recipe says and print what came of it."""
    perform(read_recipe(recipe), live, _lines, out, as_json=as_json)


def _lines(found: Life) -> Iterator[str]:
    for gain in found.gains:
        yield _line(gain)
    yield (
        f"{found.wall_s:.0f} s by the clock, {found.cpu_s:.0f} s of processor time, in "
        f"{found.n_sittings} sittings"
    )


def _line(gain: Gain) -> str:
    line = f"{gain.stage}: {gain.ability}: {_said(gain.before)} -> {_said(gain.after)}"
    if gain.difference is not None:
        gap = gain.difference
        line += f", {gap.mean:+.3f} [{gap.low:+.3f}, {gap.high:+.3f}] over {gap.n} {gain.over}"
    return f"{line}: {gain.verdict} (from {', '.join(gain.data)})"


def _said(figure: Figure) -> str:
    if figure.low is None or figure.high is None:
        return f"{figure.value:.3f}"
    return f"{figure.value:.3f} [{figure.low:.3f}, {figure.high:.3f}]"
