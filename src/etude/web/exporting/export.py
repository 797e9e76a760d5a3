"""Export: a project written as a data set, under pseudonyms, all of it or nothing."""

import hashlib
import re
import unicodedata
from itertools import count
from pathlib import Path

import msgspec

from etude.errors import ConfigError
from etude.stages.prefs.aggregate import AggregateRecipe, aggregate_dataset
from etude.store import Counts, Dataset, DatasetWriter
from etude.web.database import Transaction, new_id
from etude.web.exporting import rated, written
from etude.web.home import Home
from etude.web.people import audit
from etude.web.people.accounts import Account
from etude.web.projects.project import Project


class ExportOptions(msgspec.Struct, frozen=True, kw_only=True):
    """What is exported."""

    recipe: AggregateRecipe | None = None
    """Of rate projects: how ratings become preferences, in a data set of their own; `None` for
    comparisons and ratings alone."""
    reviews: tuple[str, ...] = ("accepted",)
    """Of write projects: states of review that are exported."""


class Export(msgspec.Struct, frozen=True, kw_only=True):
    """One data set that was made of a project."""

    id: str
    name: str
    """Folder below the data sets of the app."""
    what: str
    """What a row of it is, such as `demonstration`."""
    digest: str
    created_at: float
    by: str = ""
    """Name of whoever made it."""


class Made(msgspec.Struct, frozen=True, kw_only=True):
    """What came of an export."""

    exports: list[Export]
    n_rows: int
    """Rows of the first data set."""
    missing: str = ""
    """Why there are no preferences, where some were asked for."""


class _Version(msgspec.Struct, frozen=True):
    version: int
    text: str
    published_at: float


_SELECT = (
    "SELECT exports.id, exports.name, exports.what, exports.digest, exports.created_at,"
    " accounts.name AS by FROM exports JOIN accounts ON accounts.id = exports.made_by"
    " WHERE exports.project_id = :project"
)


def exports_of(tx: Transaction, project_id: str) -> list[Export]:
    """Return what was exported of a project, the newest first."""
    return tx.all(
        Export, f"{_SELECT} ORDER BY exports.created_at DESC, exports.id", project=project_id
    )


def by_id(tx: Transaction, project_id: str, export_id: str) -> Export | None:
    """Return one export of a project."""
    return tx.one(Export, f"{_SELECT} AND exports.id = :id", project=project_id, id=export_id)


def make_export(
    home: Home, project: Project, options: ExportOptions, by: Account, now: float
) -> Made:
    """Write a project as a data set, and its preferences as another where they are asked for.

    Whenever it is interrupted, what is there is whole: a data set begins with its manifest.

    Raises:
        ConfigError: Nothing was made yet, or the disk takes no more.
    """
    with home.database.read() as tx:
        said = _recipe(tx, project, options)
        rows = (
            rated.read_rows(tx, project.id)
            if project.kind == "rate"
            else written.read_rows(tx, project.id)
        )
    folder = _claim(home.datasets, _slug(project.name))
    if isinstance(rows, rated.RatedRows):
        n_rows = _write_ratings(folder, rated.read_rated(rows), said)
    else:
        n_rows = _write_demonstrations(folder, written.read_written(rows, options.reviews), said)
    if not n_rows:
        raise ConfigError("there is nothing to export yet")
    made = [_noted(home, project, folder, by, now)]
    missing = ""
    if options.recipe is not None and project.kind == "rate":
        target = folder.with_name(f"{folder.name}-preferences")
        try:
            aggregate_dataset(Dataset.open(folder), options.recipe, target)
            made.append(_noted(home, project, target, by, now))
        except ConfigError as error:
            missing = str(error).removeprefix(f"{folder}: ")
    return Made(exports=made, n_rows=n_rows, missing=missing)


def _write_ratings(folder: Path, found: rated.Rated, said: dict[str, object]) -> int:
    with DatasetWriter(folder, record="comparison") as writer:
        if not found.comparisons:
            return 0
        writer.write("comparisons", found.comparisons)
        writer.write("ratings", found.ratings)
        writer.finish(
            recipe=_json({**said, "ratings": len(found.ratings), "left_out": found.left_out}),
            counts=Counts(
                n_in=len(found.comparisons) + sum(found.dropped.values()), dropped=found.dropped
            ),
        )
    return len(found.comparisons)


def _write_demonstrations(folder: Path, found: written.Written, said: dict[str, object]) -> int:
    with DatasetWriter(folder, record="demonstration") as writer:
        if not found.demonstrations:
            return 0
        writer.write("demonstrations", found.demonstrations)
        writer.finish(
            recipe=_json({**said, "versions": found.n_versions}),
            counts=Counts(n_in=found.n_works, dropped=found.dropped),
        )
    return len(found.demonstrations)


def _recipe(tx: Transaction, project: Project, options: ExportOptions) -> dict[str, object]:
    """Return what the manifest says of how the records came to be."""
    guidelines = tx.all(
        _Version,
        "SELECT version, text, published_at FROM guidelines WHERE project_id = :project"
        " ORDER BY version",
        project=project.id,
    )
    return {
        "made_by": "etude.web.exporting",
        "project": {"id": project.id, "name": project.name, "kind": project.kind},
        "guidelines": [
            {
                "version": one.version,
                "sha256": hashlib.sha256(one.text.encode()).hexdigest(),
                "text": one.text,
            }
            for one in guidelines
        ],
        "settings": msgspec.to_builtins(project.settings),
        **({} if project.kind == "rate" else {"reviews": list(options.reviews)}),
    }


def _json(value: object) -> str:
    return msgspec.json.encode(value, order="sorted").decode()


def _slug(name: str) -> str:
    """Return a name that any file system, shell and archive takes.

    >>> _slug("Über ../Answers: Round 2")
    'uber-answers-round-2'
    """
    plain = unicodedata.normalize("NFKD", name).encode("ascii", "ignore").decode().casefold()
    return re.sub(r"[^a-z0-9]+", "-", plain).strip("-")[:40].strip("-") or "project"


def _claim(root: Path, slug: str) -> Path:
    """Return a folder of our own that nobody else is given.

    Raises:
        ConfigError: None can be made.
    """
    for number in count(1):
        path = root / f"{slug}-{number}"
        if (root / f"{path.name}-preferences").exists():
            continue
        try:
            path.mkdir(parents=True)
        except FileExistsError:
            continue
        except OSError as cause:
            raise ConfigError(f"no data set can be written here: {cause.strerror}") from cause
        return path
    raise AssertionError


def _noted(home: Home, project: Project, folder: Path, by: Account, now: float) -> Export:
    manifest = Dataset.open(folder).manifest
    made = Export(
        id=new_id(),
        name=folder.name,
        what=manifest.record,
        digest=manifest.digest,
        created_at=now,
        by=by.name,
    )
    with home.database.write() as tx:
        tx.run(
            "INSERT INTO exports (id, project_id, name, what, digest, made_by, created_at)"
            " VALUES (:id, :project, :name, :what, :digest, :by, :now)",
            id=made.id,
            project=project.id,
            name=made.name,
            what=made.what,
            digest=made.digest,
            by=by.id,
            now=now,
        )
        audit.note(
            tx,
            "project.export",
            now=now,
            account_id=by.id,
            project_id=project.id,
            subject=made.name,
            detail=made.digest,
        )
    return made
