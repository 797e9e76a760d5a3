"""What was written: the last version of each piece of work, with what reviewers said of it."""

from collections import Counter, defaultdict

import msgspec

from etude.records import Demonstration, ReviewState
from etude.web.database import Transaction
from etude.web.writing.writings import Comments

REVIEWS: tuple[ReviewState, ...] = ("accepted", "unreviewed", "sent_back", "rejected")
"""States of review that demonstrations can be exported in."""


class _Version(msgspec.Struct, frozen=True):
    id: str
    assignment_id: str
    body: str
    state: str
    item_state: str
    pseudonym: str


class _Review(msgspec.Struct, frozen=True):
    writing_id: str
    assignment_id: str
    comments: str
    pseudonym: str


class WrittenRows(msgspec.Struct, frozen=True, kw_only=True):
    """Rows as one moment had them; reading them is left for after the transaction."""

    versions: list[_Version]
    """In the order in which they were handed in."""
    reviews: list[_Review]
    """The oldest first."""


class Written(msgspec.Struct, frozen=True, kw_only=True):
    """Demonstrations, and what became of the rest."""

    demonstrations: list[Demonstration]
    n_works: int
    dropped: dict[str, int]
    """Pieces of work that are no demonstration, by reason."""
    n_versions: dict[str, int]
    """All versions that were handed in, by what became of them."""


def read_rows(tx: Transaction, project_id: str) -> WrittenRows:
    """Return everything that was written in a project."""
    return WrittenRows(
        versions=tx.all(
            _Version,
            "SELECT writings.id, writings.assignment_id, writings.body, writings.state,"
            " items.state AS item_state, accounts.pseudonym FROM writings"
            " JOIN accounts ON accounts.id = writings.account_id"
            " JOIN items ON items.id = writings.item_id"
            " WHERE writings.project_id = :project"
            " ORDER BY items.place, writings.assignment_id, writings.version",
            project=project_id,
        ),
        reviews=tx.all(
            _Review,
            "SELECT reviews.writing_id, writings.assignment_id, reviews.comments,"
            " accounts.pseudonym FROM reviews"
            " JOIN writings ON writings.id = reviews.writing_id"
            " JOIN accounts ON accounts.id = reviews.account_id"
            " WHERE reviews.project_id = :project ORDER BY reviews.created_at, reviews.id",
            project=project_id,
        ),
    )


def read_written(rows: WrittenRows, reviews: tuple[str, ...]) -> Written:
    """Return the last version of each piece of work, where its review is among `reviews`."""
    last: dict[str, _Version] = {}
    count: Counter[str] = Counter()
    for version in rows.versions:
        last[version.assignment_id] = version
        count[version.assignment_id] += 1
    said: dict[str, list[_Review]] = defaultdict(list)
    for review in rows.reviews:
        said[review.assignment_id].append(review)
    dropped: Counter[str] = Counter()
    made: list[Demonstration] = []
    for work, version in last.items():
        if version.item_state == "withdrawn" and version.state in reviews:
            dropped["of an item that was withdrawn"] += 1
        elif version.state not in reviews:
            dropped[version.state.replace("_", " ")] += 1
        else:
            made.append(_demonstration(version, said[work], count[work]))
    return Written(
        demonstrations=made,
        n_works=len(last),
        dropped=dict(sorted(dropped.items())),
        n_versions=dict(sorted(Counter(version.state for version in rows.versions).items())),
    )


def _demonstration(version: _Version, reviews: list[_Review], n_versions: int) -> Demonstration:
    handed_in = msgspec.json.decode(version.body, type=Demonstration)
    comments = [
        line
        for review in reviews
        for line in msgspec.json.decode(review.comments, type=Comments).lines()
    ]
    return msgspec.structs.replace(
        handed_in,
        id=version.assignment_id,
        writer=version.pseudonym,
        review=next(state for state in REVIEWS if state == version.state),
        reviewer=reviews[-1].pseudonym if reviews else "",
        comments=tuple(comments),
        tags={**handed_in.tags, "versions": str(n_versions)},
    )
