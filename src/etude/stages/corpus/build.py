"""Build a corpus: read, do the steps, write the data set.

The corpus is walked over once for every step that compares documents, and once more; the steps in
between are done on the way. What a part of the corpus left behind lies in the work folder of the
data set until all is done, so that the same command goes on after it was killed.
"""

import hashlib
import shutil
import time
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import TypeVar

import msgspec

from etude import __version__
from etude.engine import Engine, Job
from etude.engine import Progress as EngineProgress
from etude.errors import ConfigError, EtudeError
from etude.records import BrokenRecord, DroppedDocument, DuplicateCopy
from etude.stages.corpus.ledger import Samples, StepLedger
from etude.stages.corpus.passes import (
    BROKEN,
    COPIES,
    READ,
    SAMPLES,
    PartAnswer,
    PartUnit,
    PassSettings,
)
from etude.stages.corpus.recipe import CorpusRecipe, Plan, plan, plugin_name
from etude.stages.corpus.shards import (
    ShardSettings,
    ShardUnit,
    WrittenShard,
    find_repeated_ids,
    find_signals,
)
from etude.stages.corpus.steps import AcrossStep
from etude.stages.corpus.workroom import Workroom, read_rows
from etude.store import WORK, Counts, Dataset, DatasetWriter, write_whole
from etude.store.manifest import NAME as MANIFEST

RowT = TypeVar("RowT", bound=msgspec.Struct)
_MADE_BY = "etude corpus build"


class Made(msgspec.Struct, frozen=True, kw_only=True):
    """What decides a corpus: written into its manifest, compared when it is made again."""

    command: str
    recipe: CorpusRecipe
    inputs: str
    """Digest of the names and sizes of everything that is read."""


class BuildProgress(msgspec.Struct, frozen=True, kw_only=True):
    """How far a build is."""

    doing: str
    engine: EngineProgress | None = None


class BuildOutcome(msgspec.Struct, frozen=True, kw_only=True):
    """What a build made."""

    path: str
    n_read: int
    """Documents read and records that could not be."""
    n_kept: int
    bytes_kept: int
    n_broken: int
    dropped: dict[str, int]
    duration_s: float
    again: bool = False
    """Whether it was there already, so that nothing was done."""


Tell = Callable[[BuildProgress], None]


def build(
    recipe: CorpusRecipe,
    target: Path,
    engine: Engine,
    *,
    tell: Tell = lambda progress: None,
) -> BuildOutcome:
    """Make the corpus that `recipe` describes at `target`, or go on with it.

    Raises:
        ConfigError: The recipe is wrong, or `target` holds something else.
        EtudeError: A part could not be done.
    """
    began = time.monotonic()
    made = plan(recipe)
    units = _units(made)
    aim = Made(command=_MADE_BY, recipe=made.resolved, inputs=_digest(made, units))
    with DatasetWriter(target, record="document") as writer:
        if (there := _already(target, aim)) is not None:
            return there
        build_ = _Build(made, units, Workroom(target / WORK), engine, tell)
        build_.prepare(aim)
        try:
            for number in range(len(made.passes)):
                build_.walk(number)
        except ConfigError:
            build_.clear_if_idle()
            raise
        outcome = build_.finish(writer, aim, target, began)
        build_.room.clear()
    return outcome


def _units(made: Plan) -> list[PartUnit]:
    units: list[PartUnit] = []
    for source, reader in enumerate(made.readers):
        for part in reader.parts():
            units.append(PartUnit(number=len(units), source=source, part=part))
    if not units:
        raise ConfigError("the sources hold nothing to read")
    return units


def _digest(made: Plan, units: Sequence[PartUnit]) -> str:
    beside = [listed for reader in made.readers for listed in reader.beside()]
    told = msgspec.json.encode(units) + (msgspec.json.encode(beside) if beside else b"")
    return hashlib.sha256(told).hexdigest()


def _already(target: Path, aim: Made) -> BuildOutcome | None:
    """Return the outcome of a finished build of the same recipe; refuse any other."""
    if not (target / MANIFEST).exists():
        return None
    held = Dataset.open(target)
    if held.manifest.recipe != _encode(aim):
        raise ConfigError(
            f"{target} holds a data set that was made otherwise (another recipe, or its sources "
            "have changed since); name a new folder"
        )
    counts = held.manifest.counts
    return BuildOutcome(
        path=str(target),
        n_read=counts.n_in,
        n_kept=counts.n_kept,
        bytes_kept=0,
        n_broken=0,
        dropped=counts.dropped,
        duration_s=0.0,
        again=True,
    )


def _encode(aim: Made) -> str:
    return msgspec.json.encode(aim, order="deterministic").decode()


class _Build:
    """One corpus being made."""

    def __init__(
        self,
        made: Plan,
        units: Sequence[PartUnit],
        room: Workroom,
        engine: Engine,
        tell: Tell,
    ) -> None:
        self.plan = made
        self.units = units
        self.room = room
        self.engine = engine
        self.tell = tell
        self.answers: list[list[PartAnswer]] = []

    def prepare(self, aim: Made) -> None:
        """Begin, or go on with what an earlier run left."""
        # What another version of the code left half-made may mean something else to this one.
        mark, recipe = self.room.recipe, f"{__version__}\n{_encode(aim)}".encode()
        if mark.exists() and mark.read_bytes() != recipe:
            self.room.clear()
        self.room.folder.mkdir(parents=True, exist_ok=True)
        write_whole(mark, recipe)

    def clear_if_idle(self) -> None:
        """Clear the work folder if no part was done, so that a wrong request leaves nothing."""
        if not any(self.room.answers(0).glob("*.json")):
            self.room.clear()

    def walk(self, number: int) -> None:
        """Do one pass over every part, then let the comparing step at its end decide."""
        walk = self.plan.passes[number]
        settings = PassSettings(
            folder=str(self.room.folder), number=number, recipe=self.plan.resolved
        )
        job = Job(
            function="etude.stages.corpus.passes:walk_part",
            settings=msgspec.json.encode(settings).decode(),
        )
        labels = [self.plan.steps[index].label for index in walk.steps]
        n_passes = len(self.plan.passes)
        what = "reading" if number == 0 else self.plan.steps[walk.judged or 0].label
        doing = f"pass {number + 1} of {n_passes} ({', '.join([what, *labels])})"
        answers = self.engine.map(
            job,
            [msgspec.json.encode(unit).decode() for unit in self.units],
            self.room.answers(number),
            sizes=self._sizes(number),
            measure=lambda answer: msgspec.json.decode(answer, type=PartAnswer).bytes_in,
            tell=lambda progress: self.tell(BuildProgress(doing=doing, engine=progress)),
        )
        self.answers.append([msgspec.json.decode(text, type=PartAnswer) for text in answers])
        if number > 0:
            self.room.forget_documents(number - 1)
        if walk.gathered is not None:
            self._settle(walk.gathered)

    def finish(self, writer: DatasetWriter, aim: Made, target: Path, began: float) -> BuildOutcome:
        """Write the data set."""
        find_repeated_ids(self.room, len(self.units))
        for shard in self._shards():
            writer.add_shard("documents", self.room.folder / shard.name)
        ledgers = self._ledgers()
        writer.write(
            "funnel",
            [ledger.count(label, place) for place, (label, ledger) in enumerate(ledgers.items())],
        )
        writer.write(
            "tallies",
            (row for label, ledger in ledgers.items() for row in ledger.tally_rows(label)),
        )
        writer.write("dropped", self._samples())
        n_broken: dict[str, int] = {}
        writer.write("broken", self._broken(n_broken))
        writer.write("duplicates", self._rows(COPIES, DuplicateCopy))
        dropped = {
            f"{label}: {reason}": n
            for label, ledger in ledgers.items()
            for reason, n in ledger.reasons.items()
        } | {f"broken: {reason}": n for reason, n in n_broken.items()}
        n_read = ledgers[READ].size_in.n
        n_kept = sum(answer.n_out for answer in self.answers[-1])
        if n_read != n_kept + sum(dropped.values()):
            raise EtudeError(
                f"{n_read} records were read, but {n_kept} kept and {sum(dropped.values())} "
                "dropped: documents were lost on the way; please report this"
            )
        manifest = writer.finish(
            recipe=_encode(aim),
            counts=Counts(n_in=n_read, dropped=dropped),
            parents=self._parents(),
        )
        return BuildOutcome(
            path=str(target),
            n_read=n_read,
            n_kept=manifest.counts.n_kept,
            bytes_kept=sum(answer.bytes_out for answer in self.answers[-1]),
            n_broken=sum(n_broken.values()),
            dropped=dropped,
            duration_s=time.monotonic() - began,
        )

    def _sizes(self, number: int) -> list[int]:
        if number == 0:
            return [unit.part.size_bytes for unit in self.units]
        return [answer.bytes_out for answer in self.answers[number - 1]]

    def _settle(self, index: int) -> None:
        if self.room.settled(index).exists():
            return
        label, step = self.plan.steps[index]
        assert isinstance(step, AcrossStep)  # noqa: S101 - passes end at comparing steps
        self.tell(BuildProgress(doing=f"{label}: deciding"))
        step.settle(self.room.spill(index))
        write_whole(self.room.settled(index), b"")
        # What was gathered is not asked for again; the decision stays.
        self.room.spill(index).clear()

    def _shards(self) -> list[WrittenShard]:
        written = self._write_shards()
        if any(not (self.room.folder / shard.name).exists() for shard in written):
            # A run that was killed while it took the shards in has moved some of them away.
            shutil.rmtree(self.room.shards_done)
            written = self._write_shards()
        return written

    def _write_shards(self) -> list[WrittenShard]:
        last = len(self.plan.passes) - 1
        sizes = [answer.bytes_out for answer in self.answers[last]]
        groups = [*_groups(sizes, self.plan.resolved.shard_bytes)]
        settings = ShardSettings(
            folder=str(self.room.folder),
            number=last,
            shard_bytes=self.plan.resolved.shard_bytes,
            signals=find_signals(self.room, last, len(self.units)),
        )
        job = Job(
            function="etude.stages.corpus.shards:write_shards",
            settings=msgspec.json.encode(settings).decode(),
        )
        units = [ShardUnit(number=n, parts=parts) for n, parts in enumerate(groups)]
        answers = self.engine.map(
            job,
            [msgspec.json.encode(unit).decode() for unit in units],
            self.room.shards_done,
            sizes=[sum(sizes[part] for part in parts) for parts in groups],
            measure=_bytes_written,
            tell=lambda progress: self.tell(BuildProgress(doing="writing shards", engine=progress)),
        )
        return [
            shard
            for answer in answers
            for shard in msgspec.json.decode(answer, type=list[WrittenShard])
        ]

    def _ledgers(self) -> dict[str, StepLedger]:
        """Add up what each step did, in the order of the recipe."""
        ledgers = {READ: StepLedger()} | {label: StepLedger() for label, _ in self.plan.steps}
        for answers in self.answers:
            for answer in answers:
                for label, ledger in answer.steps.items():
                    ledgers[label].add(ledger)
        return ledgers

    def _samples(self) -> Iterator[DroppedDocument]:
        resolved = self.plan.resolved
        chosen = Samples(resolved.samples_per_reason, resolved.seed)
        for row in self._rows(SAMPLES, DroppedDocument):
            if resolved.samples_per_reason < 0:
                yield row
            else:
                chosen.offer(row)
        yield from chosen.rows()

    def _broken(self, counts: dict[str, int]) -> Iterator[BrokenRecord]:
        seen: dict[str, int] = {}
        for row in self._rows(BROKEN, BrokenRecord):
            counts[row.reason] = counts.get(row.reason, 0) + 1
            seen[row.id] = seen.get(row.id, 0) + 1
            again = "" if seen[row.id] == 1 else f"#{seen[row.id]}"
            yield msgspec.structs.replace(row, id=row.id + again)

    def _rows(self, table: str, record: type[RowT]) -> Iterator[RowT]:
        for number in range(len(self.plan.passes)):
            for unit in self.units:
                yield from read_rows(self.room.rows(number, unit.number, table), record)

    def _parents(self) -> list[str]:
        """Digests of the data sets that were read."""
        return [
            Dataset.open(Path(path)).manifest.digest
            for reader in self.plan.readers
            if plugin_name(reader) == "dataset"
            for path in reader.paths
        ]


def _bytes_written(answer: str) -> int:
    return sum(shard.n_bytes for shard in msgspec.json.decode(answer, type=list[WrittenShard]))


def _groups(sizes: Sequence[int], limit: int) -> Iterator[tuple[int, ...]]:
    """Cut parts into runs that fill a shard each."""
    group: list[int] = []
    size = 0
    for part, n_bytes in enumerate(sizes):
        if n_bytes == 0:
            continue
        if group and size + n_bytes > limit:
            yield tuple(group)
            group, size = [], 0
        group.append(part)
        size += n_bytes
    if group:
        yield tuple(group)
