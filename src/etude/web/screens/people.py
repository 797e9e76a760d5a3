"""The people of a project: members and what they did, invitations, roles."""

from starlette.responses import Response

from etude.errors import ConfigError
from etude.web.asking import Ask, Screen
from etude.web.people import audit, invitations, team
from etude.web.people.roles import ROLE_SENTENCES, ROLES, read_roles

_PATH = "/projects/{project}/people"
_NO_MEMBER = "there is no such member"


def _show(ask: Ask) -> Response:
    return _page(ask)


def _page(ask: Ask, wrong: str = "", link: str = "", link_for: str = "") -> Response:
    with ask.db.read() as tx:
        members = team.members(tx, ask.project.id)
        invited = invitations.of_project(tx, ask.project.id)
    waiting = [
        each
        for each in invited
        if each.used_at is None and each.withdrawn_at is None and each.expires_at > ask.now
    ]
    return ask.page(
        "people.html",
        status=422 if wrong else 200,
        wrong=wrong,
        members=members,
        waiting=waiting,
        link=link,
        link_for=link_for,
        role_sentences=[(role, ROLE_SENTENCES[role]) for role in ROLES],
        form=ask.form,
    )


def _invite(ask: Ask) -> Response:
    email = ask.form.text("email")
    try:
        with ask.db.write() as tx:
            token = team.invite(
                tx,
                ask.project.id,
                email,
                read_roles(ask.form.texts("role")),
                by=ask.account.id,
                now=ask.now,
            )
    except ConfigError as error:
        return _page(ask, str(error))
    # Shown at once and not after a redirect: a link in a cookie or an address would be kept.
    link = f"{ask.home.url}/invitations/{token}"
    return _page(ask, link=link, link_for=email.strip() or "whoever you give it to")


def _withdraw(ask: Ask) -> Response:
    with ask.db.write() as tx:
        done = invitations.withdraw(tx, ask.project.id, ask.part("invitation"), ask.now)
        if done:
            audit.note(
                tx,
                "member.invitation-withdrawn",
                now=ask.now,
                account_id=ask.account.id,
                project_id=ask.project.id,
                subject=ask.part("invitation"),
            )
    if not done:
        return ask.refuse(404, "there is no such invitation, or it was used")
    return ask.go(f"/projects/{ask.project.id}/people", "The link leads nowhere any more.")


def _change(ask: Ask) -> Response:
    what = ask.form.text("do")
    here = f"/projects/{ask.project.id}/people"
    try:
        with ask.db.write() as tx:
            who = team.member(tx, ask.project.id, ask.part("account"))
            if who is None:
                return ask.refuse(404, _NO_MEMBER)
            by, now = ask.account.id, ask.now
            if what == "remove":
                team.remove(tx, ask.project.id, who, by=by, now=now)
            elif what == "reset":
                token = team.invite_to_reset(tx, ask.project.id, who, ask.account, now)
            else:
                roles = read_roles(ask.form.texts("role"))
                team.set_roles(tx, ask.project.id, who, roles, by=by, now=now)
    except ConfigError as error:
        return _page(ask, str(error))
    if what == "reset":
        return _page(ask, link=f"{ask.home.url}/invitations/{token}", link_for=who.name)
    if who.id == ask.account.id and what == "remove":
        return ask.go("/", "You have left the project.")
    said = "is no member any more" if what == "remove" else "has other roles now"
    return ask.go(here if ask.may("lead") else "/", f"{who.name} {said}.")


SCREENS = (
    Screen(path=_PATH, answer=_show, needs=("lead",)),
    Screen(path=f"{_PATH}/invite", answer=_invite, needs=("lead",), method="POST"),
    Screen(
        path=f"{_PATH}/invitations/{{invitation}}/withdraw",
        answer=_withdraw,
        needs=("lead",),
        method="POST",
    ),
    Screen(path=f"{_PATH}/{{account}}", answer=_change, needs=("lead",), method="POST"),
)
