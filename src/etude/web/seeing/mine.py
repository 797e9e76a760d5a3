"""Mine: what one person did in a project, and how it was judged.

Nothing here tells which open items are known: those that test raters count only once they are out
of the queue, and only together with what adjudicators settled.
"""

import datetime
from collections import Counter
from statistics import median

import msgspec

from etude.pages.charts import Bin
from etude.records import Rating
from etude.stages.prefs.intervals import Estimate, wilson
from etude.web.database import Transaction
from etude.web.projects.project import Project
from etude.web.seeing.progress import excerpt
from etude.web.writing.writings import Comments

DAYS = 14
FEWEST = 5
"""Settled items below which nothing is said of agreement."""
_DAY_S = 86_400


class SentBack(msgspec.Struct, frozen=True, kw_only=True):
    """A piece of work that its writer is to look at again."""

    excerpt: str
    comments: tuple[str, ...]
    at: float


class Mine(msgspec.Struct, frozen=True, kw_only=True):
    """What one person did in a project."""

    n_done: int
    n_skipped: int
    n_today: int
    active_s: float
    today_s: float
    median_s: float | None
    days: tuple[Bin, ...]
    states: dict[str, int]
    """Pieces of writing by what became of their last version."""
    sent_back: tuple[SentBack, ...]
    agreement: Estimate | None
    """Share of settled items that were judged as settled; `None` while there are few."""


def mine(tx: Transaction, project: Project, account_id: str, now: float) -> Mine:
    """Return what a person did in a project."""
    turns = tx.all(
        _Turn,
        "SELECT state, active_s, done_at FROM assignments WHERE project_id = :project"
        " AND account_id = :account AND purpose <> 'adjudication'",
        project=project.id,
        account=account_id,
    )
    done = [turn for turn in turns if turn.state == "done"]
    midnight = int(now // _DAY_S) * _DAY_S
    first = midnight - (DAYS - 1) * _DAY_S
    today = [turn for turn in done if (turn.done_at or 0) >= midnight]
    n_of = Counter(int(((turn.done_at or 0) - first) // _DAY_S) for turn in done)
    works = _works(tx, project.id, account_id) if project.kind == "write" else []
    return Mine(
        n_done=len(done),
        n_skipped=sum(turn.state == "skipped" for turn in turns),
        n_today=len(today),
        active_s=sum(turn.active_s for turn in turns),
        today_s=sum(turn.active_s for turn in today),
        median_s=median(turn.active_s for turn in done) if done else None,
        days=tuple(Bin(_date(first + day * _DAY_S), n_of[day]) for day in range(DAYS)),
        states=dict(Counter(work.state for work in works)),
        sent_back=tuple(_sent_back(tx, work) for work in works if work.state == "sent_back"),
        agreement=_agreement(tx, project, account_id) if project.kind == "rate" else None,
    )


def _date(seconds: float) -> str:
    at = datetime.datetime.fromtimestamp(seconds, datetime.UTC)
    return str(at.day) if at.day > 1 else f"{at.day} {at:%b}"


def _works(tx: Transaction, project_id: str, account_id: str) -> list["_Work"]:
    return tx.all(
        _Work,
        "SELECT writings.id, writings.state, writings.created_at, items.body FROM writings"
        " JOIN items ON items.id = writings.item_id"
        " WHERE writings.project_id = :project AND writings.account_id = :account"
        " AND writings.version = (SELECT MAX(other.version) FROM writings AS other"
        " WHERE other.assignment_id = writings.assignment_id)"
        " ORDER BY writings.created_at, writings.id",
        project=project_id,
        account=account_id,
    )


def _sent_back(tx: Transaction, work: "_Work") -> SentBack:
    said = tx.texts("SELECT comments FROM reviews WHERE writing_id = :id", id=work.id)
    return SentBack(
        excerpt=excerpt(work.body),
        comments=tuple(
            line for text in said for line in msgspec.json.decode(text, type=Comments).lines()
        ),
        at=work.created_at,
    )


def _agreement(tx: Transaction, project: Project, account_id: str) -> Estimate | None:
    pairs = tx.all(
        _Settled,
        "SELECT own.body AS mine, items.gold, items.state,"
        " (SELECT ruling.body FROM ratings AS ruling"
        " JOIN assignments ON assignments.id = ruling.assignment_id"
        " WHERE ruling.item_id = items.id AND ruling.withdrawn_at IS NULL"
        " AND assignments.purpose = 'adjudication'"
        " ORDER BY ruling.created_at DESC, ruling.id LIMIT 1) AS ruling"
        " FROM ratings AS own JOIN items ON items.id = own.item_id"
        " JOIN assignments AS turn ON turn.id = own.assignment_id"
        " WHERE own.project_id = :project AND own.account_id = :account"
        " AND own.withdrawn_at IS NULL AND turn.purpose IN ('work', 'gold')",
        project=project.id,
        account=account_id,
    )
    hits = []
    for pair in pairs:
        rating = msgspec.json.decode(pair.mine, type=Rating)
        if pair.ruling is not None:
            ruling = msgspec.json.decode(pair.ruling, type=Rating)
            hits.append(_best(rating) == _best(ruling))
        elif pair.gold is not None and (pair.state == "withdrawn" or project.state == "closed"):
            hits.append(_best(rating) == ("ranked", frozenset({pair.gold})))
    return wilson(sum(hits), len(hits)) if len(hits) >= FEWEST else None


def _best(rating: Rating) -> tuple[str, frozenset[int]]:
    return rating.verdict, frozenset(rating.ranking[0] if rating.ranking else ())


class _Turn(msgspec.Struct, frozen=True):
    state: str
    active_s: float
    done_at: float | None


class _Work(msgspec.Struct, frozen=True):
    id: str
    state: str
    created_at: float
    body: str


class _Settled(msgspec.Struct, frozen=True):
    mine: str
    gold: int | None
    state: str
    ruling: str | None
