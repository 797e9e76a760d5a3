"""The page of a life: what it can do after each stage, every gain, every curve, every data set."""

import json
import math
from collections.abc import Callable, Sequence
from pathlib import Path
from statistics import fmean
from typing import NamedTuple

import msgspec

from etude.pages.template import environment
from etude.store import write_whole
from etude.train.manifest import Figure
from etude.train.metrics import Metric
from etude.train.page import pictures
from etude.value.life.chapters import WORDS, chapter_of
from etude.value.life.gains import probe_figures
from etude.value.life.outcome import Gain, Life, Stage


class Cell(NamedTuple):
    """One ability after one stage."""

    value: str
    interval: str


class Row(NamedTuple):
    """One ability after every stage."""

    ability: str
    cells: tuple[Cell, ...]


class Talk(NamedTuple):
    """One held-out question, and what the model says to it after each stage."""

    kind: str
    asked: tuple[str, ...]
    said: tuple[str, ...]


def write_page(target: Path, found: Life) -> None:
    """Write the report as one HTML file.

    Raises:
        ConfigError: The file cannot be written there.
    """
    write_whole(target, render_page(found).encode("utf-8", "replace"))


def render_page(found: Life) -> str:
    """Return the report as HTML."""
    speaking = _speaking(found)
    filters: dict[str, Callable[..., object]] = {
        "figure": said,
        "gap": _gap,
        "chip": _chip,
        "cell": lambda figure: _cell([figure]),
    }
    return (
        environment(Path(__file__).parent, filters)
        .get_template("page.html")
        .render(
            found=found,
            columns=[WORDS[one.stage] for one in speaking],
            rows=_rows(found),
            chapters=[chapter_of(found, name) for name in WORDS],
            talks=_talks(speaking),
            every=[(one.name, pictures(_metrics(one))) for one in found.stages],
            names={part.digest: part.name for part in found.parts},
            recipe=json.dumps(msgspec.to_builtins(found.recipe), indent=1, ensure_ascii=False),
        )
    )


def said(figure: Figure) -> str:
    """Return a figure for a reader, with its interval where it has one."""
    text = f"{figure.value:.3f}"
    if figure.low is None or figure.high is None:
        return text
    return f"{text} [{figure.low:.3f}, {figure.high:.3f}]"


def _gap(gain: Gain) -> str:
    if gain.difference is None:
        return ""
    gap = gain.difference
    return f"{gap.mean:+.3f} [{gap.low:+.3f}, {gap.high:+.3f}] over {gap.n} {gain.over}"


def _chip(verdict: str) -> str:
    return {"better": "solved", "worse": "unsolved"}.get(verdict, "fault")


def _speaking(found: Life) -> list[Stage]:
    """Return the first run of every stage whose model speaks."""
    return [runs[0] for name in WORDS if (runs := found.of(name)) and runs[0].abilities is not None]


def _rows(found: Life) -> list[Row]:
    """Return every ability after every stage; of practice the mean over its seeds."""
    known = [
        [
            run.abilities.figures | probe_figures(run.abilities.probes)
            for run in found.of(first.stage)
            if run.abilities is not None
        ]
        for first in _speaking(found)
    ]
    names = list(dict.fromkeys(name for stage in known for one in stage for name in one))
    return [
        Row(name, tuple(_cell([one[name] for one in stage if name in one]) for stage in known))
        for name in names
    ]


def _cell(values: Sequence[Figure]) -> Cell:
    if not values:
        return Cell("", "")
    if len(values) > 1:
        numbers = [one.value for one in values]
        return Cell(f"{fmean(numbers):.3f}", f"{min(numbers):.3f} to {max(numbers):.3f}")
    value, _, interval = said(values[0]).partition(" ")
    return Cell(value, interval)


def _talks(speaking: Sequence[Stage]) -> list[Talk]:
    """Return held-out questions with what is said after each stage."""
    known = [
        {(one.kind, one.asked): one.said for one in stage.abilities.dialogues}
        for stage in speaking
        if stage.abilities is not None
    ]
    keys = list(dict.fromkeys(key for one in known[1:] for key in one))
    return [
        Talk(kind, asked, tuple(one.get((kind, asked), "") for one in known))
        for kind, asked in keys
    ]


def _metrics(stage: Stage) -> list[Metric]:
    return [
        Metric(step=step, name=line.name, value=value, split=line.split)
        for line in stage.curves
        for step, value in line.points
        if math.isfinite(value)
    ]
