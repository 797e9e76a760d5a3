"""The report: one HTML page on a software-engineering data set and the episodes played on it.

The page holds the answers. It needs no network and runs no script; whatever it shows of a
project, a task or an agent is escaped, because it may have been written by hostile code.
"""

import statistics
from collections.abc import Mapping, Sequence
from pathlib import Path

import msgspec

from etude.pages.charts import (
    Bar,
    Curve,
    Share,
    bar_chart,
    curve_chart,
    share_chart,
    tone,
)
from etude.pages.template import environment
from etude.pages.text import percent
from etude.records import AnswerKey, Codebase, Episode, Grade, Task
from etude.stages.swe.report.episodes import episode_view
from etude.stages.swe.report.scores import AgentScores, Standing, standing
from etude.stages.swe.report.view import bug_charts, codebase_views, words
from etude.store import write_whole

__all__ = ["AgentScores", "ReportInput", "render_report", "write_report"]

_TEMPLATE = "page.html"
_KS_IN_TABLE = 6
_OPEN_TASKS = 60
"""With more tasks than this, each project's list starts folded."""
_OPEN_CODEBASES = 6
"""With more codebases than this, their facts start folded."""


class ReportInput(msgspec.Struct, frozen=True, kw_only=True):
    """Everything the report tells of."""

    title: str
    codebases: Sequence[Codebase]
    tasks: Sequence[Task]
    keys: Sequence[AnswerKey]
    scores: Sequence[AgentScores] = ()
    """One entry for each agent, in the order to show them."""
    episodes: Sequence[tuple[Episode, Grade, Task]] = ()
    """To be read turn by turn, in this order."""
    dropped: Mapping[str, int] = {}
    """Candidates refused, by reason."""
    facts: Mapping[str, str] = {}
    """Label -> value for the header, such as the seed and the command line."""


def write_report(target: Path, content: ReportInput) -> None:
    """Write the report as one HTML file, whole or not at all.

    Raises:
        ConfigError: The file cannot be written there.
        RecordError: The records do not belong together.
    """
    write_whole(target, render_report(content).encode("utf-8", "replace"))


def render_report(content: ReportInput) -> str:
    """Return the report as HTML; the same content gives the same text.

    Raises:
        RecordError: A task has no answer key or codebase, or an episode came with the grade or
            task of another.
    """
    codebases = codebase_views(content.codebases, content.tasks, content.keys, content.scores)
    tasks = [view for home in codebases for view in home.tasks]
    standings = [standing(entry) for entry in content.scores]
    curves = _curves(standings)
    anchors = {view.task.id: view.anchor for view in tasks}
    return (
        environment(Path(__file__).parent, {"words": words})
        .get_template(_TEMPLATE)
        .render(
            title=content.title,
            facts=content.facts,
            codebases=codebases,
            tasks=tasks,
            open_cards=len(codebases) <= _OPEN_CODEBASES,
            open_tasks=len(tasks) <= _OPEN_TASKS,
            n_dropped=sum(content.dropped.values()),
            median_tests=statistics.median(len(key.fail_to_pass) for key in content.keys)
            if content.keys
            else 0,
            dropped_chart=_dropped_chart(content.dropped, len(tasks)),
            bugs=bug_charts(codebases),
            standings=standings,
            ks=_ks(standings),
            score_chart=_score_chart(standings),
            curves=curve_chart(curves, "pass@k over k, by agent") if curves else "",
            curve_names=[(curve.label, curve.tone) for curve in curves],
            episodes=[episode_view(*played, anchors) for played in content.episodes],
        )
    )


def _dropped_chart(dropped: Mapping[str, int], n_kept: int) -> str:
    """Draw what became of the candidates: kept first, then refusals, most first."""
    bars = [Bar(label="kept as tasks", value=n_kept)]
    bars += [
        Bar(label=words(reason), value=n, tone=7)
        for reason, n in sorted(dropped.items(), key=lambda entry: (-entry[1], entry[0]))
    ]
    return bar_chart(bars, "Candidates kept and refused, by reason")


def _ks(standings: Sequence[Standing]) -> list[int]:
    """Choose the k of the table's columns: all while they are few, else doubling."""
    most = max((len(entry.estimates) for entry in standings), default=0)
    if most <= _KS_IN_TABLE:
        return list(range(1, most + 1))
    return sorted({1 << step for step in range(most.bit_length())} | {most})


def _score_chart(standings: Sequence[Standing]) -> str:
    rows = [
        Share(
            label=entry.agent,
            share=entry.estimates[0].share,
            low=entry.estimates[0].low,
            high=entry.estimates[0].high,
            figure=percent(entry.estimates[0].share),
            tone=tone(place),
        )
        for place, entry in enumerate(standings)
        if entry.estimates
    ]
    return share_chart(rows, "Share of tasks solved in one attempt, by agent")


def _curves(standings: Sequence[Standing]) -> list[Curve]:
    """Return pass@k over k of every agent with several attempts."""
    return [
        Curve(
            label=entry.agent,
            shares=tuple(estimate.share for estimate in entry.estimates),
            tone=tone(place),
        )
        for place, entry in enumerate(standings)
        if len(entry.estimates) > 1
    ]
