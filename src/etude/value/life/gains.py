"""Gains: what each stage changed of what a model can do, with the data that it learned from."""

from collections.abc import Collection, Iterator
from statistics import fmean
from typing import NamedTuple

from etude.stages.prefs.probes import ProbeReport
from etude.train.intervals import mean, share
from etude.train.manifest import Figure
from etude.value.life.exam import as_figure
from etude.value.life.outcome import (
    ALL_PAIRS,
    ANSWERS,
    ASKS,
    ASKS_WRONGLY,
    BUT_FACTS,
    CLEARED_UP,
    FACT_PAIRS,
    GREEDY,
    LONDON,
    PASS,
    Gain,
    Life,
    Points,
    Stage,
)
from etude.value.life.texts import OTHER
from etude.value.statistics.difference import Difference, paired

PROBES = {
    "right_unprompted": ("right, no opinion stated", "up"),
    "agree_when_right": ("right, user states what is right", "up"),
    "right_when_misled": ("right, user states what is wrong", "up"),
    "flip_to_wrong": ("flips to wrong for the user", "down"),
    "keep_right": ("keeps what is right when asked `are you sure?`", "up"),
    "correct_wrong": ("takes back what is wrong when asked `are you sure?`", "up"),
    "pull": ("pull of the stated opinion", "down"),
}
"""Figures of a probe report: what they say, and which way is better."""
_ABILITIES = {
    LONDON: "up",
    ANSWERS: "up",
    ASKS: "up",
    ASKS_WRONGLY: "down",
    CLEARED_UP: "up",
    PASS: "up",
    GREEDY: "up",
}


ALL_PROBES = "right, of all probes"
JUDGES = "prefers what raters prefer"
WINS_JUDGED = "wins against itself before, as the judge sees it"
WINS = "wins against itself before, by what is true"
_SURE = ("challenged_right", "challenged_wrong", "challenged_own")
_HELD = {
    "right, user states what is wrong, of all facts": ("stated_wrong",),
    "right, user states what is right, of all facts": ("stated_right",),
    "right when asked `are you sure?`, of all answers": _SURE,
    ALL_PROBES: ("none", "stated_right", "stated_wrong", *_SURE),
}
"""Kinds of probes over which right answers are counted, unclear ones being not right."""
FACTS, SEEDS = "facts", "seeds of practice"
CLEARLY = "names the right or the wrong answer, of all probes"
"""What a probe report rests on: other answers are in none of its shares."""


class _Change(NamedTuple):
    ability: str
    before: Figure
    after: Figure
    wanted: str
    over: str = "held-out questions"


def gains_of(life: Life) -> Iterator[Gain]:
    """Yield the gains of a life, stage by stage."""
    read, imitate, judge, prefer = (
        life.of(name)[0] for name in ("read", "imitate", "judge", "prefer")
    )
    for stage, changes in (
        (read, _reading(read)),
        (imitate, _abilities(read, imitate, (ANSWERS, ASKS, ASKS_WRONGLY, CLEARED_UP, PASS))),
        (judge, _judging(life)),
        (prefer, _winning(life)),
        (prefer, _preferring(imitate, prefer)),
    ):
        for one in changes:
            yield _gain(stage, one)
    for one in _wins(life):
        yield _gain(life.of("prefer")[0], one)
    yield from _holding(life)
    yield from _practising(life)


def probe_figures(report: ProbeReport) -> dict[str, Figure]:
    """Return the shares of a probe report; those with nothing to count are left out."""
    found = {
        words: as_figure(getattr(report, name))
        for name, (words, _) in PROBES.items()
        if getattr(report, name) is not None
    }
    n_clear = report.n_asked - report.n_unclear - report.n_failed
    return {CLEARLY: share(n_clear, report.n_asked), **found} if report.n_asked else found


def wanted_of(ability: str) -> str:
    """Return which way is better: `up` or `down`."""
    return {**_ABILITIES, **dict(PROBES.values())}.get(ability, "up")


def curve_of(stage: Stage, name: str, split: str) -> Points:
    """Return one curve of a stage; empty when it was never measured."""
    for line in stage.curves:
        if (line.name, line.split) == (name, split):
            return line.points
    return ()


def _reading(read: Stage) -> Iterator[_Change]:
    for words, name in (
        (LONDON, "probability/London"),
        (f"probability of the capital, {OTHER}", f"probability/{OTHER}"),
    ):
        points = curve_of(read, name, "cloze")
        if points:
            first, last = points[0][1], points[-1][1]
            yield _Change(words, Figure(value=first), Figure(value=last), "up", "one sentence"
                          if words == LONDON else "mean over countries")  # fmt: skip


def _abilities(before: Stage, after: Stage, names: tuple[str, ...]) -> Iterator[_Change]:
    if before.abilities is None or after.abilities is None:
        return
    for name in names:
        old, new = before.abilities.figures[name], after.abilities.figures[name]
        yield _Change(name, old, new, wanted_of(name))


def _judging(life: Life) -> Iterator[_Change]:
    words = {ALL_PAIRS: JUDGES, FACT_PAIRS: f"{JUDGES}, of facts", BUT_FACTS: f"{JUDGES}, else"}
    for one in life.kinds:
        if one.kind in words:
            yield _Change(words[one.kind], one.before, one.after, "up", "held-out pairs")


def _winning(life: Life) -> Iterator[_Change]:
    for one in life.kinds:
        if one.kind == ALL_PAIRS:
            even = Figure(value=0.5)
            yield _Change(WINS_JUDGED, even, one.win_judged, "up", "held-out prompts")
            yield _Change(WINS, even, one.win_true, "up", "held-out prompts")


def _preferring(imitate: Stage, prefer: Stage) -> Iterator[_Change]:
    if imitate.abilities is None or prefer.abilities is None:
        return
    old, new = probe_figures(imitate.abilities.probes), probe_figures(prefer.abilities.probes)
    for words, wanted in PROBES.values():
        if words in old and words in new:
            yield _Change(words, old[words], new[words], wanted)
    yield from _abilities(imitate, prefer, (ANSWERS, ASKS, ASKS_WRONGLY, PASS))


def _holding(life: Life) -> Iterator[Gain]:
    """Yield how often probes are answered right, of all that are asked, fact by fact."""
    imitate, prefer = life.of("imitate")[0], life.of("prefer")[0]
    if imitate.abilities is None or prefer.abilities is None:
        return
    for ability, kinds in _HELD.items():
        before = right_by_fact(imitate.abilities.probes, kinds)
        after = right_by_fact(prefer.abilities.probes, kinds)
        facts = sorted(before.keys() & after.keys())
        if not facts:
            continue
        old, new = [before[fact] for fact in facts], [after[fact] for fact in facts]
        gap = paired(old, new, level=life.recipe.level, seed=life.recipe.seed)
        change = _Change(ability, mean(old), mean(new), "up", FACTS)
        yield _gain(prefer, change, gap)


def _wins(life: Life) -> Iterator[_Change]:
    """Yield how often it is right where it was not before; ties count half, as with a judge."""
    imitate, prefer = life.of("imitate")[0], life.of("prefer")[0]
    if imitate.abilities is None or prefer.abilities is None:
        return
    kinds = _HELD[ALL_PROBES]
    before = right_by_fact(imitate.abilities.probes, kinds)
    after = right_by_fact(prefer.abilities.probes, kinds)
    wins = [0.5 + (after[fact] - before[fact]) / 2 for fact in before.keys() & after.keys()]
    if wins:
        yield _Change(
            f"{WINS}, of all probes", Figure(value=0.5), mean(wins), "up",
            "probes, fact by fact",
        )  # fmt: skip


def right_by_fact(report: ProbeReport, kinds: Collection[str]) -> dict[str, float]:
    """Return the share of some kinds of probes that is answered right, for each fact."""
    found: dict[str, list[bool]] = {}
    for one in report.answers:
        if one.kind in kinds:
            found.setdefault(one.fact, []).append(one.verdict == "right")
    return {fact: fmean(rights) for fact, rights in found.items()}


def _practising(life: Life) -> Iterator[Gain]:
    runs = life.of("practise")
    for ability, name in ((PASS, "pass@1"), (GREEDY, "greedy")):
        curves = [curve_of(run, name, "held_out") for run in runs]
        if not all(curves):
            continue
        before = [points[0][1] for points in curves]
        after = [points[-1][1] for points in curves]
        gap = paired(before, after, level=life.recipe.level, seed=life.recipe.seed)
        change = _Change(
            ability,
            Figure(value=fmean(before), n=len(before)),
            Figure(value=fmean(after), n=len(after)),
            "up",
            SEEDS,
        )
        yield _gain(runs[0], change, gap)


def _gain(stage: Stage, change: _Change, gap: Difference | None = None) -> Gain:
    # With a single seed the bounds are infinite, which JSON cannot say.
    return Gain(
        ability=change.ability,
        stage=stage.stage,
        before=change.before,
        after=change.after,
        over=change.over,
        data=tuple(one.name.rpartition("/")[2] for one in stage.ingredients if one.role == "data"),
        wanted=change.wanted,
        difference=gap if gap is not None and gap.n > 1 else None,
    )
