"""Adjudicating: what raters disagree on is settled by someone who did not rate it.

All single ratings stay; the decision is one more, of purpose `adjudication`.
"""

from collections.abc import Sequence

import msgspec

from etude.errors import ConfigError
from etude.records import Comparison, Rating, Span
from etude.web.database import Database, Transaction, new_id
from etude.web.people import audit
from etude.web.people.accounts import Account
from etude.web.people.sessions import token_hash
from etude.web.projects import guidelines
from etude.web.projects.project import Project
from etude.web.queue.assignment import Assignment, by_id
from etude.web.queue.drawing import draw_order
from etude.web.queue.item import Item, item_by_id, lock_item
from etude.web.queue.turn import in_turn
from etude.web.rating.disagreement import Disagreement, disagreement
from etude.web.rating.given import LETTERS, Given
from etude.web.rating.judging import judge, text_of
from etude.web.rating.keeping import insert, rating_of

_LONGEST_S = 3600.0
_GRADES = {0: "better", 1: "slightly better", 2: "clearly better", 3: "much better"}


class Dispute(msgspec.Struct, frozen=True, kw_only=True):
    """One item whose ratings differ."""

    item_id: str
    ratings: tuple[Rating, ...]
    apart: Disagreement


class _Row(msgspec.Struct, frozen=True):
    item_id: str
    body: str


_STANDING = (
    "SELECT ratings.id, ratings.item_id, ratings.body FROM ratings"
    " JOIN assignments ON assignments.id = ratings.assignment_id"
    " JOIN items ON items.id = ratings.item_id"
    " WHERE ratings.project_id = :project AND ratings.withdrawn_at IS NULL"
    " AND assignments.purpose = 'work' AND items.state <> 'withdrawn'"
)


def disputes(tx: Transaction, project_id: str, account_id: str) -> list[Dispute]:
    """Return what someone may settle, the greatest disagreement first.

    That is every item with all its ratings in which they differ, which nobody has settled and
    this person has not rated.
    """
    rows = tx.all(
        _Row,
        f"{_STANDING} AND items.state = 'done' AND items.wanted > 1"  # noqa: S608
        " AND NOT EXISTS (SELECT 1 FROM assignments AS settled"
        " WHERE settled.item_id = items.id AND settled.state = 'done'"
        " AND (settled.purpose = 'adjudication' OR settled.account_id = :account))"
        " ORDER BY ratings.created_at, ratings.id",
        project=project_id,
        account=account_id,
    )
    by_item: dict[str, list[Rating]] = {}
    for row in rows:
        by_item.setdefault(row.item_id, []).append(msgspec.json.decode(row.body, type=Rating))
    found = [
        Dispute(item_id=item_id, ratings=tuple(ratings), apart=disagreement(ratings))
        for item_id, ratings in by_item.items()
    ]
    differing = [dispute for dispute in found if dispute.apart.amount > 0]
    return sorted(differing, key=lambda dispute: (-dispute.apart.amount, dispute.item_id))


def suspected(tx: Transaction, project_id: str, account_id: str, item_id: str) -> Dispute | None:
    """Return one item with its ratings for a second look, whether they differ or not.

    `None` where there is no such item, it is not done, someone has settled it, or this person
    has rated it.
    """
    item = item_by_id(tx, project_id, item_id)
    if item is None or not _may_settle(tx, item, account_id):
        return None
    bodies = tx.texts(
        f"SELECT ratings.body FROM ({_STANDING} AND items.id = :item) AS standing"  # noqa: S608
        " JOIN ratings ON ratings.id = standing.id ORDER BY ratings.created_at, ratings.id",
        project=project_id,
        item=item_id,
    )
    ratings = tuple(msgspec.json.decode(body, type=Rating) for body in bodies)
    return Dispute(item_id=item_id, ratings=ratings, apart=disagreement(ratings))


def order_for(item: Item, account_id: str) -> tuple[int, ...]:
    """Return the order in which the answers are shown to whoever settles."""
    return draw_order(len(item.comparison().candidates), item.id, account_id)


def settle(
    database: Database,
    project: Project,
    account: Account,
    item_id: str,
    said: Given,
    *,
    active_s: float,
    now: float,
) -> bool:
    """Settle an item.

    Returns:
        Whether it is settled by this; `False` when someone else was quicker or it is no dispute.

    Raises:
        ConfigError: Something is missing in what was said.
    """
    settings = msgspec.structs.replace(
        project.settings,
        criteria=(),
        reasons=(),
        rationale="always",
        rationale_min=max(10, project.settings.rationale_min),
    )

    def work(tx: Transaction) -> bool:
        item = lock_item(tx, project.id, item_id)
        if item is None or not _may_settle(tx, item, account.id):
            return False
        comparison = item.comparison()
        judged = judge(said, comparison, order_for(item, account.id), settings)
        mine = _turn(tx, item, account.id, active_s=min(active_s, _LONGEST_S), now=now)
        insert(tx, mine, rating_of(mine, account, comparison, judged, now))
        audit.note(
            tx,
            "item.settle",
            now=now,
            account_id=account.id,
            project_id=project.id,
            subject=item.id,
        )
        return True

    return in_turn(database, work)


def _may_settle(tx: Transaction, item: Item, account_id: str) -> bool:
    involved = tx.number(
        "SELECT COUNT(*) FROM assignments WHERE item_id = :item AND state = 'done'"
        " AND (purpose = 'adjudication' OR account_id = :account)",
        item=item.id,
        account=account_id,
    )
    n_ratings = tx.number(
        f"SELECT COUNT(*) FROM ({_STANDING} AND items.id = :item) AS standing",  # noqa: S608
        project=item.project_id,
        item=item.id,
    )
    return item.state == "done" and not involved and n_ratings > 0


def _turn(
    tx: Transaction, item: Item, account_id: str, *, active_s: float, now: float
) -> Assignment:
    in_force = guidelines.newest(tx, item.project_id)
    mine_id = new_id()
    tx.run(
        "INSERT INTO assignments (id, project_id, item_id, account_id, purpose, state,"
        " shown_order, guidelines, active_s, created_at, seen_at, leased_until, done_at)"
        " VALUES (:id, :project, :item, :account, 'adjudication', 'done', :order, :guidelines,"
        " :active_s, :now, :now, :now, :now)",
        id=mine_id,
        project=item.project_id,
        item=item.id,
        account=account_id,
        order=msgspec.json.encode(order_for(item, account_id)).decode(),
        guidelines=0 if in_force is None else in_force.version,
        active_s=active_s,
        now=now,
    )
    mine = by_id(tx, item.project_id, mine_id, account_id)
    if mine is None:
        raise ConfigError("the decision was not saved; try again")
    return mine


class _Settled(msgspec.Struct, frozen=True):
    id: str
    item_id: str


def unsettle(database: Database, project: Project, account: Account, token: str, now: float) -> str:
    """Take back what a person settled last in this session; return the item, or nothing."""

    def work(tx: Transaction) -> str:
        since = tx.number(
            "SELECT created_at FROM sessions WHERE token_hash = :hash AND account_id = :account",
            hash=token_hash(token),
            account=account.id,
        )
        last = tx.one(
            _Settled,
            "SELECT id, item_id FROM assignments WHERE project_id = :project"
            " AND account_id = :account AND purpose = 'adjudication' AND state = 'done'"
            " AND done_at >= :since ORDER BY done_at DESC, id LIMIT 1",
            project=project.id,
            account=account.id,
            since=since,
        )
        if last is None:
            return ""
        lock_item(tx, project.id, last.item_id)
        tx.run("UPDATE assignments SET state = 'expired' WHERE id = :id", id=last.id)
        tx.run(
            "UPDATE ratings SET withdrawn_at = :now WHERE assignment_id = :id"
            " AND withdrawn_at IS NULL",
            now=now,
            id=last.id,
        )
        audit.note(
            tx,
            "item.unsettle",
            now=now,
            account_id=account.id,
            project_id=project.id,
            subject=last.item_id,
        )
        return last.item_id

    return in_turn(database, work)


class Vote(msgspec.Struct, frozen=True, kw_only=True):
    """One rating in words, with the letters of whoever settles."""

    rater: str
    says: str
    saw_first: str
    """Letter of the answer that stood first for them."""
    scores: tuple[tuple[str, str], ...]
    marks: tuple[tuple[str, str, str], ...]
    """Letter, label and text of each mark."""
    reasons: tuple[str, ...]
    rationale: str
    duration_s: float


def votes(ratings: Sequence[Rating], comparison: Comparison, order: Sequence[int]) -> list[Vote]:
    """Return ratings as they are read by whoever settles."""
    letter = dict(zip(order, LETTERS, strict=False))
    return [
        Vote(
            rater=rating.rater,
            says=_in_words(rating, letter),
            saw_first=letter.get(rating.order[0], "") if rating.order else "",
            scores=tuple(
                (name, ", ".join(f"{letter[n]} {scores[n]}" for n in order))
                for name, scores in rating.scores.items()
                if len(scores) == len(order)
            ),
            marks=tuple(
                (letter[span.candidate], span.label, _marked(span, comparison))
                for span in rating.spans
            ),
            reasons=rating.reasons,
            rationale=rating.rationale,
            duration_s=rating.duration_s,
        )
        for rating in ratings
    ]


def _marked(span: Span, comparison: Comparison) -> str:
    return text_of(comparison.candidates[span.candidate].messages)[span.start : span.end][:300]


def _in_words(rating: Rating, letter: dict[int, str]) -> str:
    if rating.verdict == "both_bad":
        return "None is acceptable"
    if rating.verdict == "cannot_judge":
        return "Cannot judge"
    groups = [" = ".join(sorted(letter[n] for n in group)) for group in rating.ranking]
    if len(letter) > 2:
        return " > ".join(groups)
    if len(groups) == 1:
        return "Equally good"
    return f"{groups[0]} is {_GRADES[rating.strength]}"
