"""Progress: what is done of what is wanted, counted by the database as it is now."""

import msgspec

from etude.records import Message
from etude.web.database import Transaction
from etude.web.queue.item import much_skipped

_SHOWN = 12


class Totals(msgspec.Struct, frozen=True, kw_only=True):
    """How far a project or a batch is."""

    batch: str = ""
    n_items: int
    n_finished: int
    """Items that need nobody any more."""
    n_gold: int
    n_withdrawn: int
    n_wanted: int
    """Turns that are wanted in all, gold items left out."""
    n_done: int
    """Turns of these that were finished."""

    @property
    def share(self) -> float:
        """Share of the wanted turns that is done."""
        return min(1.0, self.n_done / self.n_wanted) if self.n_wanted else 0.0


class Person(msgspec.Struct, frozen=True, kw_only=True):
    """What one person did."""

    account_id: str
    name: str
    pseudonym: str
    n_done: int
    n_skipped: int
    n_open: int
    last_at: float | None


class Slow(msgspec.Struct, frozen=True, kw_only=True):
    """An item that waits, or that several would not do."""

    item_id: str
    excerpt: str
    n_done: int = 0
    wanted: int = 0
    since: float = 0.0
    reasons: tuple[str, ...] = ()


_TOTALS = (
    "COUNT(*) AS n_items,"
    " COALESCE(SUM(CASE WHEN state = 'done' THEN 1 ELSE 0 END), 0) AS n_finished,"
    " COALESCE(SUM(CASE WHEN gold IS NOT NULL AND state <> 'withdrawn' THEN 1 ELSE 0 END), 0)"
    " AS n_gold,"
    " COALESCE(SUM(CASE WHEN state = 'withdrawn' THEN 1 ELSE 0 END), 0) AS n_withdrawn,"
    " COALESCE(SUM(CASE WHEN gold IS NULL AND state <> 'withdrawn' THEN wanted ELSE 0 END), 0)"
    " AS n_wanted,"
    " COALESCE(SUM(CASE WHEN gold IS NULL AND state <> 'withdrawn' THEN"
    " CASE WHEN n_done < wanted THEN n_done ELSE wanted END ELSE 0 END), 0) AS n_done"
    " FROM items WHERE project_id = :project"
)


def totals(tx: Transaction, project_id: str) -> Totals:
    """Return how far a project is."""
    found = tx.one(Totals, f"SELECT {_TOTALS}", project=project_id)
    return found or Totals(n_items=0, n_finished=0, n_gold=0, n_withdrawn=0, n_wanted=0, n_done=0)


def batches(tx: Transaction, project_id: str) -> list[Totals]:
    """Return how far each batch is, in the order in which they are handed out."""
    return tx.all(
        Totals,
        f"SELECT batch, {_TOTALS} GROUP BY batch ORDER BY MIN(place), batch",
        project=project_id,
    )


def people(tx: Transaction, project_id: str) -> list[Person]:
    """Return what each person did, who did most first."""
    return tx.all(
        Person,
        "SELECT done.*, accounts.name, accounts.pseudonym FROM ("
        " SELECT account_id,"
        " SUM(CASE WHEN state = 'done' THEN 1 ELSE 0 END) AS n_done,"
        " SUM(CASE WHEN state = 'skipped' THEN 1 ELSE 0 END) AS n_skipped,"
        " SUM(CASE WHEN state = 'open' THEN 1 ELSE 0 END) AS n_open,"
        " MAX(done_at) AS last_at"
        " FROM assignments WHERE project_id = :project AND purpose <> 'adjudication'"
        " GROUP BY account_id) AS done JOIN accounts ON accounts.id = done.account_id"
        " ORDER BY done.n_done DESC, accounts.pseudonym",
        project=project_id,
    )


def waiting(tx: Transaction, project_id: str) -> list[Slow]:
    """Return items that some have done and others have not, first those handed out first."""
    rows = tx.all(
        _Waiting,
        # The limit comes first: looking through all turns of all items takes long.
        "SELECT begun.id, begun.body, begun.n_done, begun.wanted,"
        " COALESCE((SELECT MIN(done_at) FROM assignments WHERE item_id = begun.id"
        " AND state = 'done'), begun.created_at) AS since"
        " FROM (SELECT id, body, n_done, wanted, created_at, place FROM items"
        " WHERE project_id = :project AND state = 'open' AND gold IS NULL AND n_done > 0"
        " ORDER BY place, id LIMIT :most) AS begun ORDER BY begun.place, begun.id",
        project=project_id,
        most=_SHOWN,
    )
    return [
        Slow(
            item_id=row.id,
            excerpt=excerpt(row.body),
            n_done=row.n_done,
            wanted=row.wanted,
            since=row.since,
        )
        for row in rows
    ]


def skipped(tx: Transaction, project_id: str) -> list[Slow]:
    """Return items that two or more would not do, with their reasons."""
    found = much_skipped(tx, project_id)[:_SHOWN]
    return [
        Slow(item_id=one.item_id, excerpt=excerpt(body[0]), reasons=one.reasons)
        for one in found
        for body in [
            tx.texts(
                "SELECT body FROM items WHERE id = :id AND project_id = :project",
                id=one.item_id,
                project=project_id,
            )
        ]
        if body
    ]


def stamp(tx: Transaction, project_id: str) -> str:
    """Return a text that changes with whatever figures are worked out from."""
    found = tx.one(
        _Stamp,
        "SELECT (SELECT COUNT(*) FROM ratings WHERE project_id = :project) AS n_ratings,"
        " (SELECT COUNT(*) FROM ratings WHERE project_id = :project AND withdrawn_at IS NOT NULL)"
        " AS n_withdrawn,"
        " (SELECT COALESCE(MAX(created_at), 0) FROM ratings WHERE project_id = :project)"
        " AS newest,"
        " (SELECT COUNT(*) FROM writings WHERE project_id = :project) AS n_writings,"
        " (SELECT COUNT(*) FROM reviews WHERE project_id = :project) AS n_reviews,"
        " (SELECT COUNT(*) FROM items WHERE project_id = :project AND state <> 'withdrawn')"
        " AS n_items",
        project=project_id,
    )
    return msgspec.json.encode(found).decode()


class _Waiting(msgspec.Struct, frozen=True):
    id: str
    body: str
    n_done: int
    wanted: int
    since: float


class _Stamp(msgspec.Struct, frozen=True):
    n_ratings: int
    n_withdrawn: int
    newest: float
    n_writings: int
    n_reviews: int
    n_items: int


class _Prompt(msgspec.Struct, frozen=True):
    prompt: tuple[Message, ...] = ()


def excerpt(body: str) -> str:
    """Return the beginning of what an item asks."""
    prompt = msgspec.json.decode(body, type=_Prompt).prompt
    said = next((one.content for one in reversed(prompt) if one.role == "user"), "")
    line = " ".join(said[:600].split())
    return line if len(line) <= 140 else f"{line[:140]}…"
