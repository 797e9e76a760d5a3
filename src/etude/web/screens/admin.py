"""For those who may make projects: all accounts, and the whole log."""

from starlette.responses import Response

from etude.errors import ConfigError
from etude.web.asking import Ask, Screen
from etude.web.people import administration
from etude.web.people.log_pages import Wanted, log_page

_PER_PAGE = 100


def _show(ask: Ask) -> Response:
    return _page(ask)


def _page(ask: Ask, wrong: str = "") -> Response:
    with ask.db.read() as tx:
        listed = administration.all_accounts(tx)
    return ask.page("admin.html", status=422 if wrong else 200, wrong=wrong, listed=listed)


def _change(ask: Ask) -> Response:
    what, account = ask.form.text("do"), ask.part("account")
    by, now = ask.account.id, ask.now
    try:
        with ask.db.write() as tx:
            if what in ("admin", "no-admin"):
                done = administration.set_admin(tx, account, admin=what == "admin", by=by, now=now)
            elif what in ("disable", "enable"):
                done = administration.set_disabled(
                    tx, account, disabled=what == "disable", by=by, now=now
                )
            else:
                return ask.refuse(422, "say what is to be done")
    except ConfigError as error:
        return _page(ask, str(error))
    if not done:
        return ask.refuse(404, "there is no such account")
    if account == ask.account.id and what in ("no-admin", "disable"):
        return ask.go("/", "That is done.")
    return ask.go("/admin", "That is done.")


def _log(ask: Ask) -> Response:
    wanted = Wanted(
        project_id=None,
        account_id=ask.form.text("who"),
        action=ask.form.text("what"),
        before=ask.form.text("before"),
        limit=_PER_PAGE + 1,
    )
    with ask.db.read() as tx:
        lines = log_page(tx, wanted)
        listed = administration.all_accounts(tx)
        actions = tx.texts("SELECT DISTINCT action FROM audit ORDER BY action")
    return ask.page(
        "log.html",
        lines=lines[:_PER_PAGE],
        more=len(lines) > _PER_PAGE,
        wanted=wanted,
        members=[each.account for each in listed],
        actions=actions,
    )


SCREENS = (
    Screen(path="/admin", answer=_show, needs="admin"),
    Screen(path="/admin/accounts/{account}", answer=_change, needs="admin", method="POST"),
    Screen(path="/admin/log", answer=_log, needs="admin"),
)
