"""What a worker does: one walk over one part of the corpus."""

import time
from collections.abc import Iterator, Sequence
from functools import lru_cache
from pathlib import Path
from typing import NamedTuple

import msgspec
import numpy as np
import numpy.typing as npt
import pyarrow as pa

from etude.records import BrokenRecord, DroppedDocument, DuplicateCopy
from etude.stages.corpus.arrays import write_array
from etude.stages.corpus.batch import CLUSTER, take_kept
from etude.stages.corpus.kernel.measure import add_measurements
from etude.stages.corpus.ledger import (
    Samples,
    StepLedger,
    copies,
    dropped,
    measure,
    number,
    reasons,
    take_tallies,
)
from etude.stages.corpus.recipe import CorpusRecipe, Pass, Plan, plan
from etude.stages.corpus.shards import hash_ids, ids_file
from etude.stages.corpus.steps import AcrossStep, Step
from etude.stages.corpus.workroom import BatchFile, RowFile, Workroom, read_documents
from etude.store.readers import Part


class PassSettings(msgspec.Struct, frozen=True, kw_only=True):
    """What every part of a pass is told."""

    folder: str
    number: int
    recipe: CorpusRecipe


class PartUnit(msgspec.Struct, frozen=True, kw_only=True):
    """One part of the corpus."""

    number: int
    source: int
    """Which of the recipe's sources it belongs to."""
    part: Part


class PartAnswer(msgspec.Struct, kw_only=True):
    """What a pass did to a part."""

    bytes_in: int = 0
    """Text that came in, UTF-8."""
    n_out: int = 0
    bytes_out: int = 0
    n_broken: int = 0
    steps: dict[str, StepLedger] = {}


READ = "read"
"""Name under which reading stands in the funnel."""
SAMPLES, BROKEN, COPIES = "samples", "broken", "copies"
"""Names of the side tables of a part."""


def walk_part(settings: str, unit: str) -> str:
    """Do one pass over one part; settings, unit and answer are JSON."""
    told = msgspec.json.decode(settings, type=PassSettings)
    part = msgspec.json.decode(unit, type=PartUnit)
    return msgspec.json.encode(_Walk(told, _plan_of(settings), part).run()).decode()


@lru_cache(maxsize=2)
def _plan_of(settings: str) -> Plan:
    return plan(msgspec.json.decode(settings, type=PassSettings).recipe)


class _Stage(NamedTuple):
    """One thing that a pass does to each batch."""

    label: str
    step: Step
    judges: bool


class _Walk:
    """One pass over one part."""

    def __init__(self, told: PassSettings, made: Plan, unit: PartUnit) -> None:
        self.told = told
        self.plan = made
        self.unit = unit
        self.room = Workroom(Path(told.folder))
        self.walk: Pass = made.passes[told.number]
        self.answer = PartAnswer()
        self.samples = Samples(made.resolved.samples_per_reason, made.resolved.seed)
        self.stages = [*self._stages()]
        self.wanted = _measured_before(self.stages)
        self.ids: list[npt.NDArray[np.uint64]] = []

    def run(self) -> PartAnswer:
        """Walk over the part and leave what is left of it in the workroom."""
        pass_number, part = self.told.number, self.unit.number
        self.answer.steps = {label: StepLedger() for label, _, _ in self.stages}
        gathered = self._gathered()
        with (
            BatchFile(self.room.documents(pass_number, part)) as out,
            RowFile(self.room.rows(pass_number, part, COPIES), DuplicateCopy) as found,
        ):
            self.found = found
            if gathered is None:
                for batch in self._batches():
                    self._keep(self._do_all(batch), out)
            else:
                spill = self.room.spill(self.walk.gathered or 0)
                with spill.writer(part) as writer:
                    for batch in self._batches():
                        left = self._do_all(batch)
                        if left.num_rows:
                            began = time.process_time()
                            gathered.step.gather(left, writer)
                            self.answer.steps.setdefault(gathered.label, StepLedger()).cpu_s += (
                                time.process_time() - began
                            )
                        self._keep(left, out)
        with RowFile(self.room.rows(pass_number, part, SAMPLES), DroppedDocument) as rows:
            for document in self.samples.rows():
                rows.add(document)
        if pass_number == 0:
            ids = np.concatenate(self.ids) if self.ids else np.zeros(0, np.uint64)
            write_array(ids_file(self.room, part), np.uint64, [ids])
        return self.answer

    def _stages(self) -> Iterator[_Stage]:
        if self.walk.judged is not None:
            label, step = self.plan.steps[self.walk.judged]
            yield _Stage(label, step, judges=True)
        for index in self.walk.steps:
            label, step = self.plan.steps[index]
            yield _Stage(label, step, judges=False)

    def _gathered(self) -> "_Gatherer | None":
        if self.walk.gathered is None:
            return None
        label, step = self.plan.steps[self.walk.gathered]
        assert isinstance(step, AcrossStep)  # noqa: S101 - passes end at comparing steps
        return _Gatherer(label, step)

    def _batches(self) -> Iterator[pa.RecordBatch]:
        if self.told.number > 0:
            yield from read_documents(self.room.documents(self.told.number - 1, self.unit.number))
            return
        reader = self.plan.readers[self.unit.source]
        first, ledger = 0, self.answer.steps.setdefault(READ, StepLedger())
        path = self.room.rows(0, self.unit.number, BROKEN)
        with RowFile(path, BrokenRecord) as broken:
            batches = reader.read(self.unit.part, broken.add)
            while True:
                began = time.process_time()
                batch = next(batches, None)
                ledger.cpu_s += time.process_time() - began
                if batch is None:
                    break
                self.ids.append(hash_ids(batch))
                size = measure(batch)
                ledger.size_in.add(size)
                ledger.size_out.add(size)
                yield number(batch, self.unit.number, first)
                first += batch.num_rows
            self.answer.n_broken = broken.n_rows
        ledger.size_in.n += self.answer.n_broken

    def _do_all(self, batch: pa.RecordBatch) -> pa.RecordBatch:
        size = measure(batch)
        self.answer.bytes_in += size.n_bytes
        for stage in self.stages:
            if batch.num_rows == 0:
                break
            ledger = self.answer.steps[stage.label]
            ledger.size_in.add(size)
            began = time.process_time()
            if wanted := self.wanted.get(stage.label):
                batch = add_measurements(batch, wanted)
            batch = self._do(stage, batch)
            ledger.cpu_s += time.process_time() - began
            batch = take_tallies(batch, ledger.tallies)
            for copy in copies(batch, stage.label):
                self.found.add(copy)
            if CLUSTER in batch.schema.names:
                batch = batch.drop_columns([CLUSTER])
            batch, gone = take_kept(batch)
            for reason, n in reasons(gone).items():
                ledger.reasons[reason] = ledger.reasons.get(reason, 0) + n
            if self.samples.per_reason:
                for document in dropped(gone, stage.label):
                    self.samples.offer(document)
            size = measure(batch)
            ledger.size_out.add(size)
        return batch

    def _do(self, stage: _Stage, batch: pa.RecordBatch) -> pa.RecordBatch:
        if stage.judges and isinstance(stage.step, AcrossStep):
            return stage.step.judge(batch, self.room.spill(self.walk.judged or 0))
        return stage.step.apply(batch)

    def _keep(self, batch: pa.RecordBatch, out: BatchFile) -> None:
        if batch.num_rows:
            out.write(batch)
            self.answer.n_out += batch.num_rows
            self.answer.bytes_out += measure(batch).n_bytes


def _measured_before(stages: Sequence[_Stage]) -> dict[str, frozenset[str]]:
    """Say before which steps the texts are measured, and for which measurements.

    Steps that follow each other are measured in one pass over the bytes, up to the first that
    changes the texts.
    """
    wanted: dict[str, frozenset[str]] = {}
    first: str | None = None
    for stage in stages:
        names = frozenset() if stage.judges else stage.step.measures()
        if names and first is None:
            first = stage.label
        if first is not None:
            wanted[first] = wanted.get(first, frozenset()) | names
        if stage.step.changes_text:
            first = None
    return wanted


class _Gatherer(NamedTuple):
    """The comparing step at the end of a pass."""

    label: str
    step: AcrossStep
