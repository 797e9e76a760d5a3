"""The items of a project as its lead sees them: found, withdrawn, moved, marked as gold."""

from collections.abc import Sequence
from typing import Literal, get_args

import msgspec

from etude.errors import ConfigError
from etude.web.database import Transaction
from etude.web.people import audit
from etude.web.queue import item as queue_items
from etude.web.queue.item import COLUMNS, Item, lock_item

PER_PAGE = 50
Action = Literal["withdraw", "restore", "first", "last"]
ACTIONS: tuple[Action, ...] = get_args(Action)


class Search(msgspec.Struct, frozen=True, kw_only=True):
    """Which items are asked for."""

    state: str = ""
    """`open`, `done`, `withdrawn`, `gold`; empty for all."""
    words: str = ""
    """Text that they hold."""
    batch: str = ""
    start: int = 0


class Batch(msgspec.Struct, frozen=True, kw_only=True):
    """Items that were added together."""

    batch: str
    n_items: int
    n_done: int
    n_withdrawn: int
    least: int
    """People for each item, where they differ the least of them."""
    most: int
    added_at: float


_WHERE = (
    " FROM items WHERE project_id = :project AND (:batch = '' OR batch = :batch)"
    " AND (:state = '' OR state = :state OR (:state = 'gold' AND gold IS NOT NULL))"
    " AND lower(body) LIKE :like ESCAPE '!'"
)


def _values(project_id: str, search: Search) -> dict[str, str | int]:
    inside = msgspec.json.encode(search.words.strip()).decode()[1:-1].lower()
    for sign in "!%_":
        inside = inside.replace(sign, f"!{sign}")
    return {
        "project": project_id,
        "batch": search.batch,
        "state": search.state,
        "like": f"%{inside}%",
    }


def find(tx: Transaction, project_id: str, search: Search) -> list[Item]:
    """Return a page of items, those first that are handed out first."""
    return tx.all(
        Item,
        f"SELECT {COLUMNS}{_WHERE} ORDER BY place, id LIMIT :limit OFFSET :start",
        **_values(project_id, search),
        limit=PER_PAGE,
        start=search.start,
    )


def count(tx: Transaction, project_id: str, search: Search) -> int:
    """Return how many items there are of those asked for."""
    return int(tx.number(f"SELECT COUNT(*){_WHERE}", **_values(project_id, search)))


def batches(tx: Transaction, project_id: str) -> list[Batch]:
    """Return the batches of a project, the newest first."""
    return tx.all(
        Batch,
        "SELECT batch, COUNT(*) AS n_items,"
        " SUM(CASE WHEN state = 'done' THEN 1 ELSE 0 END) AS n_done,"
        " SUM(CASE WHEN state = 'withdrawn' THEN 1 ELSE 0 END) AS n_withdrawn,"
        " MIN(wanted) AS least, MAX(wanted) AS most, MIN(created_at) AS added_at"
        " FROM items WHERE project_id = :project GROUP BY batch ORDER BY added_at DESC, batch",
        project=project_id,
    )


def ids_of_batch(tx: Transaction, project_id: str, batch: str) -> list[str]:
    """Return the ids of a batch, in order."""
    return tx.texts(
        "SELECT id FROM items WHERE project_id = :project AND batch = :batch ORDER BY place, id",
        project=project_id,
        batch=batch,
    )


def change(
    tx: Transaction, project_id: str, ids: Sequence[str], action: Action, *, by: str, now: float
) -> int:
    """Withdraw, restore or move items; return how many of them are the project's."""
    places = {
        "first": int(tx.number(_EDGE.format("MIN"), project=project_id)) - len(ids),
        "last": int(tx.number(_EDGE.format("MAX"), project=project_id)) + 1,
    }
    n = 0
    for number, item_id in enumerate(ids):
        if lock_item(tx, project_id, item_id) is None:
            continue
        n += 1
        if action in places:
            queue_items.set_place(tx, project_id, item_id, places[action] + number)
        else:
            queue_items.set_withdrawn(tx, project_id, item_id, withdrawn=action == "withdraw")
    if n:
        _note(tx, f"items.{action}", project_id, _named(ids), f"{n} items", (by, now))
    return n


_EDGE = "SELECT {}(place) FROM items WHERE project_id = :project"


def set_overlap(
    tx: Transaction, project_id: str, ids: Sequence[str], wanted: int, *, by: str, now: float
) -> int:
    """Change how many people items are given to; return how many of them are the project's.

    Raises:
        ConfigError: It is not 1 to 50.
    """
    if not 1 <= wanted <= 50:
        raise ConfigError("an item is given to 1 to 50 people")
    n = 0
    for item_id in ids:
        if lock_item(tx, project_id, item_id) is not None:
            queue_items.set_wanted(tx, project_id, item_id, wanted)
            n += 1
    if n:
        _note(tx, "items.overlap", project_id, _named(ids), f"{n} items: {wanted}", (by, now))
    return n


def mark_gold(
    tx: Transaction, project_id: str, item_id: str, best: int | None, *, by: str, now: float
) -> bool:
    """Say which answer of an item is known to be best, or that none is; `False` if it is not there.

    Gold items test raters: everybody gets them once, and they are never done.

    Raises:
        ConfigError: It has no such answer.
    """
    item = lock_item(tx, project_id, item_id)
    if item is None:
        return False
    body = item.comparison()
    if best is not None and not 0 <= best < len(body.candidates):
        raise ConfigError(f"the item has {len(body.candidates)} answers")
    tx.run(
        "UPDATE items SET gold = :gold, body = :body, state = CASE WHEN state = 'withdrawn'"
        " THEN state WHEN :known = 0 AND n_done >= wanted THEN 'done' ELSE 'open' END"
        " WHERE id = :id AND project_id = :project",
        gold=best,
        known=int(best is not None),
        body=msgspec.json.encode(msgspec.structs.replace(body, gold=best)).decode(),
        id=item_id,
        project=project_id,
    )
    said = "none" if best is None else f"answer {best + 1}"
    _note(tx, "items.gold", project_id, item_id, said, (by, now))
    return True


def _named(ids: Sequence[str]) -> str:
    return ids[0] if len(ids) == 1 else f"{ids[0]} …"


def _note(
    tx: Transaction,
    action: str,
    project_id: str,
    subject: str,
    detail: str,
    whose: tuple[str, float],
) -> None:
    by, now = whose
    audit.note(
        tx, action, now=now, account_id=by, project_id=project_id, subject=subject, detail=detail
    )
