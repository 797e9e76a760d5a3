"""Choosing: which items a person may get.

Whoever changes who is at an item holds the item's row. PostgreSQL skips rows that others hold, so
people who ask at the same time get different items without waiting for each other; the writers of
SQLite take turns.
"""

from etude.web.database import Transaction
from etude.web.projects.project import Project
from etude.web.queue._assigned import make_room
from etude.web.queue.drawing import REPEAT_AFTER
from etude.web.queue.item import COLUMNS, Item, item_by_id


def gold_ids(tx: Transaction, project_id: str, account_id: str) -> list[str]:
    """Return the gold items that a person has not seen."""
    return tx.texts(
        "SELECT id FROM items WHERE project_id = :project AND state = 'open'"
        " AND gold IS NOT NULL AND NOT EXISTS (SELECT 1 FROM assignments"
        " WHERE assignments.item_id = items.id AND assignments.account_id = :account)",
        project=project_id,
        account=account_id,
    )


def old_ids(tx: Transaction, project_id: str, account_id: str) -> list[str]:
    """Return the items of a person that are long enough ago to be repeated."""
    return tx.texts(
        "SELECT mine.item_id FROM assignments AS mine JOIN items ON items.id = mine.item_id"
        " WHERE mine.project_id = :project AND mine.account_id = :account"
        " AND mine.purpose = 'work' AND mine.state = 'done' AND items.state <> 'withdrawn'"
        " AND (SELECT COUNT(*) FROM assignments AS later WHERE later.project_id = :project"
        " AND later.account_id = :account AND later.state = 'done'"
        " AND later.done_at > mine.done_at) >= :gap"
        " AND NOT EXISTS (SELECT 1 FROM assignments AS again WHERE again.item_id = mine.item_id"
        " AND again.account_id = :account AND again.purpose = 'repeat')",
        project=project_id,
        account=account_id,
        gap=REPEAT_AFTER,
    )


_OPEN_TO_ME = (
    f"SELECT {COLUMNS} FROM items WHERE items.project_id = :project"  # noqa: S608
    " AND items.state = 'open' AND items.gold IS NULL"
    " AND items.wanted > items.n_done + (SELECT COUNT(*) FROM assignments AS held"
    " WHERE held.item_id = items.id AND held.state = 'open' AND held.purpose = 'work'"
    " AND held.leased_until > :now)"
    " AND NOT EXISTS (SELECT 1 FROM assignments AS mine WHERE mine.item_id = items.id"
    " AND mine.account_id = :account)"
    " AND items.body NOT LIKE :own AND (items.place > :place"
    " OR (items.place = :place AND items.id > :after))"
    " ORDER BY items.place, items.id LIMIT 1"
)


def next_item(tx: Transaction, project: Project, account_id: str, now: float) -> Item | None:
    """Return the first item with room for a person, held; first past those that others hold."""
    ways = (
        (" FOR NO KEY UPDATE SKIP LOCKED", " FOR NO KEY UPDATE")
        if tx.dialect == "postgresql"
        else ("",)
    )
    own = tx.texts("SELECT pseudonym FROM accounts WHERE id = :id", id=account_id)
    for way in ways:
        place, after = -1, ""
        while True:
            found = tx.one(
                Item,
                _OPEN_TO_ME + way,
                project=project.id,
                account=account_id,
                now=now,
                own=f'%"source":"{own[0] if own else ""}"%' if own else "",
                place=place,
                after=after,
            )
            if found is None:
                break
            # Seen anew: someone may have been given it between the search and the lock.
            fresh = item_by_id(tx, project.id, found.id)
            if fresh is not None and make_room(tx, fresh, account_id, now):
                return fresh
            place, after = found.place, found.id
    return None
