"""Signing in and out."""

from starlette.responses import Response

from etude.web.asking import Ask, Screen, inner_path
from etude.web.people import audit, sessions
from etude.web.people.sign_in import sign_in


def _show(ask: Ask) -> Response:
    if ask.known is not None:
        return ask.go(inner_path(ask.form.text("next", "/")))
    return _page(ask)


def _page(ask: Ask, status: int = 200, wrong: str = "") -> Response:
    return ask.page(
        "sign_in.html",
        status=status,
        wrong=wrong,
        email=ask.form.text("email"),
        wanted=inner_path(ask.form.text("next", "/")),
    )


def _enter(ask: Ask) -> Response:
    outcome = sign_in(
        ask.db, ask.form.text("email"), ask.form.text("password"), ask.place(), ask.now
    )
    if outcome.wait_s:
        minutes = -(-outcome.wait_s // 60)
        refused = _page(ask, 429, f"Too many tries. Try again in {minutes} min.")
        refused.headers["retry-after"] = str(outcome.wait_s)
        return refused
    if not outcome.token:
        return _page(ask, 403, "No account has this address and password.")
    if ask.known is not None:
        with ask.db.write() as tx:
            sessions.end(tx, ask.token, ask.now)
    return ask.with_session(ask.go(inner_path(ask.form.text("next", "/"))), outcome.token)


def _leave(ask: Ask) -> Response:
    with ask.db.write() as tx:
        sessions.end(tx, ask.token, ask.now)
        audit.note(tx, "account.sign-out", now=ask.now, account_id=ask.account.id)
    return ask.with_session(ask.go("/sign-in", "You have signed out."), "")


SCREENS = (
    Screen(path="/sign-in", answer=_show, needs="anyone"),
    Screen(path="/sign-in", answer=_enter, needs="anyone", method="POST", heavy=True),
    Screen(path="/sign-out", answer=_leave, needs="account", method="POST"),
)
