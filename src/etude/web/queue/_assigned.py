"""Rows of assignments: how they are read, and whether an item has room for one more."""

from typing import Literal

import msgspec

from etude.web.database import Transaction
from etude.web.queue.drawing import Purpose
from etude.web.queue.item import Item

AssignmentState = Literal["open", "done", "skipped", "expired"]


class Assignment(msgspec.Struct, frozen=True, kw_only=True):
    """One person's turn at one item."""

    id: str
    project_id: str
    item_id: str
    account_id: str
    purpose: Purpose
    """Why they were given it; never shown to them."""
    state: AssignmentState
    """`expired`: the turn went to someone else, or was put aside; what was begun is kept."""
    shown_order: str
    """JSON: the candidates in the order in which they are shown; empty until there are some."""
    guidelines: int
    """Version that held when it was given; 0 before the first."""
    draft: str
    """What the page saved of the unfinished work."""
    skip_reason: str
    active_s: float
    """Time spent on it, without pauses."""
    created_at: float
    seen_at: float
    """Last sign of life."""
    leased_until: float
    """Until when nobody else is given it in their stead."""
    done_at: float | None

    def order(self) -> tuple[int, ...]:
        """Return the candidates as they are shown, first or leftmost first."""
        return msgspec.json.decode(self.shown_order, type=tuple[int, ...])


COLUMNS = (
    "assignments.id, assignments.project_id, assignments.item_id, assignments.account_id,"
    " assignments.purpose, assignments.state, assignments.shown_order, assignments.guidelines,"
    " assignments.draft, assignments.skip_reason, assignments.active_s, assignments.created_at,"
    " assignments.seen_at, assignments.leased_until, assignments.done_at"
)


def by_id(
    tx: Transaction, project_id: str, assignment_id: str, account_id: str
) -> Assignment | None:
    """Return an assignment of a person."""
    return tx.one(
        Assignment,
        f"SELECT {COLUMNS} FROM assignments WHERE id = :id AND project_id = :project"  # noqa: S608
        " AND account_id = :account",
        id=assignment_id,
        project=project_id,
        account=account_id,
    )


def current(tx: Transaction, project_id: str, account_id: str) -> Assignment | None:
    """Return what a person is at."""
    return tx.one(
        Assignment,
        f"SELECT {COLUMNS} FROM assignments WHERE project_id = :project"  # noqa: S608
        " AND account_id = :account AND state = 'open' AND purpose <> 'adjudication'",
        project=project_id,
        account=account_id,
    )


def make_room(tx: Transaction, item: Item, account_id: str, now: float) -> bool:
    """Whether a locked item has room for a person; turns of others that ran out make room."""
    if item.state != "open":
        return False
    held = tx.number(
        "SELECT COUNT(*) FROM assignments WHERE item_id = :item AND state = 'open'"
        " AND purpose = 'work' AND leased_until > :now AND account_id <> :account",
        item=item.id,
        now=now,
        account=account_id,
    )
    if item.gold is None and item.n_done + held >= item.wanted:
        return False
    tx.run(
        "UPDATE assignments SET state = 'expired' WHERE item_id = :item AND state = 'open'"
        " AND purpose = 'work' AND leased_until <= :now AND account_id <> :account",
        item=item.id,
        now=now,
        account=account_id,
    )
    return True


def has_room_for(tx: Transaction, item: Item, mine: Assignment, now: float) -> bool:
    """Whether a turn that ran out may go on, seen from its locked item."""
    if mine.purpose == "repeat":
        return item.state != "withdrawn"
    return make_room(tx, item, mine.account_id, now)


def put_aside(tx: Transaction, project_id: str, account_id: str, now: float) -> None:
    """End a person's open turn, so that another can be theirs; what was begun is kept."""
    tx.run(
        "UPDATE assignments SET state = 'expired', leased_until = leased_until - seen_at + :now,"
        " seen_at = :now WHERE project_id = :project AND account_id = :account"
        " AND state = 'open' AND purpose <> 'adjudication'",
        now=now,
        project=project_id,
        account=account_id,
    )


def set_open(tx: Transaction, mine: Assignment, now: float) -> None:
    """Let a turn go on; the person must have no other open one."""
    tx.run(
        "UPDATE assignments SET state = 'open', done_at = NULL,"
        " leased_until = leased_until - seen_at + :now, seen_at = :now WHERE id = :id",
        now=now,
        id=mine.id,
    )
