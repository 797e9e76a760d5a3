"""Item: one prompt to write for, or one comparison to rate, and how many people it still needs."""

from collections.abc import Sequence
from typing import Literal, TypeVar

import msgspec

from etude.errors import ConfigError
from etude.records import Comparison, Message
from etude.web.database import Transaction, new_id
from etude.web.projects.project import Project

ItemState = Literal["open", "done", "withdrawn"]


class WriteItem(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What a writer starts from."""

    prompt: tuple[Message, ...]
    draft: tuple[Message, ...] = ()
    """What a model wrote first."""
    draft_source: str = ""
    """What wrote the draft, such as a model's name."""
    tags: dict[str, str] = {}


_BodyT = TypeVar("_BodyT", Comparison, WriteItem)


class Item(msgspec.Struct, frozen=True, kw_only=True):
    """One item of a project's queue."""

    id: str
    project_id: str
    place: int
    """Items of lower places are handed out first."""
    body: str
    """JSON of a `WriteItem` or a `records.Comparison`, by the project's kind."""
    gold: int | None
    """Place of the candidate that is known to be best. Gold items are mixed in by the share in the
    settings, once to everybody, and are never done."""
    wanted: int
    """People it is to be given to."""
    n_done: int
    """People who have finished it, repeats not counted."""
    state: ItemState
    batch: str
    """What it was added with."""
    created_at: float

    def comparison(self) -> Comparison:
        """Return what is to be rated.

        Raises:
            ConfigError: The item is of another kind.
        """
        return self._read(Comparison)

    def writing(self) -> WriteItem:
        """Return what is to be written for.

        Raises:
            ConfigError: The item is of another kind.
        """
        return self._read(WriteItem)

    def _read(self, kind: type[_BodyT]) -> _BodyT:
        try:
            return msgspec.json.decode(self.body, type=kind)
        except msgspec.DecodeError as error:
            raise ConfigError(f"item {self.id} is no {kind.__name__}: {error}") from error


COLUMNS = (
    "items.id, items.project_id, items.place, items.body, items.gold, items.wanted,"
    " items.n_done, items.state, items.batch, items.created_at"
)


def add_items(
    tx: Transaction,
    project: Project,
    bodies: Sequence[Comparison | WriteItem],
    *,
    batch: str = "",
    now: float,
) -> list[str]:
    """Add items behind those that are there; return their ids.

    Args:
        tx: A writing transaction.
        project: Whose; its overlap says how many people each is given to.
        bodies: Comparisons for a rate project, write items for a write project. A comparison
            without candidates gets answers of the project's models when it is first opened.
        batch: What they were added with, such as the name of a file.
        now: The time.

    Raises:
        ConfigError: One is of the wrong kind, asks nothing, or has one candidate or more than 5.
    """
    place = int(tx.number("SELECT MAX(place) FROM items WHERE project_id = :id", id=project.id))
    ids = []
    for number, body in enumerate(bodies, 1):
        _check(project, body, number)
        ids.append(new_id())
        gold = body.gold if isinstance(body, Comparison) else None
        tx.run(
            "INSERT INTO items (id, project_id, place, body, gold, wanted, batch, created_at)"
            " VALUES (:id, :project, :place, :body, :gold, :wanted, :batch, :now)",
            id=ids[-1],
            project=project.id,
            place=place + number,
            body=msgspec.json.encode(body).decode(),
            gold=gold,
            wanted=project.settings.overlap,
            batch=batch[:200],
            now=now,
        )
    return ids


def _check(project: Project, body: Comparison | WriteItem, number: int) -> None:
    where = f"item {number}"
    if isinstance(body, Comparison) != (project.kind == "rate"):
        raise ConfigError(f"{where} does not fit a project that asks people to {project.kind}")
    if not body.prompt:
        raise ConfigError(f"{where} has no prompt")
    if isinstance(body, Comparison):
        n_candidates = len(body.candidates)
        if n_candidates == 1 or n_candidates > 5:
            raise ConfigError(f"{where} has {n_candidates} answers; two to five can be compared")
        if body.gold is not None and not 0 <= body.gold < n_candidates:
            raise ConfigError(f"{where} names answer {body.gold} as best and has {n_candidates}")


def item_by_id(tx: Transaction, project_id: str, item_id: str) -> Item | None:
    """Return an item of a project."""
    return tx.one(
        Item,
        f"SELECT {COLUMNS} FROM items WHERE id = :id AND project_id = :project",  # noqa: S608
        id=item_id,
        project=project_id,
    )


def lock_item(tx: Transaction, project_id: str, item_id: str) -> Item | None:
    """Return an item as it is now, and keep others from changing who is at it."""
    for_update = " FOR NO KEY UPDATE" if tx.dialect == "postgresql" else ""
    return tx.one(
        Item,
        f"SELECT {COLUMNS} FROM items WHERE id = :id AND project_id = :project{for_update}",  # noqa: S608
        id=item_id,
        project=project_id,
    )


def set_wanted(tx: Transaction, project_id: str, item_id: str, wanted: int) -> None:
    """Change how many people an item is given to; it is done or open again accordingly."""
    tx.run(
        "UPDATE items SET wanted = :wanted, state = CASE WHEN state = 'withdrawn' THEN state"
        " WHEN gold IS NULL AND n_done >= :wanted THEN 'done' ELSE 'open' END"
        " WHERE id = :id AND project_id = :project",
        wanted=max(1, min(50, wanted)),
        id=item_id,
        project=project_id,
    )


def set_withdrawn(tx: Transaction, project_id: str, item_id: str, *, withdrawn: bool) -> None:
    """Take an item out of the queue, or put it back; what was made of it stays."""
    tx.run(
        "UPDATE items SET state = CASE WHEN :withdrawn = 1 THEN 'withdrawn'"
        " WHEN gold IS NULL AND n_done >= wanted THEN 'done' ELSE 'open' END"
        " WHERE id = :id AND project_id = :project",
        withdrawn=int(withdrawn),
        id=item_id,
        project=project_id,
    )


def set_place(tx: Transaction, project_id: str, item_id: str, place: int) -> None:
    """Hand an item out earlier or later."""
    tx.run(
        "UPDATE items SET place = :place WHERE id = :id AND project_id = :project",
        place=place,
        id=item_id,
        project=project_id,
    )


class Skipped(msgspec.Struct, frozen=True, kw_only=True):
    """An item that several people would not do."""

    item_id: str
    n_skips: int
    reasons: tuple[str, ...]


class _Skip(msgspec.Struct, frozen=True):
    item_id: str
    skip_reason: str


def much_skipped(tx: Transaction, project_id: str, at_least: int = 2) -> list[Skipped]:
    """Return the items that at least so many people skipped, the most skipped first."""
    rows = tx.all(
        _Skip,
        "SELECT item_id, skip_reason FROM assignments WHERE project_id = :project"
        " AND state = 'skipped' ORDER BY done_at, id",
        project=project_id,
    )
    reasons: dict[str, list[str]] = {}
    for row in rows:
        reasons.setdefault(row.item_id, []).append(row.skip_reason)
    found = [
        Skipped(item_id=item_id, n_skips=len(said), reasons=tuple(said))
        for item_id, said in reasons.items()
        if len(said) >= at_least
    ]
    return sorted(found, key=lambda skipped: (-skipped.n_skips, skipped.item_id))
