"""Writings: every version that was handed in, and what reviewers said of each."""

from collections.abc import Sequence
from typing import Literal

import msgspec

from etude.records import Demonstration
from etude.web.database import Transaction

WritingState = Literal["unreviewed", "accepted", "sent_back", "rejected", "replaced", "withdrawn"]
Verdict = Literal["accepted", "sent_back", "rejected"]
COLUMNS = (
    "writings.id, writings.assignment_id, writings.project_id, writings.item_id,"
    " writings.account_id, writings.version, writings.body, writings.state, writings.created_at,"
    " accounts.pseudonym AS writer"
)
_FROM = "FROM writings JOIN accounts ON accounts.id = writings.account_id"
_LAST = (
    "writings.version = (SELECT MAX(other.version) FROM writings AS other"
    " WHERE other.assignment_id = writings.assignment_id)"
)


class Writing(msgspec.Struct, frozen=True, kw_only=True):
    """One version of one piece of work."""

    id: str
    assignment_id: str
    project_id: str
    item_id: str
    account_id: str
    version: int
    body: str
    """JSON of a `records.Demonstration`, as it was handed in; what came of it stands beside it."""
    state: WritingState
    """`replaced`: a later version stands in its stead. `withdrawn`: its writer took it back."""
    created_at: float
    writer: str
    """Pseudonym."""

    def demonstration(self) -> Demonstration:
        """Return what was handed in."""
        return msgspec.json.decode(self.body, type=Demonstration)


class Comments(msgspec.Struct, frozen=True, kw_only=True):
    """What a reviewer says to a writer."""

    general: str = ""
    turns: dict[str, str] = {}
    """By place of the message in the demonstration, counted from 0."""
    corrected: bool = False
    """Whether the reviewer mended small things, which a further version holds."""

    def lines(self) -> tuple[str, ...]:
        """Return all comments as lines of a record; there, messages are counted from 1."""
        at = [f"message {int(place) + 1}: {text}" for place, text in self.turns.items()]
        return tuple(text for text in (self.general, *at) if text)


class Review(msgspec.Struct, frozen=True, kw_only=True):
    """One reviewer's verdict on one version."""

    writing_id: str
    verdict: Verdict
    comments: str
    created_at: float
    reviewer: str
    """Pseudonym."""

    def said(self) -> Comments:
        """Return the comments."""
        return msgspec.json.decode(self.comments, type=Comments)


_REVIEW = (
    "SELECT reviews.writing_id, reviews.verdict, reviews.comments, reviews.created_at,"
    " accounts.pseudonym AS reviewer FROM reviews"
    " JOIN accounts ON accounts.id = reviews.account_id"
)


def by_id(tx: Transaction, project_id: str, writing_id: str) -> Writing | None:
    """Return a writing of a project."""
    return tx.one(
        Writing,
        f"SELECT {COLUMNS} {_FROM} WHERE writings.id = :id AND writings.project_id = :project",
        id=writing_id,
        project=project_id,
    )


def versions(tx: Transaction, assignment_id: str) -> list[Writing]:
    """Return all versions of one piece of work, the first one first."""
    return tx.all(
        Writing,
        f"SELECT {COLUMNS} {_FROM} WHERE writings.assignment_id = :assignment"
        " ORDER BY writings.version",
        assignment=assignment_id,
    )


def last_of(tx: Transaction, assignment_id: str) -> Writing | None:
    """Return the newest version of one piece of work."""
    return tx.one(
        Writing,
        f"SELECT {COLUMNS} {_FROM} WHERE writings.assignment_id = :assignment AND {_LAST}",
        assignment=assignment_id,
    )


def review_of(tx: Transaction, writing_id: str) -> Review | None:
    """Return what was decided of a version."""
    return tx.one(Review, f"{_REVIEW} WHERE reviews.writing_id = :id", id=writing_id)


def reviews_of(tx: Transaction, assignment_id: str) -> dict[str, Review]:
    """Return the verdicts on all versions of one piece of work, by the version's id."""
    found = tx.all(
        Review,
        f"{_REVIEW} JOIN writings ON writings.id = reviews.writing_id"
        " WHERE writings.assignment_id = :assignment ORDER BY writings.version",
        assignment=assignment_id,
    )
    return {review.writing_id: review for review in found}


def sent_back_to(tx: Transaction, project_id: str, account_id: str) -> Writing | None:
    """Return what was sent back to a writer and they have not opened yet, the oldest first."""
    return tx.one(
        Writing,
        f"SELECT {COLUMNS} {_FROM} JOIN assignments ON assignments.id = writings.assignment_id"
        " JOIN items ON items.id = writings.item_id AND items.state <> 'withdrawn'"
        " WHERE writings.project_id = :project AND writings.account_id = :account"
        f" AND writings.state = 'sent_back' AND assignments.state = 'done' AND {_LAST}"
        " ORDER BY writings.created_at, writings.id LIMIT 1",
        project=project_id,
        account=account_id,
    )


def n_sent_back(tx: Transaction, project_id: str, account_id: str) -> int:
    """Return how many pieces wait for their writer to mend them."""
    return int(
        tx.number(
            "SELECT COUNT(*) FROM writings JOIN assignments"
            " ON assignments.id = writings.assignment_id WHERE writings.project_id = :project"
            " AND writings.account_id = :account AND writings.state = 'sent_back'"
            " AND assignments.state IN ('done', 'open', 'expired')",
            project=project_id,
            account=account_id,
        )
    )


def standing(
    tx: Transaction, project_id: str, states: Sequence[WritingState] = ("accepted",)
) -> list[Demonstration]:
    """Return the newest versions in these states as records: what an export holds.

    What reviewers decided and said, of earlier versions too, is filled in.
    """
    found = tx.all(
        Writing,
        f"SELECT {COLUMNS} {_FROM} WHERE writings.project_id = :project AND {_LAST}"
        " ORDER BY writings.created_at, writings.id",
        project=project_id,
    )
    told = tx.all(
        _Told,
        "SELECT writings.assignment_id, reviews.verdict, reviews.comments, reviews.created_at,"
        " reviews.writing_id, accounts.pseudonym AS reviewer FROM reviews"
        " JOIN accounts ON accounts.id = reviews.account_id"
        " JOIN writings ON writings.id = reviews.writing_id"
        " WHERE reviews.project_id = :project ORDER BY writings.version",
        project=project_id,
    )
    by_work: dict[str, list[Review]] = {}
    for one in told:
        by_work.setdefault(one.assignment_id, []).append(one)
    return [
        record(writing, by_work.get(writing.assignment_id, []))
        for writing in found
        if writing.state in states
    ]


class _Told(Review, frozen=True, kw_only=True):
    assignment_id: str


def record(writing: Writing, reviews: Sequence[Review]) -> Demonstration:
    """Return a version with the verdict on it, and with what was said of it and before."""
    made = writing.demonstration()
    state = writing.state
    return msgspec.structs.replace(
        made,
        review=state if state not in ("replaced", "withdrawn") else made.review,
        reviewer=reviews[-1].reviewer if reviews else made.reviewer,
        comments=tuple(line for review in reviews for line in review.said().lines()),
    )


class Piece(msgspec.Struct, frozen=True, kw_only=True):
    """One piece of work as its own writer's list shows it."""

    writing: Writing
    """The newest version."""
    prompt: str
    """How what was asked begins."""
    n_turns: int
    """Messages of the conversation."""
    said: tuple[str, ...]
    """What reviewers said of all its versions, oldest first."""


def of_person(tx: Transaction, project_id: str, account_id: str, limit: int = 200) -> list[Piece]:
    """Return what a person has written in a project, the newest first."""
    found = tx.all(
        Writing,
        f"SELECT {COLUMNS} {_FROM} WHERE writings.project_id = :project"
        f" AND writings.account_id = :account AND {_LAST}"
        " ORDER BY writings.created_at DESC, writings.id LIMIT :limit",
        project=project_id,
        account=account_id,
        limit=limit,
    )
    return [_piece(tx, writing) for writing in found]


def _piece(tx: Transaction, writing: Writing) -> Piece:
    made = writing.demonstration()
    asked = next((m.content for m in made.messages if m.role == "user"), "")
    reviews = reviews_of(tx, writing.assignment_id).values()
    return Piece(
        writing=writing,
        prompt=" ".join(asked[:400].split())[:160],
        n_turns=len(made.messages),
        said=tuple(line for review in reviews for line in review.said().lines()),
    )
