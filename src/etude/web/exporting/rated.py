"""What was rated: comparisons and every single rating that stands, under pseudonyms."""

import datetime

import msgspec

from etude.records import Comparison, Rating
from etude.web.database import Transaction


class _Item(msgspec.Struct, frozen=True):
    id: str
    body: str
    gold: int | None
    state: str


class _Rated(msgspec.Struct, frozen=True):
    id: str
    item_id: str
    body: str
    pseudonym: str
    created_at: float


class RatedRows(msgspec.Struct, frozen=True, kw_only=True):
    """Rows as one moment had them; reading them is left for after the transaction."""

    items: list[_Item]
    ratings: list[_Rated]
    n_withdrawn: int
    """Ratings that their raters took back."""


class Rated(msgspec.Struct, frozen=True, kw_only=True):
    """Comparisons and their ratings."""

    comparisons: list[Comparison]
    ratings: list[Rating]
    item_of: dict[str, str]
    """Id of the item by that of its comparison."""
    dropped: dict[str, int]
    """Items that are no comparison, by reason."""
    left_out: dict[str, int]
    """Ratings that are not among them, by reason."""


def read_rows(tx: Transaction, project_id: str) -> RatedRows:
    """Return everything that was rated in a project."""
    return RatedRows(
        items=tx.all(
            _Item,
            "SELECT id, body, gold, state FROM items WHERE project_id = :project"
            " ORDER BY place, id",
            project=project_id,
        ),
        ratings=tx.all(
            _Rated,
            "SELECT ratings.id, ratings.item_id, ratings.body, accounts.pseudonym,"
            " ratings.created_at FROM ratings JOIN accounts ON accounts.id = ratings.account_id"
            " WHERE ratings.project_id = :project AND ratings.withdrawn_at IS NULL"
            " ORDER BY ratings.created_at, ratings.id",
            project=project_id,
        ),
        n_withdrawn=int(
            tx.number(
                "SELECT COUNT(*) FROM ratings WHERE project_id = :project"
                " AND withdrawn_at IS NOT NULL",
                project=project_id,
            )
        ),
    )


def read_rated(rows: RatedRows) -> Rated:
    """Return rows as records. Whoever rated is named as their account has it, whatever was kept."""
    comparisons: dict[str, Comparison] = {}
    name_of: dict[str, str] = {}
    dropped = {"withdrawn": 0, "without answers": 0}
    for item in rows.items:
        comparison = msgspec.json.decode(item.body, type=Comparison)
        if item.state == "withdrawn":
            dropped["withdrawn"] += 1
        elif len(comparison.candidates) < 2:
            dropped["without answers"] += 1
        else:
            # The same comparison may have been added twice; ids tell rows apart.
            name = (
                comparison.id if comparison.id not in comparisons else f"{comparison.id}~{item.id}"
            )
            comparisons[name] = msgspec.structs.replace(comparison, id=name, gold=item.gold)
            name_of[item.id] = name
    ratings = [
        msgspec.structs.replace(
            rating,
            id=row.id,
            comparison_id=name_of[row.item_id],
            rater=row.pseudonym,
            created=rating.created or _iso(row.created_at),
        )
        for row in rows.ratings
        if row.item_id in name_of
        for rating in [msgspec.json.decode(row.body, type=Rating)]
    ]
    left_out = {
        "taken back": rows.n_withdrawn,
        "of items that were withdrawn": len(rows.ratings) - len(ratings),
    }
    return Rated(
        comparisons=list(comparisons.values()),
        ratings=ratings,
        item_of={name: item for item, name in name_of.items()},
        dropped={why: n for why, n in dropped.items() if n},
        left_out={why: n for why, n in left_out.items() if n},
    )


def _iso(seconds: float) -> str:
    return datetime.datetime.fromtimestamp(seconds, datetime.UTC).isoformat(timespec="milliseconds")
