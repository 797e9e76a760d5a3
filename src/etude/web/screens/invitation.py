"""Where a link of invitation leads: joining, a further project, or a new password."""

from starlette.responses import Response

from etude.errors import ConfigError
from etude.web.asking import Ask, Screen
from etude.web.database import Transaction
from etude.web.people import accounts, audit, invitations, sessions
from etude.web.people.accounts import Account, NewAccount
from etude.web.people.invitations import Invitation
from etude.web.people.roles import ROLE_SENTENCES, add_roles
from etude.web.projects import project as projects

_GONE = "This link was used, withdrawn, or is too old. Ask whoever sent it for a new one."


class _GoneError(ConfigError):
    """The link opens nothing."""


def _show(ask: Ask) -> Response:
    return _page(ask)


def _page(ask: Ask, status: int = 200, wrong: str = "") -> Response:
    with ask.db.read() as tx:
        invitation = invitations.open_invitation(tx, ask.part("token"), ask.now)
        if invitation is None:
            return ask.refuse(404, _GONE)
        project = invitation.project_id and projects.by_id(tx, invitation.project_id)
    return ask.page(
        "invitation.html",
        status=status,
        wrong=wrong,
        invitation=invitation,
        invited_to=project,
        sentences=[(r, ROLE_SENTENCES[r]) for r in sorted(invitation.named_roles())],
        form=ask.form,
    )


def _accept(ask: Ask) -> Response:
    try:
        with ask.db.write() as tx:
            invitation, account = _take_up(ask, tx)
            token = "" if ask.known else sessions.begin(tx, account.id, ask.now)
    except _GoneError:
        return ask.refuse(404, _GONE)
    except ConfigError as error:
        return _page(ask, 422, str(error))
    answer = ask.go(f"/projects/{invitation.project_id}" if invitation.project_id else "/")
    return ask.with_session(answer, token) if token else answer


def _take_up(ask: Ask, tx: Transaction) -> tuple[Invitation, Account]:
    invitation = invitations.open_invitation(tx, ask.part("token"), ask.now)
    if invitation is None:
        raise _GoneError(_GONE)
    if invitation.purpose == "reset":
        account = _reset(ask, tx, invitation)
    else:
        account = _known(ask, tx, invitation) or _join(ask, tx, invitation)
    if not invitations.use(tx, invitation, account.id, ask.now):
        # Raised, so that an account made for nothing is not kept.
        raise _GoneError(_GONE)
    _give(ask, tx, invitation, account)
    return invitation, account


def _known(ask: Ask, tx: Transaction, invitation: Invitation) -> Account | None:
    """Return who takes the invitation up with the account that they have."""
    if ask.known is None:
        return None
    if invitation.email and ask.known.email != invitation.email:
        raise ConfigError(f"this invitation is for {invitation.email}; sign out first")
    if invitation.admin:
        accounts.set_admin(tx, ask.known.id)
    return ask.known


def _join(ask: Ask, tx: Transaction, invitation: Invitation) -> Account:
    email = accounts.plain_email(ask.form.text("email"))
    if invitation.email and email != invitation.email:
        raise ConfigError(f"this invitation is for {invitation.email}")
    if not ask.form.flag("consent"):
        raise ConfigError("to join, agree that what you make here may be published")
    new = NewAccount(
        email=email,
        name=ask.form.text("name"),
        password=ask.form.text("password"),
        languages=ask.form.text("languages"),
        country=ask.form.text("country"),
    )
    return accounts.create(tx, new, admin=invitation.admin, now=ask.now)


def _reset(ask: Ask, tx: Transaction, invitation: Invitation) -> Account:
    account = accounts.by_id(tx, invitation.account_id or "")
    if account is None:
        raise ConfigError(_GONE)
    accounts.set_password(tx, account, ask.form.text("password"))
    sessions.end_all(tx, account.id, ask.now)
    return account


def _give(ask: Ask, tx: Transaction, invitation: Invitation, account: Account) -> None:
    if invitation.project_id and invitation.purpose == "join":
        add_roles(tx, invitation.project_id, account.id, invitation.named_roles(), ask.now)
    audit.note(
        tx,
        "account.new-password" if invitation.purpose == "reset" else "account.join",
        now=ask.now,
        account_id=account.id,
        project_id=invitation.project_id or "",
        subject=account.email,
        detail=invitation.roles,
    )


SCREENS = (
    Screen(path="/invitations/{token}", answer=_show, needs="anyone"),
    Screen(path="/invitations/{token}", answer=_accept, needs="anyone", method="POST", heavy=True),
)
