"""Standing: how far a project is, what is missing before it opens, and what someone does next."""

from typing import Literal

import msgspec

from etude.errors import ConfigError
from etude.web.database import Transaction
from etude.web.people import audit
from etude.web.people.roles import Role
from etude.web.projects import guidelines, quiz
from etude.web.projects import project as projects
from etude.web.projects.project import Project, ProjectState

Next = Literal["quiz", "no-tries", "write", "rate", "review", "adjudicate", "wait", "none"]


class Counts(msgspec.Struct, frozen=True, kw_only=True):
    """How many there are of what."""

    n_items: int
    """Not withdrawn."""
    n_done: int
    n_withdrawn: int
    n_gold: int
    n_wanted: int
    """Turns that all items together want, gold items left out."""
    n_given: int
    """Turns that were finished of them."""
    n_people: int
    n_invited: int
    n_questions: int
    """Open ones."""
    n_mine: int
    """What this person finished."""


class Standing(msgspec.Struct, frozen=True, kw_only=True):
    """How a project stands for one person."""

    counts: Counts
    guidelines: int
    """Newest version; 0 for none."""
    n_quiz: int
    may_work: bool
    tries_left: int
    next: Next


def counts(tx: Transaction, project_id: str, account_id: str, now: float) -> Counts:
    """Return the numbers of a project."""
    found = tx.one(
        Counts,
        "SELECT COALESCE(SUM(CASE WHEN state <> 'withdrawn' THEN 1 ELSE 0 END), 0) AS n_items,"
        " COALESCE(SUM(CASE WHEN state = 'done' THEN 1 ELSE 0 END), 0) AS n_done,"
        " COALESCE(SUM(CASE WHEN state = 'withdrawn' THEN 1 ELSE 0 END), 0) AS n_withdrawn,"
        " COALESCE(SUM(CASE WHEN gold IS NOT NULL AND state <> 'withdrawn' THEN 1 ELSE 0 END), 0)"
        " AS n_gold,"
        " COALESCE(SUM(CASE WHEN gold IS NULL AND state <> 'withdrawn' THEN wanted ELSE 0 END), 0)"
        " AS n_wanted,"
        " COALESCE(SUM(CASE WHEN gold IS NULL AND state <> 'withdrawn' THEN"
        " CASE WHEN n_done < wanted THEN n_done ELSE wanted END ELSE 0 END), 0) AS n_given,"
        " (SELECT COUNT(DISTINCT account_id) FROM memberships WHERE project_id = :project)"
        " AS n_people,"
        " (SELECT COUNT(*) FROM invitations WHERE project_id = :project AND purpose = 'join'"
        " AND used_at IS NULL AND withdrawn_at IS NULL AND expires_at > :now) AS n_invited,"
        " (SELECT COUNT(*) FROM questions WHERE project_id = :project AND answered_at IS NULL)"
        " AS n_questions,"
        " (SELECT COUNT(*) FROM assignments WHERE project_id = :project"
        " AND account_id = :account AND state = 'done') AS n_mine"
        " FROM items WHERE project_id = :project",
        project=project_id,
        account=account_id,
        now=now,
    )
    if found is None:
        raise ConfigError("the project cannot be counted")
    return found


def standing(
    tx: Transaction, project: Project, account_id: str, roles: frozenset[Role], now: float
) -> Standing:
    """Return how a project stands for someone with these roles."""
    newest = guidelines.newest(tx, project.id)
    may_work = quiz.may_work(tx, project, account_id)
    left = quiz.tries_left(tx, project, account_id)
    return Standing(
        counts=counts(tx, project.id, account_id, now),
        guidelines=newest.version if newest else 0,
        n_quiz=len(quiz.questions(tx, project.id)),
        may_work=may_work,
        tries_left=left,
        next=_next(project, roles, may_work, left),
    )


def _next(project: Project, roles: frozenset[Role], may_work: bool, left: int) -> Next:
    works = ("writer" if project.kind == "write" else "rater") in roles
    if works and project.state in ("setup", "open", "paused") and not may_work:
        return "quiz" if left else "no-tries"
    if project.state == "open":
        if works:
            return project.kind
        if "reviewer" in roles:
            return "review" if project.kind == "write" else "adjudicate"
    return "wait" if works and project.state != "closed" else "none"


_STATES: dict[ProjectState, tuple[ProjectState, ...]] = {
    "setup": ("open",),
    "open": ("paused", "closed"),
    "paused": ("open", "closed"),
    "closed": ("open",),
}


def may_become(project: Project) -> tuple[ProjectState, ...]:
    """Return the states that a project can be put into from its own."""
    return _STATES[project.state]


def set_state(
    tx: Transaction, project: Project, state: ProjectState, *, by: str, now: float
) -> None:
    """Open, pause or close a project.

    Raises:
        ConfigError: It cannot go there from where it is, or there is nothing to open.
    """
    if state not in may_become(project):
        raise ConfigError(f"the project is {project.state}; it cannot be put to {state!r}")
    if state == "open":
        missing = what_is_missing(tx, project)
        if missing:
            raise ConfigError(f"before it opens, the project needs {' and '.join(missing)}")
    projects.set_state(tx, project.id, state)
    audit.note(tx, f"project.{state}", now=now, account_id=by, project_id=project.id)


def what_is_missing(tx: Transaction, project: Project) -> list[str]:
    """Return what a project needs before it can be opened."""
    missing = []
    if guidelines.newest(tx, project.id) is None:
        missing.append("guidelines")
    n_items = tx.number(
        "SELECT COUNT(*) FROM items WHERE project_id = :project AND state <> 'withdrawn'",
        project=project.id,
    )
    if not n_items and not project.settings.own_prompts:
        missing.append("items")
    return missing
