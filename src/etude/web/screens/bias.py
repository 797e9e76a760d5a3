"""Bias of a project's choices: what raters pay for that is no content, sycophancy among it."""

import math

from starlette.responses import Response

from etude.pages.charts import Share, share_chart
from etude.stages.prefs.bias.audit import BiasReport
from etude.stages.prefs.intervals import Estimate
from etude.web.asking import Ask, Screen
from etude.web.people.roles import Role
from etude.web.screens import _figures
from etude.web.seeing.figures import BIAS, bias

_SEES: tuple[Role, ...] = ("lead", "reviewer", "viewer")
_PATH = "/projects/{project}/bias"
_MOST_LOG = 99.0


def _show(ask: Ask) -> Response:
    if ask.project.kind != "rate":
        return ask.refuse(404, "nothing is rated in this project")
    figure = BIAS.figure(ask.project.id)
    found = None if figure is None else figure.value
    return ask.page(
        "bias.html",
        found=found,
        rulers=None if found is None else _rulers(found),
        shares=None if found is None else _situations(found),
        odds=odds,
        age=_figures.age(ask, BIAS, figure, _figures.stamp_of(ask)),
    )


def odds(log_odds: Estimate) -> str:
    """Return log-odds as a ratio with its interval."""
    value, low, high = (
        math.exp(min(part, _MOST_LOG)) for part in (log_odds.value, log_odds.low, log_odds.high)
    )
    return f"{value:.2f} ({low:.2f} to {high:.2f})"


def _rulers(found: BiasReport) -> object:
    rows = [
        _share(ruler.name.replace("`", ""), ruler.accuracy, 1 if place == 0 else 0)
        for place, ruler in enumerate(found.rulers)
    ]
    return share_chart(rows, "How often rulers that read nothing are right")


def _situations(found: BiasReport) -> object:
    if found.sycophancy is None:
        return ""
    rows = [_share(name.replace("_", " "), one) for name, one in found.sycophancy.shares.items()]
    return share_chart(rows, "How often the right answer was chosen, by situation")


def _share(label: str, one: Estimate, tone: int = 0) -> Share:
    return Share(
        label=label,
        share=one.value,
        low=one.low,
        high=one.high,
        figure=f"{100 * one.value:.1f} % ({100 * one.low:.1f} to {100 * one.high:.1f})",
        tone=tone,
    )


def _again(ask: Ask) -> Response:
    db, project_id = ask.db, ask.project.id
    return _figures.begin(ask, BIAS, lambda: bias(db, project_id), "bias")


def _state(ask: Ask) -> Response:
    return _figures.state(ask, BIAS)


SCREENS = (
    Screen(path=_PATH, answer=_show, needs=_SEES),
    Screen(path=_PATH, answer=_again, needs=_SEES, method="POST"),
    Screen(path=f"{_PATH}/state", answer=_state, needs=_SEES),
)
