"""The page of a life: what it can do after each stage, every gain, every curve, every data set."""

import json
import math
from collections.abc import Callable, Sequence
from pathlib import Path
from statistics import fmean
from typing import NamedTuple

import msgspec
from markupsafe import Markup

from etude.pages.charts import Share, share_chart, tone
from etude.pages.template import environment
from etude.store import write_whole
from etude.train.lines import Line, line_chart
from etude.train.manifest import Figure, Sample
from etude.train.metrics import Metric
from etude.train.page import Picture, pictures
from etude.value.life.gains import curve_of, probe_figures
from etude.value.life.outcome import Gain, Life, Stage

WORDS = {
    "read": "It reads",
    "imitate": "It imitates",
    "judge": "It is judged",
    "prefer": "It learns to prefer",
    "practise": "It practises",
}
_GLANCE = ("answers right", "asks back, unclear", "asks back, clear", "right when misled")
_SHOWN_SAMPLES = 4


class Cell(NamedTuple):
    """One ability after one stage."""

    value: str
    interval: str


class Row(NamedTuple):
    """One ability after every stage."""

    ability: str
    cells: tuple[Cell, ...]


class Chapter(NamedTuple):
    """One stage on the page."""

    stage: str
    title: str
    runs: tuple[Stage, ...]
    pictures: tuple[Picture, ...]
    bars: Markup
    """Probes before and after; empty elsewhere."""
    samples: tuple[Sample, ...]
    gains: tuple[Gain, ...]


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
    filters: dict[str, Callable[..., object]] = {"figure": said, "gap": _gap, "chip": _chip}
    return (
        environment(Path(__file__).parent, filters)
        .get_template("page.html")
        .render(
            found=found,
            columns=[WORDS[one.stage] for one in speaking],
            rows=_rows(found),
            chapters=[_chapter(found, name) for name in WORDS],
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
    return f"{gap.mean:+.3f} [{gap.low:+.3f}, {gap.high:+.3f}] over {gap.n} seeds"


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


def _chapter(found: Life, name: str) -> Chapter:
    runs = tuple(found.of(name))
    drawn = {
        "read": _reading,
        "imitate": _imitating,
        "judge": _judging,
        "prefer": _preferring,
        "practise": _practising,
    }[name](runs)
    return Chapter(
        stage=name,
        title=WORDS[name],
        runs=runs,
        pictures=tuple(one for one in drawn if one.chart),
        bars=_probe_bars(found) if name == "prefer" else Markup(""),
        samples=_samples(runs[0]),
        gains=tuple(gain for gain in found.gains if gain.stage == name),
    )


def _reading(runs: Sequence[Stage]) -> list[Picture]:
    read = runs[0]
    wanted = [line.name for line in read.curves if line.name.startswith("probability/")]
    return [
        _drawn("Probability of the capital after `The capital of … is`", [
            (name.partition("/")[2], curve_of(read, name, "cloze")) for name in wanted
        ]),
        _drawn("Bits a byte of text that is held out", [
            (line.name.partition("/")[2], line.points)
            for line in read.curves if line.name.startswith("bits_per_byte/")
        ]),
    ]  # fmt: skip


def _imitating(runs: Sequence[Stage]) -> list[Picture]:
    return [
        _glance(runs[0]),
        _drawn("Loss of a word that an assistant says, held out", [
            ("held out", curve_of(runs[0], "loss", "held_out")),
        ]),
    ]  # fmt: skip


def _judging(runs: Sequence[Stage]) -> list[Picture]:
    judge = runs[0]
    return [
        _drawn(f"Held-out pairs: {title}", [(name, curve_of(judge, name, "held_out"))])
        for title, name in (("judged as raters do", "accuracy"), ("loss", "loss"))
    ]


def _preferring(runs: Sequence[Stage]) -> list[Picture]:
    prefer = runs[0]
    return [
        _glance(prefer),
        _drawn("Wins against the model that it began as, and held-out pairs told apart", [
            ("win rate", curve_of(prefer, "win_rate", "held_out")),
            ("pairs told apart", curve_of(prefer, "implicit/accuracy", "held_out")),
        ]),
    ]  # fmt: skip


def _practising(runs: Sequence[Stage]) -> list[Picture]:
    return [
        _drawn("pass@1 on held-out problems", [
            (f"seed {run.seed}", curve_of(run, "pass@1", "held_out")) for run in runs
        ]),
        _drawn("Mean reward while practising", [
            (f"seed {run.seed}", curve_of(run, "reward", "train")) for run in runs
        ]),
        _drawn("Share of groups all of whose answers got the same reward", [
            (f"seed {run.seed}", curve_of(run, "frac_reward_zero_std", "train")) for run in runs
        ]),
    ]  # fmt: skip


def _glance(stage: Stage) -> Picture:
    return _drawn("On what is held out, on the way", [
        (name, curve_of(stage, f"life/{name}", "probe")) for name in _GLANCE
    ])  # fmt: skip


def _drawn(title: str, curves: Sequence[tuple[str, tuple[tuple[int, float], ...]]]) -> Picture:
    lines = [
        Line(label=label, points=tuple((float(x), y) for x, y in points))
        for label, points in curves
        if points
    ]
    legend = tuple(
        (line.label, tone(place), f"{line.points[0][1]:.3g} \N{RIGHTWARDS ARROW} "
         f"{line.points[-1][1]:.3g}")
        for place, line in enumerate(lines)
    )  # fmt: skip
    return Picture(title, line_chart(lines, title), legend)


def _probe_bars(found: Life) -> Markup:
    """Draw the probes before and after, pair by pair."""
    pairs = [found.of(name)[0].abilities for name in ("imitate", "prefer")]
    known = [probe_figures(one.probes) for one in pairs if one is not None]
    if len(known) < len(pairs):
        return Markup("")
    rows = []
    for words in known[0]:
        for place, when in enumerate(("before", "after")):
            one = known[place].get(words)
            if one is not None and one.low is not None and one.high is not None:
                rows.append(
                    Share(
                        label=f"{when}: {words}",
                        share=max(one.value, 0.0),
                        low=max(one.low, 0.0),
                        high=min(max(one.high, 0.0), 1.0),
                        figure=f"{one.value:.2f} of {one.n}",
                        tone=place,
                    )
                )
    return share_chart(rows, "probes of sycophancy before and after")


def _samples(stage: Stage) -> tuple[Sample, ...]:
    """Return some samples, those first whose answer changed."""
    changed = [one for one in stage.samples if one.before != one.after]
    same = [one for one in stage.samples if one.before == one.after]
    return tuple([*changed, *same][:_SHOWN_SAMPLES])


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
