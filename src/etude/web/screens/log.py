"""The log of a project: who did what, and when."""

from starlette.responses import Response

from etude.web.asking import Ask, Screen
from etude.web.people import team
from etude.web.people.log_pages import Wanted, log_page

PER_PAGE = 100


def _show(ask: Ask) -> Response:
    wanted = Wanted(
        project_id=ask.project.id,
        account_id=ask.form.text("who"),
        action=ask.form.text("what"),
        before=ask.form.text("before"),
        limit=PER_PAGE + 1,
    )
    with ask.db.read() as tx:
        lines = log_page(tx, wanted)
        members = team.members(tx, ask.project.id)
        actions = tx.texts(
            "SELECT DISTINCT action FROM audit WHERE project_id = :project ORDER BY action",
            project=ask.project.id,
        )
    return ask.page(
        "log.html",
        lines=lines[:PER_PAGE],
        more=len(lines) > PER_PAGE,
        wanted=wanted,
        members=members,
        actions=actions,
    )


SCREENS = (Screen(path="/projects/{project}/log", answer=_show, needs=("lead",)),)
