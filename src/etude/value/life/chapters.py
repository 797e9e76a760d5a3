"""Chapters: what the page of a life tells of each stage, with its pictures."""

from collections.abc import Sequence
from typing import NamedTuple

from markupsafe import Markup

from etude.pages.charts import Share, share_chart, tone
from etude.train.lines import Line, line_chart
from etude.train.manifest import Figure, Sample
from etude.train.page import Picture
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
RATER = "accuracy of "
"""What the names of figures of raters begin with."""


class Chapter(NamedTuple):
    """One stage on the page."""

    stage: str
    title: str
    runs: tuple[Stage, ...]
    pictures: tuple[Picture, ...]
    bars: Markup
    """Raters, or probes before and after; empty elsewhere."""
    kinds: Markup
    """Of comparisons: how they are judged, or whose answers win; empty elsewhere."""
    samples: tuple[Sample, ...]
    gains: tuple[Gain, ...]


def chapter_of(found: Life, name: str) -> Chapter:
    """Return what the page tells of one stage."""
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
        bars=_bars(found, name),
        kinds=_kinds(found, name),
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
        _drawn(f"Pairs that say when to stop: {title}", [(name, curve_of(judge, name, "held_out"))])
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


def _bars(found: Life, name: str) -> Markup:
    if name == "judge":
        return _rater_bars(found)
    return _probe_bars(found) if name == "prefer" else Markup("")


def _kinds(found: Life, name: str) -> Markup:
    """Draw each kind of comparison: judged as raters do, or won, as the judge sees it and truly."""
    if not found.kinds or name not in ("judge", "prefer"):
        return Markup("")
    drawn = []
    for one in found.kinds:
        pairs = (
            (("", one.after),)
            if name == "judge"
            else (("judge: ", one.win_judged), ("truth: ", one.win_true))
        )
        drawn += [_kind_bar(f"{who}{one.kind}", got, at) for at, (who, got) in enumerate(pairs)]
    words = {"judge": "held-out pairs judged as raters do", "prefer": "wins by kind of comparison"}
    return share_chart(drawn, words[name])


def _kind_bar(label: str, one: Figure, tint: int) -> Share:
    return Share(
        label=label,
        share=one.value,
        low=one.value if one.low is None else one.low,
        high=one.value if one.high is None else one.high,
        figure=f"{one.value:.2f} of {one.n}",
        tone=tint,
    )


def _rater_bars(found: Life) -> Markup:
    """Draw how often each rater is right, as the ratings tell."""
    known = {
        name.removeprefix(RATER): one
        for name, one in found.figures.items()
        if name.startswith(RATER)
    }
    return share_chart(
        [
            Share(
                label=name,
                share=one.value,
                low=one.value if one.low is None else one.low,
                high=one.value if one.high is None else one.high,
                figure=f"{one.value:.2f}",
            )
            for name, one in known.items()
        ],
        "accuracy of each rater",
    )


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
