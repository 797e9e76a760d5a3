"""A project's first page: what it asks, how it stands, and what is to be done next."""

from typing import get_args

import msgspec
from starlette.responses import Response

from etude.errors import ConfigError
from etude.web.asking import Ask, Screen
from etude.web.people.roles import ROLE_SENTENCES
from etude.web.projects import guidelines, questions, standing
from etude.web.projects.project import ProjectState


def _show(ask: Ask) -> Response:
    return _page(ask)


def _page(ask: Ask, wrong: str = "") -> Response:
    with ask.db.read() as tx:
        stands = standing.standing(tx, ask.project, ask.account.id, ask.roles, ask.now)
        newest = guidelines.newest(tx, ask.project.id)
        asked = questions.of_project(
            tx, ask.project.id, ask.account.id, everything=ask.may("lead"), limit=3
        )
        missing = standing.what_is_missing(tx, ask.project) if ask.may("lead") else []
    return ask.page(
        "overview.html",
        status=422 if wrong else 200,
        wrong=wrong,
        stands=stands,
        newest=newest,
        asked=asked,
        missing=missing,
        become=standing.may_become(ask.project),
        sentences=[(role, ROLE_SENTENCES[role]) for role in sorted(ask.roles)],
    )


def _set_state(ask: Ask) -> Response:
    wanted = ask.form.text("state")
    if wanted not in get_args(ProjectState):
        raise ConfigError("there is no such state of a project")
    state = msgspec.convert(wanted, ProjectState)
    try:
        with ask.db.write() as tx:
            standing.set_state(tx, ask.project, state, by=ask.account.id, now=ask.now)
    except ConfigError as error:
        return _page(ask, str(error))
    return ask.go(f"/projects/{ask.project.id}", f"The project is {state} now.")


SCREENS = (
    Screen(path="/projects/{project}", answer=_show, needs="member"),
    Screen(path="/projects/{project}/state", answer=_set_state, needs=("lead",), method="POST"),
)
