"""Team: the members of a project, what they did there, and how their roles change."""

import msgspec

from etude.errors import ConfigError
from etude.web.database import Transaction
from etude.web.people import accounts, audit, invitations
from etude.web.people.accounts import Account
from etude.web.people.invitations import Terms
from etude.web.people.roles import ROLES, Role, add_roles, read_roles, roles_in, take_roles


class _Row(msgspec.Struct, frozen=True, kw_only=True):
    id: str
    email: str
    name: str
    pseudonym: str
    admin: bool
    languages: str
    country: str
    disabled: bool
    since: float
    n_done: int
    n_skipped: int
    active_s: float
    last_at: float | None


class Member(msgspec.Struct, frozen=True, kw_only=True):
    """One member of a project."""

    id: str
    email: str
    name: str
    pseudonym: str
    admin: bool
    languages: str
    country: str
    disabled: bool
    since: float
    roles: frozenset[Role]
    n_done: int
    """Turns that they finished here."""
    n_skipped: int
    active_s: float
    """Seconds of work here, pauses left out."""
    last_at: float | None
    """When they last did something here."""


def members(tx: Transaction, project_id: str) -> list[Member]:
    """Return the members of a project, by name."""
    rows = tx.all(
        _Row,
        "SELECT accounts.id, accounts.email, accounts.name, accounts.pseudonym, accounts.admin,"
        " accounts.languages, accounts.country,"
        " CASE WHEN accounts.disabled_at IS NULL THEN 0 ELSE 1 END AS disabled, joined.since,"
        " COALESCE(work.n_done, 0) AS n_done, COALESCE(work.n_skipped, 0) AS n_skipped,"
        " COALESCE(work.active_s, 0) AS active_s, work.last_at"
        " FROM (SELECT account_id, MIN(since) AS since FROM memberships"
        " WHERE project_id = :project GROUP BY account_id) AS joined"
        " JOIN accounts ON accounts.id = joined.account_id"
        " LEFT JOIN (SELECT account_id, SUM(CASE WHEN state = 'done' THEN 1 ELSE 0 END) AS n_done,"
        " SUM(CASE WHEN state = 'skipped' THEN 1 ELSE 0 END) AS n_skipped,"
        " SUM(active_s) AS active_s, MAX(seen_at) AS last_at FROM assignments"
        " WHERE project_id = :project GROUP BY account_id) AS work"
        " ON work.account_id = joined.account_id ORDER BY accounts.name, accounts.id",
        project=project_id,
    )
    held: dict[str, list[str]] = {}
    for pair in tx.texts(
        "SELECT account_id || ' ' || role FROM memberships WHERE project_id = :project",
        project=project_id,
    ):
        account_id, role = pair.split(" ")
        held.setdefault(account_id, []).append(role)
    return [
        Member(**msgspec.structs.asdict(row), roles=read_roles(held.get(row.id, [])))
        for row in rows
    ]


def member(tx: Transaction, project_id: str, account_id: str) -> Account | None:
    """Return the account of a member; `None` where they are none."""
    return accounts.by_id(tx, account_id) if roles_in(tx, project_id, account_id) else None


def set_roles(
    tx: Transaction, project_id: str, who: Account, roles: frozenset[Role], *, by: str, now: float
) -> None:
    """Give a member exactly these roles.

    Raises:
        ConfigError: Nobody would lead the project any more, or there is no role among them.
    """
    if not roles:
        raise ConfigError("give at least one role, or remove them from the project")
    before = roles_in(tx, project_id, who.id)
    _keep_a_lead(tx, project_id, who.id, still_leads="lead" in roles)
    take_roles(tx, project_id, who.id)
    add_roles(tx, project_id, who.id, roles, now)
    audit.note(
        tx,
        "member.roles",
        now=now,
        account_id=by,
        project_id=project_id,
        subject=who.email,
        detail=f"{_named(before)} → {_named(roles)}",
    )


def remove(tx: Transaction, project_id: str, who: Account, *, by: str, now: float) -> None:
    """Take a member out of a project: what they made stays, what they have open is let go.

    Raises:
        ConfigError: Nobody would lead the project any more.
    """
    _keep_a_lead(tx, project_id, who.id, still_leads=False)
    before = roles_in(tx, project_id, who.id)
    take_roles(tx, project_id, who.id)
    tx.run(
        "UPDATE assignments SET state = 'expired' WHERE project_id = :project"
        " AND account_id = :account AND state = 'open'",
        project=project_id,
        account=who.id,
    )
    audit.note(
        tx,
        "member.remove",
        now=now,
        account_id=by,
        project_id=project_id,
        subject=who.email,
        detail=_named(before),
    )


def _keep_a_lead(tx: Transaction, project_id: str, account_id: str, *, still_leads: bool) -> None:
    if still_leads:
        return
    # Leads who leave at the same moment take turns here.
    tx.run("UPDATE projects SET state = state WHERE id = :project", project=project_id)
    others = tx.number(
        "SELECT COUNT(*) FROM memberships JOIN accounts ON accounts.id = memberships.account_id"
        " WHERE project_id = :project AND role = 'lead' AND account_id <> :account"
        " AND accounts.disabled_at IS NULL",
        project=project_id,
        account=account_id,
    )
    if not others and "lead" in roles_in(tx, project_id, account_id):
        raise ConfigError("a project needs a lead: make someone else one first")


def _named(roles: frozenset[Role]) -> str:
    return ", ".join(role for role in ROLES if role in roles) or "none"


def invite(
    tx: Transaction, project_id: str, email: str, roles: frozenset[Role], *, by: str, now: float
) -> str:
    """Make an invitation to a project; return the token of its link.

    Raises:
        ConfigError: No role is named, or that is no address.
    """
    if not roles:
        raise ConfigError("say as what they are invited")
    plain = accounts.plain_email(email) if email.strip() else ""
    terms = Terms(email=plain, project_id=project_id, roles=roles, invited_by=by)
    token = invitations.invite(tx, terms, now)
    audit.note(
        tx,
        "member.invite",
        now=now,
        account_id=by,
        project_id=project_id,
        subject=plain or "anyone with the link",
        detail=_named(roles),
    )
    return token


def invite_to_reset(tx: Transaction, project_id: str, who: Account, by: Account, now: float) -> str:
    """Make a link by which a member sets a new password; return its token.

    Whoever holds the link can become that person. So only an administrator gets one, and never
    for another administrator: leading a project gives no way into other projects.

    Raises:
        ConfigError: That must not be.
    """
    fresh = accounts.by_id(tx, by.id)
    target = member(tx, project_id, who.id)
    if fresh is None or not fresh.admin:
        raise ConfigError("only those who may make projects can reset passwords")
    if target is None or target.admin:
        raise ConfigError(
            "the password of those who may make projects is reset on the server: "
            "etude web --admin EMAIL"
        )
    terms = Terms(
        purpose="reset",
        email=target.email,
        project_id=project_id,
        account_id=target.id,
        invited_by=by.id,
    )
    token = invitations.invite(tx, terms, now)
    audit.note(
        tx,
        "account.reset-link",
        now=now,
        account_id=by.id,
        project_id=project_id,
        subject=target.email,
    )
    return token
