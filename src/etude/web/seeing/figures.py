"""Figures of a project that take time: what ratings are worth, and how writing goes."""

import datetime
from collections import Counter, defaultdict
from collections.abc import Iterable
from statistics import median

import msgspec

from etude.errors import ConfigError
from etude.pages.charts import Bin
from etude.records import Demonstration
from etude.stages.prefs.bias.audit import BiasReport, audit_choices
from etude.stages.prefs.choices import choices_of_ratings
from etude.stages.prefs.label_errors.find import ErrorReport, find_label_errors
from etude.stages.prefs.label_errors.material import of_choices
from etude.stages.prefs.measure import PrefsReport, measure_ratings
from etude.web.database import Database, Transaction
from etude.web.exporting import rated
from etude.web.seeing.progress import excerpt
from etude.web.seeing.workroom import Workroom

DAYS = 14
_DAY_S = 86_400
_SUSPECTS = 60


class Suspected(msgspec.Struct, frozen=True, kw_only=True):
    """A choice that is likely wrong."""

    item_id: str
    excerpt: str
    rater: str
    said: str
    """Letters of the answer that was chosen and of the other."""
    confidence: float
    """Chance of the choice, by a model that has not seen it."""


class LabelErrors(msgspec.Struct, frozen=True, kw_only=True):
    """Likely wrong choices, and how far to believe it."""

    report: ErrorReport
    suspects: tuple[Suspected, ...]
    """The most suspect first."""


class WriterFigures(msgspec.Struct, frozen=True, kw_only=True):
    """How one person writes."""

    pseudonym: str
    n_works: int
    n_accepted: int
    n_sent_back: int
    """Works that were sent back at least once."""
    n_rejected: int
    n_unreviewed: int
    n_checks: int
    """Findings of the checks that stand in the last versions."""
    median_s: float | None


class ProjectFigures(msgspec.Struct, frozen=True, kw_only=True):
    """Everything on the page of progress that is not counted at once."""

    days: tuple[Bin, ...]
    """Finished turns of the last days."""
    ratings: PrefsReport | None = None
    no_ratings: str = ""
    """Why there is no report of ratings."""
    writers: tuple[WriterFigures, ...] = ()
    checks: tuple[tuple[str, int], ...] = ()
    """Findings that writers let stand, most first."""


PROGRESS: Workroom[ProjectFigures] = Workroom()
LABEL_ERRORS: Workroom[LabelErrors] = Workroom()
BIAS: Workroom[BiasReport] = Workroom()


def project_figures(db: Database, project_id: str, kind: str, now: float) -> ProjectFigures:
    """Work out how a project goes, from one state of the database."""
    with db.read() as tx:
        days = _days(tx, project_id, now)
        rows = rated.read_rows(tx, project_id) if kind == "rate" else None
        works = _works(tx, project_id) if kind == "write" else []
    if rows is None:
        writers, checks = _writers(works)
        return ProjectFigures(days=days, writers=writers, checks=checks)
    found = rated.read_rated(rows)
    try:
        report = measure_ratings(found.comparisons, found.ratings)
    except ConfigError as error:
        return ProjectFigures(days=days, no_ratings=str(error))
    return ProjectFigures(days=days, ratings=report)


def label_errors(db: Database, project_id: str) -> LabelErrors:
    """Rank the choices of a project by how likely they are wrong.

    Raises:
        ConfigError: There are too few.
    """
    with db.read() as tx:
        rows = rated.read_rows(tx, project_id)
    found = rated.read_rated(rows)
    by_id = {one.id: one for one in found.comparisons}
    choices = choices_of_ratings(by_id, iter(found.ratings)).choices
    report = find_label_errors(of_choices(choices))
    ratings = {one.id: one for one in found.ratings}
    bodies = {item.id: item.body for item in rows.items}
    suspects = []
    for suspect in report.suspects[:_SUSPECTS]:
        rating_id, _, places = suspect.id.rpartition("/")
        rating = ratings[rating_id]
        better, worse = (chr(ord("A") + int(place)) for place in places.split("-"))
        item_id = found.item_of[rating.comparison_id]
        suspects.append(
            Suspected(
                item_id=item_id,
                excerpt=excerpt(bodies[item_id]),
                rater=rating.rater,
                said=f"{better} over {worse}",
                confidence=suspect.confidence,
            )
        )
    return LabelErrors(report=report, suspects=tuple(suspects))


def bias(db: Database, project_id: str) -> BiasReport:
    """Find out what the raters of a project pay for that is no content.

    Raises:
        ConfigError: No answer was chosen over another yet.
    """
    with db.read() as tx:
        rows = rated.read_rows(tx, project_id)
    found = rated.read_rated(rows)
    by_id = {one.id: one for one in found.comparisons}
    return audit_choices(choices_of_ratings(by_id, iter(found.ratings)), path="this project")


def _days(tx: Transaction, project_id: str, now: float) -> tuple[Bin, ...]:
    first = (int(now // _DAY_S) - DAYS + 1) * _DAY_S
    times = tx.all(
        _Done,
        "SELECT done_at FROM assignments WHERE project_id = :project AND state = 'done'"
        " AND done_at >= :first",
        project=project_id,
        first=float(first),
    )
    n_of = Counter(int((one.done_at - first) // _DAY_S) for one in times)
    return tuple(Bin(_date(first + day * _DAY_S), n_of[day]) for day in range(DAYS))


def _date(seconds: float) -> str:
    at = datetime.datetime.fromtimestamp(seconds, datetime.UTC)
    return str(at.day) if at.day > 1 else f"{at.day} {at:%b}"


def _works(tx: Transaction, project_id: str) -> list["_Work"]:
    return tx.all(
        _Work,
        "SELECT writings.assignment_id, writings.state, writings.body, accounts.pseudonym,"
        " assignments.active_s, CASE WHEN EXISTS (SELECT 1 FROM reviews WHERE"
        " reviews.writing_id = writings.id AND reviews.verdict = 'sent_back') THEN 1 ELSE 0 END"
        " AS sent_back FROM writings"
        " JOIN accounts ON accounts.id = writings.account_id"
        " JOIN assignments ON assignments.id = writings.assignment_id"
        " WHERE writings.project_id = :project ORDER BY writings.assignment_id, writings.version",
        project=project_id,
    )


def _writers(
    works: Iterable["_Work"],
) -> tuple[tuple[WriterFigures, ...], tuple[tuple[str, int], ...]]:
    versions: dict[str, list[_Work]] = defaultdict(list)
    for work in works:
        versions[work.assignment_id].append(work)
    by_writer: dict[str, list[list[_Work]]] = defaultdict(list)
    for found in versions.values():
        by_writer[found[-1].pseudonym].append(found)
    checks: Counter[str] = Counter()
    writers = []
    for pseudonym, theirs in by_writer.items():
        stand = [
            finding.partition(":")[0]
            for found in theirs
            for finding in msgspec.json.decode(found[-1].body, type=Demonstration).checks
        ]
        checks.update(stand)
        states = Counter(found[-1].state for found in theirs)
        writers.append(
            WriterFigures(
                pseudonym=pseudonym,
                n_works=len(theirs),
                n_accepted=states["accepted"],
                n_sent_back=sum(any(one.sent_back for one in found) for found in theirs),
                n_rejected=states["rejected"],
                n_unreviewed=states["unreviewed"],
                n_checks=len(stand),
                median_s=median(found[-1].active_s for found in theirs),
            )
        )
    writers.sort(key=lambda one: (-one.n_works, one.pseudonym))
    return tuple(writers), tuple(checks.most_common(12))


class _Done(msgspec.Struct, frozen=True):
    done_at: float


class _Work(msgspec.Struct, frozen=True):
    assignment_id: str
    state: str
    body: str
    pseudonym: str
    active_s: float
    sent_back: int = 0
