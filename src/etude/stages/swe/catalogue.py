"""Prepare a whole catalogue of projects, side by side; what fails is named and does not stop it.

Every outcome is a line of a journal before the next project is begun, so that the same command
goes on after any stop: what is prepared is found again, and what failed is not tried again unless
someone asks for it, or the toolchain has changed since.
"""

import asyncio
import contextlib
import itertools
import queue
import re
import threading
import time
from collections.abc import Callable, Sequence
from pathlib import Path

import msgspec

from etude.config import read_toml
from etude.errors import ConfigError, EtudeError, SandboxError, TaskError, blame
from etude.sandbox import Sandbox
from etude.stages.swe.prepare import ERA_OF_RESULTS, find_prepared, prepare
from etude.store import CodebaseStore, Journal

JOURNAL_OF_CATALOGUE = "catalogue.jsonl"
PASSING = "a fault of the moment"
"""The group of failures that say nothing of the project: they are always tried again."""
RUNNER, RUNNER_SAID = "its tests cannot be started", "the test runner did not start"
_GROUPS = (
    (PASSING, r"asking the package index|cannot keep codebases|cannot write"),
    ("not there", r"no such folder or file"),
    ("not published as source", r"no source distribution|no such (source release|project)"),
    ("carries no tests", r"carries no tests"),
    ("too few tests pass every time", r"tests? pass every time"),
    ("no test runs its source", r"none runs the project's source"),
    ("its suite takes too long", r"its suite takes"),
    ("what it needs cannot be had", r"what it needs cannot be had|build failed|is to come from"),
    ("the test runner itself", r"it is the test runner itself"),
    ("no Python source found", r"no Python (source|project)"),
    ("a broken or oversized archive", r"archive|larger than"),
)
"""Group -> what its messages say; the first that fits."""


class Catalogue(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Projects by domain, each pinned: `[domains]`, then `urls = ["pypi:hyperlink==21.0.0"]`."""

    domains: dict[str, tuple[str, ...]]

    def __post_init__(self) -> None:
        """Refuse what is not pinned or is named twice."""
        seen: set[str] = set()
        for spec in itertools.chain.from_iterable(self.domains.values()):
            if spec.startswith("pypi:") and "==" not in spec:
                raise ValueError(f"{spec} is not pinned; write {spec}==VERSION")
            if spec in seen:
                raise ValueError(f"{spec} is named twice")
            seen.add(spec)

    def projects(self) -> dict[str, str]:
        """Return each project with its domain, in the order of the file."""
        return {spec: domain for domain, specs in self.domains.items() for spec in specs}


class ProjectOutcome(msgspec.Struct, frozen=True, kw_only=True):
    """What became of one project: a line of the journal."""

    spec: str
    era: str
    """Which Python and toolchain it was tried with: an outcome under others says nothing now."""
    codebase: str = ""
    """Digest of the prepared codebase; empty when it could not be prepared."""
    group: str = ""
    """Kind of failure; empty when there was none."""
    reason: str = ""
    """Why it could not be prepared, in full."""
    duration_s: float = 0.0
    """Wall time of this try, zero where it was found prepared."""


class CatalogueRow(msgspec.Struct, frozen=True, kw_only=True):
    """One prepared project as a table shows it."""

    spec: str
    domain: str
    licence: str
    n_source_lines: int
    n_tests: int
    """Tests that pass every time."""
    suite_s: float
    """Wall seconds of one run of the suite."""
    n_set_aside: int
    runner: str
    codebase: str


class CatalogueOutcome(msgspec.Struct, frozen=True, kw_only=True):
    """What became of a catalogue."""

    projects: tuple[ProjectOutcome, ...]
    """In the order of the catalogue, however they were run."""
    rows: tuple[CatalogueRow, ...]

    @property
    def failed(self) -> tuple[ProjectOutcome, ...]:
        """The projects that could not be prepared."""
        return tuple(project for project in self.projects if not project.codebase)

    def groups(self) -> dict[str, tuple[ProjectOutcome, ...]]:
        """Return the failures by kind, the most frequent first."""
        found: dict[str, list[ProjectOutcome]] = {}
        for project in self.failed:
            found.setdefault(project.group, []).append(project)
        ordered = sorted(found.items(), key=lambda item: (-len(item[1]), item[0]))
        return {group: tuple(projects) for group, projects in ordered}


class CatalogueProgress(msgspec.Struct, frozen=True, kw_only=True):
    """How far a catalogue is, told when a project is begun or done."""

    doing: str
    n_done: int
    n_all: int
    n_failed: int


Tell = Callable[[CatalogueProgress], None]


def read_catalogue(path: Path) -> Catalogue:
    """Read a catalogue.

    Raises:
        ConfigError: It is missing or broken, or a project is not pinned or named twice.
    """
    return read_toml(path, Catalogue)


class CatalogueRun:
    """Prepares the projects of one catalogue."""

    def __init__(self, catalogue: Catalogue, sandbox: Sandbox, store: CodebaseStore) -> None:
        self.catalogue = catalogue
        self.sandbox = sandbox
        self.store = store

    def run(
        self, journal: Path, *, jobs: int = 1, again: bool = False, tell: Tell = lambda _: None
    ) -> CatalogueOutcome:
        """Prepare all that is not prepared yet and has not failed before.

        Args:
            journal: Where outcomes are kept, and where those of earlier runs are read.
            jobs: How many projects at a time.
            again: Try those too that failed before.
            tell: Called when a project is begun or done.

        Raises:
            ConfigError: Nothing is named, or another process writes the journal.
            SandboxError: No box can be started here at all.
            RecordError: The journal is damaged.
        """
        projects = self.catalogue.projects()
        if not projects:
            raise ConfigError("the catalogue names no project")
        self.sandbox.check()
        done: dict[str, ProjectOutcome] = {}
        journal.parent.mkdir(parents=True, exist_ok=True)
        with Journal(journal) as lines:
            failures = {} if again else _failures(lines)
            for spec in projects:
                if (held := find_prepared(spec, self.store)) is not None:
                    done[spec] = _outcome(spec, codebase=held.codebase.id)
                elif spec in failures:
                    done[spec] = failures[spec]
            self._prepare([s for s in projects if s not in done], lines, done, jobs, tell)
        ordered = tuple(done[spec] for spec in projects)
        return CatalogueOutcome(projects=ordered, rows=tuple(self._rows(ordered)))

    def _prepare(
        self,
        specs: Sequence[str],
        journal: Journal,
        done: dict[str, ProjectOutcome],
        jobs: int,
        tell: Tell,
    ) -> None:
        """Work through `specs` in threads of their own: most of the time is spent elsewhere."""
        wanted: queue.SimpleQueue[str] = queue.SimpleQueue()
        said: queue.SimpleQueue[str | ProjectOutcome] = queue.SimpleQueue()
        for spec in specs:
            wanted.put(spec)

        def work() -> None:
            with contextlib.suppress(queue.Empty):
                while True:
                    spec = wanted.get_nowait()
                    said.put(spec)
                    said.put(self._try(spec))

        # Nobody waits for these at the end: who stops Etude by hand stops it at once.
        for _ in range(min(jobs, len(specs))):
            threading.Thread(target=work, daemon=True).start()
        n_left, doing = len(specs), ""
        while n_left:
            heard = said.get()
            if isinstance(heard, str):
                doing = heard
            else:
                journal.append(heard)
                done[heard.spec] = heard
                n_left -= 1
            tell(
                CatalogueProgress(
                    doing=doing,
                    n_done=len(done),
                    n_all=len(done) + n_left,
                    n_failed=sum(not outcome.codebase for outcome in done.values()),
                )
            )

    def _try(self, spec: str) -> ProjectOutcome:
        started = time.monotonic()
        try:
            with blame(SandboxError, f"{spec}: preparing it"):
                held = asyncio.run(prepare(spec, self.sandbox, self.store))
            outcome = _outcome(spec, codebase=held.codebase.id)
        except (ConfigError, TaskError) as error:
            outcome = _outcome(spec, group=group_of(str(error)), reason=str(error))
        except EtudeError as error:
            group = RUNNER if RUNNER_SAID in str(error) else PASSING
            outcome = _outcome(spec, group=group, reason=str(error))
        spent_s = round(time.monotonic() - started, 1)
        return msgspec.structs.replace(outcome, duration_s=spent_s)

    def _rows(self, outcomes: Sequence[ProjectOutcome]) -> list[CatalogueRow]:
        domains = self.catalogue.projects()
        rows = []
        for outcome in outcomes:
            held = self.store.find(outcome.codebase) if outcome.codebase else None
            if held is None:
                continue
            card = held.codebase
            rows.append(
                CatalogueRow(
                    spec=outcome.spec,
                    domain=domains[outcome.spec],
                    licence=card.origin.licence,
                    n_source_lines=card.n_source_lines,
                    n_tests=sum(test.outcome == "passed" for test in card.tests),
                    suite_s=card.suite_s,
                    n_set_aside=len(card.set_aside),
                    runner=card.runner,
                    codebase=card.id,
                )
            )
        return rows


def group_of(reason: str) -> str:
    """Return the kind of failure that a message speaks of."""
    return next((name for name, said in _GROUPS if re.search(said, reason)), "other")


def _outcome(spec: str, *, codebase: str = "", group: str = "", reason: str = "") -> ProjectOutcome:
    return ProjectOutcome(
        spec=spec, era=ERA_OF_RESULTS, codebase=codebase, group=group, reason=reason
    )


def _failures(journal: Journal) -> dict[str, ProjectOutcome]:
    """Return the failures that still hold, by project."""
    last = {entry.spec: entry for entry in journal.read(ProjectOutcome)}
    return {
        spec: entry
        for spec, entry in last.items()
        if entry.era == ERA_OF_RESULTS
        and entry.group not in ("", PASSING)
        # What lies in a folder may be something else by now.
        and not Path(spec).is_dir()
    }
