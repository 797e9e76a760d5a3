"""Progress of a project: what is done, by whom, how far raters agree, and what is stuck."""

from starlette.responses import Response

from etude.pages.charts import Share, histogram, share_chart
from etude.stages.prefs.habits import FIRST
from etude.stages.prefs.intervals import Estimate
from etude.stages.prefs.measure import PrefsReport
from etude.web.asking import Ask, Screen
from etude.web.people.roles import Role
from etude.web.screens import _figures
from etude.web.seeing import progress
from etude.web.seeing.figures import PROGRESS, ProjectFigures, project_figures

_SEES: tuple[Role, ...] = ("lead", "reviewer", "viewer")


def _show(ask: Ask) -> Response:
    with ask.db.read() as tx:
        stamp = progress.stamp(tx, ask.project.id)
        totals = progress.totals(tx, ask.project.id)
        batches = progress.batches(tx, ask.project.id)
        people = progress.people(tx, ask.project.id)
        waiting = progress.waiting(tx, ask.project.id)
        skipped = progress.skipped(tx, ask.project.id)
    figure = PROGRESS.figure(ask.project.id)
    value = None if figure is None else figure.value
    report = None if value is None else value.ratings
    return ask.page(
        "progress.html",
        totals=totals,
        batches=batches,
        people=people,
        waiting=waiting,
        skipped=skipped,
        figures=value,
        age=_figures.age(ask, PROGRESS, figure, stamp),
        report=report,
        by_name=_by_name(value),
        first=_of_kind(report, FIRST),
        flags=[] if report is None else [one for one in report.suspicions if one.flagged],
        days=None if value is None else histogram(value.days, "Finished turns, by day"),
        agreement=None if report is None else _agreement(report),
        named=ask.may("lead"),
    )


def _again(ask: Ask) -> Response:
    db, project, now = ask.db, ask.project, ask.now
    return _figures.begin(
        ask, PROGRESS, lambda: project_figures(db, project.id, project.kind, now), "progress"
    )


def _state(ask: Ask) -> Response:
    return _figures.state(ask, PROGRESS)


def _by_name(figures: ProjectFigures | None) -> dict[str, object]:
    """Return what is known of each person, by pseudonym."""
    if figures is None:
        return {}
    if figures.ratings is not None:
        return {one.rater: one for one in figures.ratings.raters}
    return {one.pseudonym: one for one in figures.writers}


def _of_kind(report: PrefsReport | None, kind: str) -> dict[str, object]:
    return {} if report is None else {s.rater: s for s in report.suspicions if s.kind == kind}


def _agreement(report: PrefsReport) -> object:
    found = report.agreement
    named: list[tuple[str, Estimate | None]] = [
        ("Krippendorff's alpha", found.alpha),
        ("alpha, graded", found.alpha_graded),
        ("Fleiss' kappa", found.fleiss_kappa),
        ("Gwet's AC1", found.gwet_ac1),
        ("same verdict", found.percent),
        *((f"alpha of {name}", one) for name, one in found.criteria.items()),
    ]
    rows = [
        Share(
            label=label,
            share=_within(one.value),
            low=_within(one.low),
            high=_within(one.high),
            figure=f"{one.value:.2f} ({one.low:.2f} to {one.high:.2f})",
            tone=0,
        )
        for label, one in named
        if one is not None
    ]
    return share_chart(rows, "How far raters agree") if rows else ""


def _within(value: float) -> float:
    return min(1.0, max(0.0, value))


SCREENS = (
    Screen(path="/projects/{project}/progress", answer=_show, needs=_SEES),
    Screen(path="/projects/{project}/progress", answer=_again, needs=_SEES, method="POST"),
    Screen(path="/projects/{project}/progress/state", answer=_state, needs=_SEES),
)
