"""Assignment: one person's turn at one item, from the claim to the end. The lease is the lock.

An item has room while those who finished it and those whose turns are open are fewer than it
wants. A turn without a sign of life goes to the next who asks; whoever comes back goes on as long
as there is room, and else loses the turn but not the work.
"""

import msgspec

from etude.errors import ConfigError
from etude.web.database import Transaction
from etude.web.people import audit
from etude.web.queue import _assigned as rows
from etude.web.queue._assigned import Assignment, AssignmentState, by_id, current
from etude.web.queue.claiming import Nothing, claim, claim_item, n_finished, take_turn
from etude.web.queue.drawing import draw_order
from etude.web.queue.item import Item, lock_item

__all__ = [
    "Assignment",
    "AssignmentState",
    "Nothing",
    "by_id",
    "claim",
    "claim_item",
    "current",
    "finish",
    "fix_order",
    "last_finished",
    "n_finished",
    "reopen",
    "sign_of_life",
    "skip",
]

MAX_DRAFT = 1_000_000
_UNTIMED_S = 600
"""Time counted at most where no script tells how much of it was work."""


def _held(
    tx: Transaction, project_id: str, assignment_id: str, account_id: str
) -> tuple[Assignment, Item]:
    """Return a person's turn and its item, held.

    Raises:
        ConfigError: It is not theirs.
    """
    mine = by_id(tx, project_id, assignment_id, account_id)
    item = lock_item(tx, project_id, mine.item_id) if mine else None
    # Seen anew: its state may have changed while the item was waited for.
    mine = by_id(tx, project_id, assignment_id, account_id)
    if mine is None or item is None:
        raise ConfigError("this item is not yours")
    return mine, item


def sign_of_life(
    tx: Transaction,
    project_id: str,
    assignment_id: str,
    account_id: str,
    *,
    draft: str | None,
    active_s: float,
    now: float,
) -> bool:
    """Keep a turn, save its unfinished work, and count the time spent.

    Args:
        tx: A writing transaction.
        project_id: The project.
        assignment_id: The turn.
        account_id: Whose it must be.
        draft: What to keep of the unfinished work; `None` leaves what is kept.
        active_s: Seconds of activity since the last sign; never more than have passed are counted.
        now: The time.

    Returns:
        Whether the turn goes on. `False` when it is over or went to someone else; the draft of a
        lost turn is kept all the same.

    Raises:
        ConfigError: The turn is not this person's, or the draft is too long.
    """
    if draft is not None and len(draft) > MAX_DRAFT:
        raise ConfigError(f"more than {MAX_DRAFT:,} characters cannot be kept as a draft")
    take_turn(tx, account_id)
    mine, item = _held(tx, project_id, assignment_id, account_id)
    if mine.state in ("done", "skipped"):
        return False
    tx.run(
        "UPDATE assignments SET draft = :draft, active_s = :active_s,"
        " leased_until = leased_until - seen_at + :now, seen_at = :now WHERE id = :id",
        draft=mine.draft if draft is None else draft,
        active_s=_time_spent(mine, active_s, now),
        now=now,
        id=mine.id,
    )
    if mine.state == "open":
        return True
    other = current(tx, project_id, account_id)
    if other is not None or not rows.has_room_for(tx, item, mine, now):
        return False
    tx.run("UPDATE assignments SET state = 'open' WHERE id = :id", id=mine.id)
    return True


def _time_spent(mine: Assignment, active_s: float | None, now: float) -> float:
    passed = max(0.0, now - mine.seen_at)
    if active_s is None:
        return mine.active_s + min(passed, _UNTIMED_S)
    return mine.active_s + max(0.0, min(active_s, passed))


def finish(
    tx: Transaction,
    project_id: str,
    assignment_id: str,
    account_id: str,
    *,
    now: float,
    active_s: float | None = None,
    draft: str | None = None,
) -> bool:
    """End a turn as done; what was made is to be saved in the same transaction.

    Args:
        tx: A writing transaction.
        project_id: The project.
        assignment_id: The turn.
        account_id: Whose it must be.
        now: The time.
        active_s: Seconds of activity since the last sign of life; `None` when nothing told, then
            the time that passed counts, ten minutes at most.
        draft: What the page begins with if this is undone, and what is kept of a turn that was
            lost; `None` leaves what is kept.

    Returns:
        Whether it counts. `False` when the turn was lost and the item needs nobody any more.

    Raises:
        ConfigError: The turn is not this person's, or is over already.
    """
    mine, item = _held(tx, project_id, assignment_id, account_id)
    if mine.state in ("done", "skipped"):
        raise ConfigError("this item was handed in already")
    if draft is not None:
        tx.run("UPDATE assignments SET draft = :draft WHERE id = :id", draft=draft, id=mine.id)
    if item.state == "withdrawn" or (
        mine.state == "expired" and not rows.has_room_for(tx, item, mine, now)
    ):
        tx.run("UPDATE assignments SET state = 'expired' WHERE id = :id", id=mine.id)
        return False
    tx.run(
        "UPDATE assignments SET state = 'done', done_at = :now, active_s = :active_s,"
        " leased_until = leased_until - seen_at + :now, seen_at = :now WHERE id = :id",
        now=now,
        active_s=_time_spent(mine, active_s, now),
        id=mine.id,
    )
    if mine.purpose in ("work", "gold"):
        _count(tx, item, 1)
    _note(tx, "item.done", mine, now)
    return True


def _count(tx: Transaction, item: Item, by: int) -> None:
    tx.run(
        "UPDATE items SET n_done = n_done + :by, state = CASE WHEN state = 'withdrawn' THEN state"
        " WHEN gold IS NULL AND n_done + :by >= wanted THEN 'done' ELSE 'open' END"
        " WHERE id = :id",
        by=by,
        id=item.id,
    )


def _note(tx: Transaction, action: str, mine: Assignment, now: float, detail: str = "") -> None:
    audit.note(
        tx,
        action,
        now=now,
        account_id=mine.account_id,
        project_id=mine.project_id,
        subject=mine.item_id,
        detail=detail,
    )


def skip(
    tx: Transaction,
    project_id: str,
    assignment_id: str,
    account_id: str,
    *,
    reason: str,
    now: float,
) -> None:
    """End a turn without a result: the item goes to others, and never to this person again.

    Raises:
        ConfigError: The turn is not this person's, or is over already.
    """
    mine, _item = _held(tx, project_id, assignment_id, account_id)
    if mine.state in ("done", "skipped"):
        raise ConfigError("this item was handed in already")
    tx.run(
        "UPDATE assignments SET state = 'skipped', skip_reason = :reason, done_at = :now"
        " WHERE id = :id",
        reason=reason.strip()[:500],
        now=now,
        id=mine.id,
    )
    _note(tx, "item.skip", mine, now, reason.strip()[:500])


def fix_order(tx: Transaction, mine: Assignment, n_candidates: int) -> Assignment:
    """Draw and keep the order of answers that were not there yet when the turn began."""
    order = draw_order(n_candidates, mine.item_id, mine.account_id)
    tx.run(
        "UPDATE assignments SET shown_order = :order WHERE id = :id AND shown_order = '[]'",
        order=msgspec.json.encode(order).decode(),
        id=mine.id,
    )
    return by_id(tx, mine.project_id, mine.id, mine.account_id) or mine


def last_finished(
    tx: Transaction, project_id: str, account_id: str, since: float
) -> Assignment | None:
    """Return what a person finished last, at or after a time."""
    return tx.one(
        Assignment,
        f"SELECT {rows.COLUMNS} FROM assignments WHERE project_id = :project"  # noqa: S608
        " AND account_id = :account AND state = 'done' AND purpose <> 'adjudication'"
        " AND done_at >= :since ORDER BY done_at DESC, created_at DESC, id LIMIT 1",
        project=project_id,
        account=account_id,
        since=since,
    )


def reopen(
    tx: Transaction,
    project_id: str,
    assignment_id: str,
    account_id: str,
    *,
    draft: str | None = None,
    now: float,
) -> bool:
    """Open a finished turn again; withdrawing what was made is for the caller.

    What the person is at meanwhile is put aside and comes back after this.

    Args:
        tx: A writing transaction.
        project_id: The project.
        assignment_id: The turn.
        account_id: Whose it must be.
        draft: What the page is to begin with; `None` leaves what was kept last.
        now: The time.

    Returns:
        Whether it is open. `False` when the item was adjudicated or withdrawn, or is not done.

    Raises:
        ConfigError: The turn is not this person's.
    """
    take_turn(tx, account_id)
    mine, item = _held(tx, project_id, assignment_id, account_id)
    settled = tx.number(
        "SELECT COUNT(*) FROM assignments WHERE item_id = :item AND state = 'done'"
        " AND purpose = 'adjudication'",
        item=item.id,
    )
    if mine.state != "done" or item.state == "withdrawn" or settled:
        return False
    rows.put_aside(tx, project_id, account_id, now)
    if mine.purpose in ("work", "gold"):
        _count(tx, item, -1)
    if draft is not None:
        tx.run("UPDATE assignments SET draft = :draft WHERE id = :id", draft=draft, id=mine.id)
    rows.set_open(tx, mine, now)
    _note(tx, "item.reopen", mine, now)
    return True
