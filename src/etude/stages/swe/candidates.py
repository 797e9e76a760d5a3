"""Candidates: the bugs that makers propose for one codebase, each once."""

from collections.abc import Iterator, Sequence
from random import Random

from etude.rollout.grading import reason_to_drop
from etude.stages.swe.bugs import Bug, BugMaker, SourceFile
from etude.stages.swe.toolchains._layout import source_files
from etude.stages.swe.validate import fingerprint
from etude.store import Prepared


def candidates(makers: Sequence[BugMaker], prepared: Prepared, seed: int) -> Iterator[Bug]:
    """Yield the bugs of all makers in turn; the same in the same order for the same seed."""
    files = list(read_sources(prepared))
    streams = [
        maker.propose(files, Random(f"{seed}:{prepared.codebase.id}:{number}"))
        for number, maker in enumerate(makers)
    ]
    seen: set[str] = set()
    while streams:
        for stream in list(streams):
            bug = next(stream, None)
            if bug is None:
                streams.remove(stream)
            elif (candidate := fingerprint(bug)) not in seen:
                seen.add(candidate)
                yield bug


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
