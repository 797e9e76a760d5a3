"""The `etude data` commands: look into any data set."""

import itertools
from pathlib import Path

import click
import msgspec
from rich.console import Console

from etude.cli._groups import Suggesting
from etude.cli._rows import print_pairs, print_row, readable_size
from etude.cli._settings import SETTINGS, parse_settings
from etude.errors import ConfigError
from etude.store import TABLES, Dataset
from etude.store.formats import formats
from etude.store.importing import import_files
from etude.store.stats import Stats, measure

_DATASET = click.argument("dataset", type=click.Path(path_type=Path))
_JSON = click.option("--json", "as_json", is_flag=True, help="Print JSON, for machines.")


class _Verdict(msgspec.Struct):
    """What `verify --json` prints."""

    n_shards: int
    n_rows: int
    problems: list[str]


@click.group(cls=Suggesting)
def command() -> None:
    """Look into any data set: its rows, its numbers, whether it is as written; ship it."""


@command.command(epilog="Example: etude data show ds --table keys --limit 3")
@_DATASET
@click.option("--table", help="Which table; the records themselves when left out.")
@click.option("--id", "row_id", help="Only the row with this id, whole.")
@click.option("--limit", type=click.IntRange(min=0), default=5, show_default=True, metavar="N")
@_JSON
def show(dataset: Path, table: str | None, row_id: str | None, limit: int, as_json: bool) -> None:
    """Show rows of DATASET. Answer keys are shown only with --table keys."""
    held = Dataset.open(dataset)
    name = table or held.manifest.main_table
    if name not in TABLES:
        raise ConfigError(f"{dataset}: no table is called {name!r} (known: {', '.join(TABLES)})")
    if row_id is not None:
        rows = iter([held.find(name, row_id, TABLES[name])])
    else:
        rows = itertools.islice(held.rows(name, TABLES[name]), limit)
    console = Console()
    for row in rows:
        if as_json:
            click.echo(msgspec.json.encode(row))
        else:
            print_row(console, row, whole=row_id is not None)
    n_rows = held.n_rows(name)
    if row_id is None and not as_json and n_rows > limit:
        click.echo(f"{limit} of {n_rows} {name}; see more with --limit, all of one with --id")


@command.command(epilog="Example: etude data stats ds --json")
@_DATASET
@_JSON
def stats(dataset: Path, as_json: bool) -> None:
    """Count what DATASET holds: rows, what was dropped and why, projects, kinds, sizes."""
    found = measure(Dataset.open(dataset))
    if as_json:
        click.echo(msgspec.json.encode(found))
    else:
        _print_stats(found)


@command.command(epilog="Example: etude data verify ds")
@_DATASET
@_JSON
@click.pass_context
def verify(ctx: click.Context, dataset: Path, as_json: bool) -> None:
    """Read every byte of DATASET and say what is not as it was written."""
    held = Dataset.open(dataset)
    problems = held.verify()
    there = held.tables()
    verdict = _Verdict(
        n_shards=sum(len(held.manifest.tables[table]) for table in there),
        n_rows=sum(held.n_rows(table) for table in there),
        problems=problems,
    )
    if as_json:
        click.echo(msgspec.json.encode(verdict))
    elif problems:
        click.echo("\n".join(problems))
    else:
        gone = [table for table in held.manifest.tables if held.withheld(table)]
        without = f"; withheld from this copy: {', '.join(gone)}" if gone else ""
        click.echo(f"{verdict.n_shards} shards, {verdict.n_rows} rows, all as written{without}")
    if problems:
        ctx.exit(1)


@command.command(epilog="Example: etude data ship problems --format trl --out shipped")
@_DATASET
@click.option("--format", "name", required=True, help=f"One of: {', '.join(formats.names())}.")
@click.option("--out", required=True, type=click.Path(path_type=Path), help="Folder to make.")
@SETTINGS
@_JSON
def ship(dataset: Path, name: str, out: Path, settings: tuple[str, ...], as_json: bool) -> None:
    """Write DATASET as other tools and trainers read it."""
    table = {"use": name, **parse_settings(settings)}
    written = formats.make(table).ship(Dataset.open(dataset), out)
    if as_json:
        click.echo(msgspec.json.encode(written))
    else:
        click.echo(f"{len(written)} files in {out}: {', '.join(written)}")


@command.command("import", epilog="Example: etude data import sharegpt chats.json --out demos")
@click.argument("layout")
@click.argument(
    "files", nargs=-1, required=True, metavar="FILE...", type=click.Path(path_type=Path)
)
@click.option("--out", required=True, type=click.Path(path_type=Path), help="Folder to make.")
@click.option("--licence", default="", help="SPDX expression, where the files state none.")
@SETTINGS
@_JSON
def import_command(
    layout: str,
    files: tuple[Path, ...],
    out: Path,
    licence: str,
    settings: tuple[str, ...],
    as_json: bool,
) -> None:
    """Read conversations, comparisons, votes or preferences out of FILEs in one LAYOUT."""
    table = {"use": layout, "licence": licence, **parse_settings(settings)}
    outcome = import_files(files, table, out)
    if as_json:
        click.echo(msgspec.json.encode(outcome))
        return
    print_pairs(Console(), f"rows in {outcome.path}", outcome.tables)


def _print_stats(found: Stats) -> None:
    console = Console()
    facts = {
        "digest": found.digest[:16],
        "created": found.created,
        "written by": f"etude {found.code_version}",
        "looked at": found.counts.n_in,
        "kept": found.counts.n_kept,
    }
    print_pairs(console, f"data set of {found.record}s", facts)
    print_pairs(console, "dropped, by reason", found.counts.dropped)
    tables = {
        table.name: "withheld from this copy"
        if table.withheld
        else f"{table.n_rows:>8}  {readable_size(table.size_bytes):>10}"
        for table in found.tables
    }
    if found.n_files:
        tables["codebases"] = f"{found.n_files:>8}  {readable_size(found.files_bytes):>10}"
    print_pairs(console, "tables: rows, size", tables)
    print_pairs(console, "tasks by project", found.by_project)
    print_pairs(console, "tasks by kind", found.by_kind)
    print_pairs(console, "episodes by ending", found.by_ending)
    print_pairs(console, "grades by verdict", found.by_verdict)
    print_pairs(console, "documents by domain", _named(found.by_domain))
    print_pairs(console, "documents by language", _named(found.by_language))


def _named(counts: dict[str, int]) -> dict[str, int]:
    """Leave out a single nameless entry, and give a nameless one among others a name."""
    if set(counts) <= {""}:
        return {}
    return {name or "(none)": n for name, n in counts.items()}
