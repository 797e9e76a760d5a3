"""Preparing a catalogue of projects: its options, its progress and what it prints."""

import functools
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TypeVar

import click
import msgspec
from rich.console import Console

from etude.cli._progress import progress_line
from etude.cli._rows import print_pairs, printable
from etude.cli._swe_options import JOBS
from etude.errors import ConfigError
from etude.sandbox import Sandbox
from etude.stages.swe.catalogue import (
    JOURNAL_OF_CATALOGUE,
    CatalogueOutcome,
    CatalogueProgress,
    CatalogueRow,
    CatalogueRun,
    read_catalogue,
)
from etude.stages.swe.prepare import find_prepared
from etude.store import CodebaseStore, write_whole

ReturnT = TypeVar("ReturnT")
REASON_CHARS = 160


class CatalogueChoice(msgspec.Struct, frozen=True, kw_only=True):
    """What the command line says of a catalogue."""

    catalogue: Path | None
    jobs: int
    out: Path | None
    again: bool
    table: Path | None


def catalogue_options(command: Callable[..., ReturnT]) -> Callable[..., ReturnT]:
    """Add the options of a catalogue; the command gets them as `choice`."""

    @functools.wraps(command)
    def bundled(**values: object) -> ReturnT:
        fields = {name: values.pop(name) for name in CatalogueChoice.__struct_fields__}
        return command(choice=CatalogueChoice(**fields), **values)  # type: ignore[arg-type]

    path = click.Path(path_type=Path)
    for option in reversed(
        [
            click.option("--catalogue", type=path, help="A TOML file of projects by domain."),
            JOBS,
            click.option("--out", type=path, help="Keep the catalogue's journal in this folder."),
            click.option("--again", is_flag=True, help="Try those too that failed before."),
            click.option("--table", type=path, help="Write a table: FILE.jsonl or FILE.md."),
        ]
    ):
        bundled = option(bundled)
    return bundled


def prepared_of(path: Path, store: CodebaseStore) -> tuple[str, ...]:
    """Return the projects of a catalogue that are prepared; say how many are not.

    Folders, files and git addresses may have changed since, so all of them are returned.

    Raises:
        ConfigError: The catalogue is broken, or none of it is prepared.
    """
    projects = read_catalogue(path).projects()
    found = tuple(
        spec
        for spec in projects
        if not spec.startswith("pypi:") or find_prepared(spec, store) is not None
    )
    missing = f"etude swe prepare --catalogue {path}"
    if not found:
        raise ConfigError(f"{path}: none of its projects is prepared; run {missing}")
    if len(found) < len(projects):
        n_left = len(projects) - len(found)
        click.echo(
            f"etude: {n_left} of {len(projects)} projects are not prepared and are left out; "
            f"to prepare them run {missing}",
            err=True,
        )
    return found


def prepare_catalogue(choice: CatalogueChoice, sandbox: Sandbox, *, as_json: bool) -> bool:
    """Prepare a catalogue and say what came of it; return whether any project is prepared.

    Raises:
        ConfigError: The catalogue is broken, or the table's name says no format.
    """
    if choice.table is not None and choice.table.suffix not in _TABLES:
        raise ConfigError(f"{choice.table}: a table is written as .jsonl or .md")
    assert choice.catalogue is not None  # noqa: S101  asked by the caller
    store = CodebaseStore(CodebaseStore.home())
    run = CatalogueRun(read_catalogue(choice.catalogue), sandbox, store)
    with progress_line(quiet=as_json) as line:

        def tell(progress: CatalogueProgress) -> None:
            text = f"preparing {progress.doing} ({progress.n_failed} failed)"
            line.update(text, progress.n_done, progress.n_all)

        journal = (choice.out or store.root) / JOURNAL_OF_CATALOGUE
        outcome = run.run(journal, jobs=choice.jobs, again=choice.again, tell=tell)
    if choice.table is not None:
        write_whole(choice.table, _TABLES[choice.table.suffix](outcome.rows))
    if as_json:
        click.echo(msgspec.json.encode(outcome))
    else:
        _print(outcome, journal)
    return bool(outcome.rows)


def _print(outcome: CatalogueOutcome, journal: Path) -> None:
    console = Console()
    for group, projects in outcome.groups().items():
        reasons = {project.spec: _short(project.reason, project.spec) for project in projects}
        print_pairs(console, f"{len(projects)}: {group}", reasons)
    console.print(
        f"{len(outcome.rows)} of {len(outcome.projects)} projects prepared; outcomes in {journal}",
        highlight=False,
        soft_wrap=True,
    )


def _short(reason: str, spec: str) -> str:
    text = printable(" ".join(reason.split())).removeprefix(f"{spec}: ")
    return text if len(text) <= REASON_CHARS else text[: REASON_CHARS - 1] + "…"


def _as_lines(rows: Sequence[CatalogueRow]) -> bytes:
    return b"".join(msgspec.json.encode(row) + b"\n" for row in rows)


def _as_markdown(rows: Sequence[CatalogueRow]) -> bytes:
    lines = ["| Project | Domain | Licence | Lines | Tests | Seconds |"]
    lines.append("|---|---|---|--:|--:|--:|")
    for row in rows:
        cells = (
            row.spec.removeprefix("pypi:").replace("==", " "),
            row.domain,
            row.licence or "none stated",
            f"{row.n_source_lines:,}",
            f"{row.n_tests:,}",
            f"{row.suite_s:.1f}",
        )
        lines.append("| " + " | ".join(printable(c).replace("|", "\\|") for c in cells) + " |")
    return "\n".join([*lines, ""]).encode()


_TABLES: dict[str, Callable[[Sequence[CatalogueRow]], bytes]] = {
    ".jsonl": _as_lines,
    ".md": _as_markdown,
}
