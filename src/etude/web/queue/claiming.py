"""Claiming: the next item for a person, or why there is none."""

from typing import Literal

import msgspec

from etude.web.database import Transaction, new_id
from etude.web.projects import guidelines, quiz
from etude.web.projects.project import Project
from etude.web.queue import _assigned as rows
from etude.web.queue._assigned import Assignment
from etude.web.queue._choosing import gold_ids, next_item, old_ids
from etude.web.queue.drawing import Purpose, draw_one, draw_order, draw_purpose, other_order
from etude.web.queue.item import Item, item_by_id, lock_item

_DAY_S = 24 * 3600


class Nothing(msgspec.Struct, frozen=True, kw_only=True):
    """There is nothing to do for this person now."""

    why: str
    """A sentence for them."""
    kind: Literal["closed", "quiz", "limit", "waiting", "finished"]
    """Whether they can do something about it: take the quiz, or come back later."""


_NOT_OPEN = {
    "setup": "The project has not begun yet.",
    "paused": "The project is paused. What you began is kept.",
    "closed": "The project is closed. Thank you for your work.",
}


def claim(tx: Transaction, project: Project, account_id: str, now: float) -> Assignment | Nothing:
    """Return what a person is at, or the next item for them, or why there is none."""
    barred = _barred(tx, project, account_id)
    if barred is not None:
        return barred
    take_turn(tx, account_id)
    mine = rows.current(tx, project.id, account_id)
    if mine is not None:
        # Looking at the page again is no sign of life: time spent is counted from the last one.
        if mine.leased_until - now > 30 * project.settings.lease_min:
            return mine
        rows.set_open(tx, mine, now)
        return _again(tx, mine)
    return (
        _limited(tx, project, account_id, now)
        or _what_was_begun(tx, project, account_id, now)
        or _next(tx, project, account_id, now)
        or _none_left(tx, project, account_id)
    )


def _barred(tx: Transaction, project: Project, account_id: str) -> Nothing | None:
    if project.state != "open":
        return Nothing(why=_NOT_OPEN[project.state], kind="closed")
    if not quiz.may_work(tx, project, account_id):
        return Nothing(why="Pass the quiz first, then work begins.", kind="quiz")
    return None


def _limited(tx: Transaction, project: Project, account_id: str, now: float) -> Nothing | None:
    limit = project.settings.daily_limit
    if limit and n_finished(tx, project.id, account_id, now - _DAY_S) >= limit:
        return Nothing(why=f"That was your {limit} for 24 hours. Come back tomorrow.", kind="limit")
    return None


def claim_item(
    tx: Transaction, project: Project, account_id: str, item_id: str, now: float
) -> Assignment | Nothing:
    """Give a person one item, such as the prompt that they brought, or say why not.

    What they are at is put aside and comes back afterwards.
    """
    take_turn(tx, account_id)
    barred = _barred(tx, project, account_id) or _limited(tx, project, account_id, now)
    if barred is not None:
        return barred
    item = lock_item(tx, project.id, item_id)
    mine = tx.number(
        "SELECT COUNT(*) FROM assignments WHERE item_id = :item AND account_id = :account",
        item=item_id,
        account=account_id,
    )
    if item is None or mine or not rows.make_room(tx, item, account_id, now):
        return Nothing(why="Others have this item already.", kind="waiting")
    rows.put_aside(tx, project.id, account_id, now)
    return _give(tx, project, item, account_id, "work", now)


def take_turn(tx: Transaction, account_id: str) -> None:
    """Let one request of a person wait for the other, such as those of two open windows."""
    tx.alone(f"queue {account_id}")


def n_finished(tx: Transaction, project_id: str, account_id: str, since: float) -> int:
    """Return how many items a person has finished since then."""
    return int(
        tx.number(
            "SELECT COUNT(*) FROM assignments WHERE project_id = :project"
            " AND account_id = :account AND state = 'done' AND purpose <> 'adjudication'"
            " AND done_at > :since",
            project=project_id,
            account=account_id,
            since=since,
        )
    )


def _again(tx: Transaction, mine: Assignment) -> Assignment:
    found = rows.by_id(tx, mine.project_id, mine.id, mine.account_id)
    return mine if found is None else found


def _what_was_begun(
    tx: Transaction, project: Project, account_id: str, now: float
) -> Assignment | None:
    """Return what a person had begun and was put aside or ran out, where it still has room."""
    begun = tx.all(
        Assignment,
        f"SELECT {rows.COLUMNS} FROM assignments JOIN items ON items.id = assignments.item_id"  # noqa: S608
        " WHERE assignments.project_id = :project AND assignments.account_id = :account"
        " AND assignments.state = 'expired' AND (items.state = 'open'"
        " OR (assignments.purpose = 'repeat' AND items.state = 'done'))"
        " ORDER BY assignments.seen_at DESC LIMIT 20",
        project=project.id,
        account=account_id,
    )
    for mine in begun:
        item = lock_item(tx, project.id, mine.item_id)
        if item is not None and rows.has_room_for(tx, item, mine, now):
            rows.set_open(tx, mine, now)
            return _again(tx, mine)
    return None


def _next(tx: Transaction, project: Project, account_id: str, now: float) -> Assignment | None:
    n_before = int(
        tx.number(
            "SELECT COUNT(*) FROM assignments WHERE project_id = :project"
            " AND account_id = :account AND purpose <> 'adjudication'",
            project=project.id,
            account=account_id,
        )
    )
    purpose = draw_purpose(project, account_id, n_before)
    item = None
    if purpose == "gold":
        item = _one_of(tx, project, gold_ids(tx, project.id, account_id), account_id, n_before)
    elif purpose == "repeat":
        item = _one_of(tx, project, old_ids(tx, project.id, account_id), account_id, n_before)
    if item is None:
        purpose, item = "work", next_item(tx, project, account_id, now)
    return None if item is None else _give(tx, project, item, account_id, purpose, now)


def _one_of(
    tx: Transaction, project: Project, ids: list[str], account_id: str, n_before: int
) -> Item | None:
    return item_by_id(tx, project.id, draw_one(ids, account_id, n_before)) if ids else None


def _give(
    tx: Transaction, project: Project, item: Item, account_id: str, purpose: Purpose, now: float
) -> Assignment:
    in_force = guidelines.newest(tx, project.id)
    mine = Assignment(
        id=new_id(),
        project_id=project.id,
        item_id=item.id,
        account_id=account_id,
        purpose=purpose,
        state="open",
        shown_order=_order(tx, project, item, account_id, purpose),
        guidelines=0 if in_force is None else in_force.version,
        draft="",
        skip_reason="",
        active_s=0.0,
        created_at=now,
        seen_at=now,
        leased_until=now + 60 * project.settings.lease_min,
        done_at=None,
    )
    tx.run(
        "INSERT INTO assignments (id, project_id, item_id, account_id, purpose, shown_order,"
        " guidelines, created_at, seen_at, leased_until) VALUES (:id, :project, :item, :account,"
        " :purpose, :shown_order, :guidelines, :now, :now, :leased_until)",
        id=mine.id,
        project=project.id,
        item=item.id,
        account=account_id,
        purpose=purpose,
        shown_order=mine.shown_order,
        guidelines=mine.guidelines,
        now=now,
        leased_until=mine.leased_until,
    )
    return mine


class _Candidates(msgspec.Struct, frozen=True):
    candidates: tuple[msgspec.Raw, ...] = ()


def _order(tx: Transaction, project: Project, item: Item, account_id: str, purpose: Purpose) -> str:
    if project.kind != "rate":
        return "[]"
    if purpose == "repeat":
        before = tx.texts(
            "SELECT shown_order FROM assignments WHERE item_id = :item"
            " AND account_id = :account AND purpose = 'work'",
            item=item.id,
            account=account_id,
        )
        seen = msgspec.json.decode(before[0], type=tuple[int, ...])
        order = other_order(seen, item.id, account_id)
    else:
        n_candidates = len(msgspec.json.decode(item.body, type=_Candidates).candidates)
        order = draw_order(n_candidates, item.id, account_id)
    return msgspec.json.encode(order).decode()


def _none_left(tx: Transaction, project: Project, account_id: str) -> Nothing:
    held_by_others = tx.number(
        "SELECT COUNT(*) FROM items WHERE project_id = :project AND state = 'open'"
        " AND gold IS NULL AND NOT EXISTS (SELECT 1 FROM assignments"
        " WHERE assignments.item_id = items.id AND assignments.account_id = :account)",
        project=project.id,
        account=account_id,
    )
    if held_by_others:
        return Nothing(
            why="Others are at the last items. Look again in a while: some may come back.",
            kind="waiting",
        )
    return Nothing(why="Nothing is left for you to do here. Thank you.", kind="finished")
