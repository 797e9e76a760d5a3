"""Take problems out of question-and-answer files, and keep those whose own answer is accepted."""

import asyncio
import re
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

import msgspec

from etude import __version__
from etude.errors import ConfigError
from etude.records import BrokenRecord, Origin, Problem, Reference
from etude.rollout import Bench, open_bench
from etude.rollout.graders import Means, graders
from etude.stages.problems.likeness import likenesses
from etude.stages.problems.sources import Taken, sources
from etude.store import Counts, DatasetWriter
from etude.store.manifest import digest_file

MADE_BY = f"etude.stages.problems.take {__version__}"
NOT_ACCEPTED = "its own answer is not accepted"
NO_VERDICT = "its own answer gets no verdict"
BROKEN = "not readable as a problem"
_AT_ONCE = 64


class TakeRecipe(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What to take, and from where."""

    files: tuple[str, ...]
    source: dict[str, object]
    """The layout of the files: its name under `use`, and its settings."""
    licence: str = ""
    """SPDX expression that holds where a file states none; empty when nobody said."""


class TakeOutcome(msgspec.Struct, frozen=True, kw_only=True):
    """What was taken, and why the rest was not."""

    path: str
    n_problems: int
    n_in: int
    dropped: dict[str, int]
    first_refused: str = ""
    """One problem whose own answer was not accepted, and why; empty when all were."""


class _Pair(msgspec.Struct, frozen=True, kw_only=True):
    problem: Problem
    reference: Reference


async def take(
    recipe: TakeRecipe,
    target: Path,
    means: Means,
    *,
    tell: Callable[[int], None] = lambda n_seen: None,
) -> TakeOutcome:
    """Take the problems that `recipe` names, prove each one by its own answer, and write them.

    The answer of each, or its solution where that is a program, is put to its grader in the form
    that is asked for. Where there is neither, as with tests alone, nothing can be proved and the
    problem is kept.

    Raises:
        ConfigError: A file cannot be read, no problem is left, or `target` holds something else.
        SandboxError: A box failed.
    """
    layout = sources.make(recipe.source)
    if not recipe.files:
        raise ConfigError("name at least one file to take problems from")
    dropped: Counter[str] = Counter()
    broken: list[BrokenRecord] = []
    kept: list[_Pair] = []
    refused: list[str] = []
    n_in = 0
    async with open_bench(means) as bench:
        for name in recipe.files:
            path = Path(name)
            digest = ""
            for several in _batches(layout.read(path)):
                digest = digest or digest_file(path)
                n_in += len(several)
                bad = [item for item in several if isinstance(item, BrokenRecord)]
                broken += bad
                dropped[BROKEN] += len(bad)
                pairs = [
                    _pair(item, path, digest, recipe)
                    for item in several
                    if not isinstance(item, BrokenRecord)
                ]
                reasons = await asyncio.gather(*(_prove(pair, bench) for pair in pairs))
                for pair, (reason, why) in zip(pairs, reasons, strict=True):
                    if reason:
                        dropped[reason] += 1
                        refused.append(f"{pair.problem.id}: {why}")
                    else:
                        kept.append(pair)
                tell(n_in)
    kept = _once_each(kept, dropped)
    if not kept:
        raise ConfigError(f"no problem is left of {n_in}: {dict(dropped)}")
    with DatasetWriter(target, record="problem") as writer:
        writer.write("problems", [pair.problem for pair in kept])
        writer.write("references", [pair.reference for pair in kept])
        writer.write("broken", broken)
        writer.finish(
            recipe=msgspec.json.encode(recipe, order="sorted").decode(),
            counts=Counts(n_in=n_in, dropped=dict(sorted((+dropped).items()))),
        )
    return TakeOutcome(
        path=str(target),
        n_problems=len(kept),
        n_in=n_in,
        dropped=dict((+dropped).most_common()),
        first_refused=refused[0] if refused else "",
    )


def _batches(items: Iterator[Taken | BrokenRecord]) -> Iterator[list[Taken | BrokenRecord]]:
    batch: list[Taken | BrokenRecord] = []
    for item in items:
        batch.append(item)
        if len(batch) == _AT_ONCE:
            yield batch
            batch = []
    if batch:
        yield batch


def _pair(taken: Taken, path: Path, digest: str, recipe: TakeRecipe) -> _Pair:
    stem = re.sub(r"[^A-Za-z0-9_.-]+", "-", path.name.split(".")[0]) or "file"
    id_ = f"{stem}-{re.sub(r'[^A-Za-z0-9_.-]+', '-', taken.place)}"
    settings = msgspec.json.decode(taken.grader, type=dict[str, object])
    problem = Problem(
        id=id_,
        origin=Origin(
            source=f"file:{path.name}#{taken.place}, sha256 {digest}",
            licence=taken.licence or recipe.licence,
            made_by=MADE_BY,
        ),
        statement=taken.statement,
        instruction=graders.make(settings).instruction,
        topic=taken.topic,
        family=path.name,
        level=taken.level,
    )
    reference = Reference(
        problem_id=id_,
        answer=taken.answer,
        grader=taken.grader,
        tests=taken.tests,
        entry=taken.entry,
        solution=taken.solution,
    )
    return _Pair(problem=problem, reference=reference)


async def _prove(pair: _Pair, bench: Bench) -> tuple[str, str]:
    """Return why the problem is refused, in a few words and in full; empty when it is not."""
    reference = pair.reference
    given = reference.solution if reference.tests else reference.answer
    if not given:
        return "", ""
    settings = msgspec.json.decode(reference.grader, type=dict[str, object])
    grade = await bench.grade(graders.make(settings).present(given), reference)
    if grade.score is None:
        return NO_VERDICT, grade.fault
    return ("", "") if grade.solved else (NOT_ACCEPTED, grade.note)


def _once_each(kept: Sequence[_Pair], dropped: Counter[str]) -> list[_Pair]:
    exact = likenesses.make("exact")
    copies = exact.copies([pair.problem.statement for pair in kept])
    dropped[exact.reason] += sum(earlier >= 0 for earlier in copies)
    seen: Counter[str] = Counter()
    once = []
    for pair, earlier in zip(kept, copies, strict=True):
        if earlier >= 0:
            continue
        id_ = pair.problem.id
        seen[id_] += 1
        if seen[id_] > 1:
            # Two files of one name, or one that gives an id twice.
            id_ = f"{id_}-{seen[id_]}"
            pair = _Pair(
                problem=msgspec.structs.replace(pair.problem, id=id_),
                reference=msgspec.structs.replace(pair.reference, problem_id=id_),
            )
        once.append(pair)
    return once
