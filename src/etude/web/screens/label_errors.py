"""Label errors: choices that are likely wrong, and whether to believe that they are."""

from starlette.responses import Response

from etude.web.asking import Ask, Screen
from etude.web.people.roles import Role
from etude.web.screens import _figures
from etude.web.seeing.figures import LABEL_ERRORS, label_errors

_SEES: tuple[Role, ...] = ("lead", "reviewer")
_PATH = "/projects/{project}/label-errors"
BELIEF = {
    "none": "The features tell nothing here: errors planted on purpose were not found better than"
    " by drawing lots. Do not use this list.",
    "weak": "The features are weak: errors planted on purpose were found little better than by"
    " drawing lots. The list is a hint where to look first.",
    "fair": "The features are fair: go through the list from the top, and expect false alarms.",
    "strong": "The features are strong: most of what tops the list should prove wrong.",
}


def _show(ask: Ask) -> Response:
    if ask.project.kind != "rate":
        return ask.refuse(404, "nothing is rated in this project")
    figure = LABEL_ERRORS.figure(ask.project.id)
    return ask.page(
        "label_errors.html",
        found=None if figure is None else figure.value,
        belief=BELIEF,
        age=_figures.age(ask, LABEL_ERRORS, figure, _figures.stamp_of(ask)),
    )


def _again(ask: Ask) -> Response:
    db, project_id = ask.db, ask.project.id
    return _figures.begin(ask, LABEL_ERRORS, lambda: label_errors(db, project_id), "label-errors")


def _state(ask: Ask) -> Response:
    return _figures.state(ask, LABEL_ERRORS)


SCREENS = (
    Screen(path=_PATH, answer=_show, needs=_SEES),
    Screen(path=_PATH, answer=_again, needs=_SEES, method="POST"),
    Screen(path=f"{_PATH}/state", answer=_state, needs=_SEES),
)
