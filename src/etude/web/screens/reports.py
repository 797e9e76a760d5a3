"""Reports: HTML pages that commands made, served sealed: no script, no form, no network."""

from starlette.responses import Response

from etude.web.asking import Ask, Screen
from etude.web.screens.datasets import admitted
from etude.web.security import SEALED_POLICY
from etude.web.seeing import datasets

_MOST_BYTES = 64_000_000


def _show(ask: Ask) -> Response:
    found = datasets.reports(ask.home.datasets, secrets=ask.account.admin).get(ask.part("name"))
    if found is None:
        return ask.refuse(404, "there is no such report")
    if found.size_bytes > _MOST_BYTES:
        return ask.refuse(413, "this report is too large to be shown here")
    return Response(
        found.path.read_bytes(),
        media_type="text/html; charset=utf-8",
        headers={"content-security-policy": SEALED_POLICY},
    )


SCREENS = (Screen(path="/reports/{name}", answer=admitted(_show), needs="account"),)
