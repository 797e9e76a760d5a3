"""The first page: one's projects and what is to be done in them."""

from starlette.responses import Response

from etude.web.asking import Ask, Screen
from etude.web.people.roles import roles_in
from etude.web.projects import project as projects


def _show(ask: Ask) -> Response:
    with ask.db.read() as tx:
        mine = [
            (project, sorted(roles_in(tx, project.id, ask.account.id)))
            for project in projects.of_account(tx, ask.account.id)
        ]
    return ask.page("home.html", mine=mine)


SCREENS = (Screen(path="/", answer=_show, needs="account"),)
