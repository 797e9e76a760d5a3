"""Keeping: a rating goes into the database once, and can be taken back while nobody built on it."""

import datetime
from typing import Literal

import msgspec

from etude.errors import ConfigError
from etude.records import Comparison, Rating
from etude.web.database import Database, Transaction, new_id
from etude.web.people.accounts import Account
from etude.web.people.sessions import token_hash
from etude.web.projects.project import Project
from etude.web.queue import assignment as queue
from etude.web.queue.assignment import Assignment
from etude.web.queue.item import item_by_id
from etude.web.queue.turn import in_turn
from etude.web.rating.given import Given, write_draft
from etude.web.rating.judging import Judged, judge

_PAUSE_S = 600
"""A gap between two items that counts as a break."""


def keep(
    database: Database,
    project: Project,
    account: Account,
    assignment_id: str,
    given: Given,
    *,
    active_s: float | None,
    now: float,
) -> Literal["kept", "lost"]:
    """Save what was said as a rating.

    Returns:
        `lost` when the item went to others meanwhile; what was said is kept as a draft then.

    Raises:
        ConfigError: Something is missing, or the item is not this person's or is over.
    """
    with database.read() as tx:
        mine = queue.by_id(tx, project.id, assignment_id, account.id)
        item = item_by_id(tx, project.id, mine.item_id) if mine else None
    if mine is None or item is None:
        raise ConfigError("this item is not yours")
    if mine.state in ("done", "skipped"):
        raise ConfigError("this item was handed in already")
    comparison = item.comparison()
    judged = judge(given, comparison, mine.order(), project.settings)

    def work(tx: Transaction) -> Literal["kept", "lost"]:
        counts = queue.finish(
            tx,
            project.id,
            mine.id,
            account.id,
            now=now,
            active_s=active_s,
            draft=write_draft(given),
        )
        if not counts:
            return "lost"
        done = queue.by_id(tx, project.id, mine.id, account.id)
        insert(tx, done or mine, rating_of(done or mine, account, comparison, judged, now))
        return "kept"

    return in_turn(database, work)


def rating_of(
    mine: Assignment, account: Account, comparison: Comparison, judged: Judged, now: float
) -> Rating:
    """Return the record of what was said."""
    return Rating(
        id=new_id(),
        comparison_id=comparison.id,
        rater=account.pseudonym,
        order=mine.order(),
        verdict=judged.verdict,
        ranking=judged.ranking,
        strength=judged.strength,
        scores=judged.scores,
        spans=judged.spans,
        reasons=judged.reasons,
        rationale=judged.rationale,
        guidelines=str(mine.guidelines) if mine.guidelines else "",
        purpose=mine.purpose,
        created=datetime.datetime.fromtimestamp(now, datetime.UTC).isoformat(timespec="seconds"),
        duration_s=round(mine.active_s, 1),
    )


def insert(tx: Transaction, mine: Assignment, rating: Rating) -> None:
    """Put a rating into the database."""
    tx.run(
        "INSERT INTO ratings (id, assignment_id, project_id, item_id, account_id, body,"
        " created_at) VALUES (:id, :assignment, :project, :item, :account, :body, :now)",
        id=rating.id,
        assignment=mine.id,
        project=mine.project_id,
        item=mine.item_id,
        account=mine.account_id,
        body=msgspec.json.encode(rating).decode(),
        now=datetime.datetime.fromisoformat(rating.created).timestamp(),
    )


def undo(
    database: Database, project: Project, account: Account, token: str, now: float
) -> Literal["undone", "nothing", "settled"]:
    """Take back the last rating of this session, so that it can be given anew.

    Returns:
        `settled` when the item was adjudicated or withdrawn meanwhile: then it stands.
    """

    def work(tx: Transaction) -> Literal["undone", "nothing", "settled"]:
        since = tx.number(
            "SELECT created_at FROM sessions WHERE token_hash = :hash AND account_id = :account",
            hash=token_hash(token),
            account=account.id,
        )
        last = queue.last_finished(tx, project.id, account.id, since)
        if last is None:
            return "nothing"
        if not queue.reopen(tx, project.id, last.id, account.id, now=now):
            return "settled"
        tx.run(
            "UPDATE ratings SET withdrawn_at = :now WHERE assignment_id = :id"
            " AND project_id = :project AND account_id = :account AND withdrawn_at IS NULL",
            now=now,
            id=last.id,
            project=project.id,
            account=account.id,
        )
        return "undone"

    return in_turn(database, work)


class _Spell(msgspec.Struct, frozen=True):
    created_at: float
    seen_at: float
    active_s: float


class Day(msgspec.Struct, frozen=True, kw_only=True):
    """How much someone has done lately."""

    n_done: int
    """Today, by UTC."""
    worked_s: float
    """Since their last break of ten minutes."""
    can_undo: bool

    def wants_break(self, after_min: int) -> bool:
        """Whether a break is due."""
        return after_min > 0 and self.worked_s >= 60 * after_min


def day_of(tx: Transaction, project_id: str, account_id: str, now: float) -> Day:
    """Return how much someone has done in a project today and since their last break."""
    midnight = now - now % (24 * 3600)
    spells = tx.all(
        _Spell,
        "SELECT created_at, seen_at, active_s FROM assignments WHERE project_id = :project"
        " AND account_id = :account AND purpose <> 'adjudication' AND seen_at > :since"
        " ORDER BY seen_at DESC LIMIT 1000",
        project=project_id,
        account=account_id,
        since=now - 12 * 3600,
    )
    worked, later = 0.0, now
    for spell in spells:
        if later - spell.seen_at > _PAUSE_S:
            break
        worked += spell.active_s
        if spell.seen_at - spell.created_at - spell.active_s > _PAUSE_S:
            break  # they paused before this one was done
        later = min(later, spell.created_at)
    n_done = queue.n_finished(tx, project_id, account_id, midnight)
    return Day(n_done=n_done, worked_s=worked, can_undo=n_done > 0)
