"""Candidates: the bugs that makers propose for one codebase, each once."""

import asyncio
import contextlib
from collections.abc import AsyncGenerator, Iterator, Mapping, Sequence
from random import Random

from etude.records import TextFile
from etude.rollout.grading import reason_to_drop, run_tests
from etude.rollout.suites import SuiteRun
from etude.sandbox import Sandbox
from etude.stages.swe.bugs import Bug, BugMaker, Kept, Material, SourceFile
from etude.stages.swe.ledger import Verdict
from etude.stages.swe.toolchains._layout import source_files
from etude.stages.swe.validate import fingerprint
from etude.store import Prepared


class Questions:
    """Asks what tests say of changed trees, so many at a time."""

    def __init__(self, prepared: Prepared, sandbox: Sandbox, gate: asyncio.Semaphore) -> None:
        self.prepared = prepared
        self.sandbox = sandbox
        self.gate = gate
        self.machine_s = 0.0
        """Spent on runs that were asked for, in seconds by the clock of their boxes."""

    async def __call__(
        self, files: Mapping[str, str | None], tests: Sequence[str] | None = None
    ) -> SuiteRun:
        """Run the tests with these ids, or all, in a fresh box."""
        async with self.gate:
            run = await run_tests(self.prepared, dict(files), self.sandbox, tests=tests)
        self.machine_s += run.duration_s
        return run


async def candidates(
    makers: Sequence[BugMaker],
    prepared: Prepared,
    seed: int,
    ask: Questions,
    kept: Sequence[Verdict] = (),
) -> AsyncGenerator[Bug, None]:
    """Yield the bugs of all makers in turn; the same in the same order for the same seed.

    Args:
        makers: Who proposes.
        prepared: The codebase.
        seed: Decides what is proposed.
        ask: Whom makers may ask.
        kept: Verdicts on bugs of this codebase that became tasks.
    """
    material = Material(
        codebase=prepared.codebase,
        source=prepared.source,
        files=tuple(read_sources(prepared)),
        coverage=prepared.coverage(),
        ask=ask,
        notes=prepared.folder.parent / "notes" / prepared.codebase.id,
        kept=tuple(_kept(prepared, kept)),
    )
    streams = [
        maker.search(material, Random(f"{seed}:{prepared.codebase.id}:{number}"))
        for number, maker in enumerate(makers)
    ]
    seen: set[str] = set()
    async with contextlib.AsyncExitStack() as closing:
        for stream in streams:
            await closing.enter_async_context(contextlib.aclosing(stream))
        while streams:
            for stream in list(streams):
                bug = await anext(stream, None)
                if bug is None:
                    streams.remove(stream)
                elif (candidate := fingerprint(bug)) not in seen:
                    seen.add(candidate)
                    yield bug


def _kept(prepared: Prepared, verdicts: Sequence[Verdict]) -> Iterator[Kept]:
    for verdict in verdicts:
        if verdict.task is None or verdict.workspace is None or verdict.key is None:
            continue
        tests = {test.path for test in prepared.codebase.tests}
        files, beside = list[TextFile](), list[TextFile]()
        for file in verdict.workspace.files:
            if not reason_to_drop(file.path, prepared.codebase):
                files.append(file)
            elif file.path not in tests:
                beside.append(file)
        yield Kept(
            files=tuple(files),
            key=verdict.key,
            report=verdict.task.statement,
            beside=tuple(beside),
        )


def read_sources(prepared: Prepared) -> Iterator[SourceFile]:
    """Yield the project's own files that at least one stable test runs."""
    covered = prepared.coverage().lines
    roots = prepared.codebase.source_roots
    for path in source_files(prepared.source, roots):
        name = path.relative_to(prepared.source).as_posix()
        lines = frozenset(covered.get(name, ()))
        if not lines or reason_to_drop(name, prepared.codebase):
            continue
        try:
            text = path.read_bytes().decode()
        except UnicodeDecodeError:
            continue
        yield SourceFile(path=name, text=text, covered=lines)
