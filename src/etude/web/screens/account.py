"""One's own account: name, password, sessions, and what is kept about oneself."""

import msgspec
from starlette.responses import Response

from etude.errors import ConfigError
from etude.web.asking import Ask, Screen
from etude.web.people import audit, own_data, sessions
from etude.web.people.own_data import Profile
from etude.web.people.passwords import change_password


def _show(ask: Ask) -> Response:
    return _page(ask)


def _page(ask: Ask, wrong: str = "", about: str = "") -> Response:
    with ask.db.read() as tx:
        held = own_data.sessions_of(tx, ask.account.id, ask.token, ask.now)
        kept = own_data.kept(tx, ask.account.id)
    return ask.page(
        "account.html",
        status=422 if wrong else 200,
        wrong=wrong,
        about=about,
        sessions=held,
        kept=kept,
        form=ask.form,
    )


def _profile(ask: Ask) -> Response:
    profile = Profile(
        name=ask.form.text("name"),
        languages=ask.form.text("languages"),
        country=ask.form.text("country"),
    )
    try:
        with ask.db.write() as tx:
            own_data.set_profile(tx, ask.account, profile, ask.now)
    except ConfigError as error:
        return _page(ask, str(error), "profile")
    return ask.go("/account", "Saved.")


def _password(ask: Ask) -> Response:
    try:
        token = change_password(
            ask.db, ask.account, ask.form.text("old"), ask.form.text("new"), ask.now
        )
    except ConfigError as error:
        return _page(ask, str(error), "password")
    said = "The password is changed; other browsers are signed out."
    return ask.with_session(ask.go("/account", said), token)


def _end_others(ask: Ask) -> Response:
    with ask.db.write() as tx:
        sessions.end_all(tx, ask.account.id, ask.now)
        audit.note(tx, "account.end-sessions", now=ask.now, account_id=ask.account.id)
        token = sessions.begin(tx, ask.account.id, ask.now)
    return ask.with_session(ask.go("/account", "Other browsers are signed out."), token)


def _download(ask: Ask) -> Response:
    with ask.db.read() as tx:
        found = own_data.own_data(tx, ask.account, ask.token, ask.now)
    return Response(
        msgspec.json.format(msgspec.json.encode(found), indent=2),
        media_type="application/json",
        headers={"content-disposition": 'attachment; filename="my-etude-data.json"'},
    )


SCREENS = (
    Screen(path="/account", answer=_show, needs="account"),
    Screen(path="/account", answer=_profile, needs="account", method="POST"),
    Screen(path="/account/password", answer=_password, needs="account", method="POST", heavy=True),
    Screen(path="/account/sessions/end", answer=_end_others, needs="account", method="POST"),
    Screen(path="/account/data", answer=_download, needs="account"),
)
