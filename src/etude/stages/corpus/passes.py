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

from etude.engine import Marker
from etude.errors import blame
from etude.records import BrokenRecord, DroppedDocument, DuplicateCopy
from etude.stages.corpus.arrays import write_array
from etude.stages.corpus.batch import CLUSTER, take_kept
from etude.stages.corpus.care import (
    Care,
    Reading,
    Reported,
    StepFaultError,
    Watched,
    broken_document,
)
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
from etude.stages.corpus.spill import SpillWriter
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
    done = Workroom(Path(told.folder)).answers(told.number)
    with Marker(done, part.number) as marker:
        while True:
            care = Care(marker, done, part.number)
            try:
                answer = _Walk(told, _plan_of(settings), part, care).run()
            except StepFaultError as fault:
                care.note(fault)
                continue
            return msgspec.json.encode(answer).decode()


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

    def __init__(self, told: PassSettings, made: Plan, unit: PartUnit, care: Care) -> None:
        self.care = care
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
        with (
            BatchFile(self.room.documents(pass_number, part)) as out,
            RowFile(self.room.rows(pass_number, part, COPIES), DuplicateCopy) as found,
            RowFile(self.room.rows(pass_number, part, BROKEN), BrokenRecord) as broken,
        ):
            self.found, self.broken = found, broken
            gathered = self._gathered()
            if gathered is None:
                for batch in self._batches():
                    self._keep(self._through(batch, None), out)
            else:
                with self.room.spill(self.walk.gathered or 0).writer(part) as writer:
                    gatherer = gathered._replace(writer=writer)
                    for batch in self._batches():
                        self._keep(self._through(batch, gatherer), out)
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
        return _Gatherer(label, step, None)

    def _batches(self) -> Iterator[pa.RecordBatch]:
        if self.told.number > 0:
            yield from read_documents(self.room.documents(self.told.number - 1, self.unit.number))
            return
        reader = self.plan.readers[self.unit.source]
        first, ledger = 0, self.answer.steps.setdefault(READ, StepLedger())
        reported = Reported(self.broken.add)
        watched = self.care.watches_reading
        batches = reader.read(
            self.unit.part, Watched(reported, self.care) if watched else reported.take
        )
        while True:
            if why := self.care.at(Reading(first), patient=True):
                reported.take(BrokenRecord(id=self._place_after(first), reason=why))
                break
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
        self.answer.n_broken = reported.n
        ledger.size_in.n += reported.n

    def _place_after(self, n_documents: int) -> str:
        paths = self.unit.part.paths
        more = f" and {len(paths) - 1} more" if len(paths) > 1 else ""
        start = f" from {self.unit.part.start}" if self.unit.part.start else ""
        return f"{paths[0]}{more}{start}, all after document {n_documents}"

    def _through(self, batch: pa.RecordBatch, gatherer: "_Gatherer | None") -> pa.RecordBatch:
        """Take a batch through the pass: at once, or document by document if one is suspected."""
        if batch.num_rows < 2 or not self.care.suspects(batch):
            return self._gather(self._do_all(batch), gatherer)
        left = []
        for row in range(batch.num_rows):
            one = self._gather(self._do_all(batch.take(pa.array([row]))), gatherer)
            if one.num_rows:
                left.append(one)
        if not left:
            return batch.slice(0, 0)
        table = pa.concat_tables([pa.table(one) for one in left], promote_options="default")
        whole: pa.RecordBatch = table.combine_chunks().to_batches()[0]
        return whole

    def _gather(self, batch: pa.RecordBatch, gatherer: "_Gatherer | None") -> pa.RecordBatch:
        """Write what the comparing step at the end of the pass wants to know of a batch."""
        if gatherer is None or gatherer.writer is None or batch.num_rows == 0:
            return batch
        ledger = self.answer.steps.setdefault(gatherer.label, StepLedger())
        if why := self.care.enter(batch, gatherer.label):
            ledger.size_in.add(measure(batch))
            return self._set_aside(batch, why, ledger)
        began = time.process_time()
        with blame(StepFaultError, f"step {gatherer.label}"):
            gatherer.step.gather(batch, gatherer.writer)
        ledger.cpu_s += time.process_time() - began
        return batch

    def _set_aside(self, batch: pa.RecordBatch, why: str, ledger: StepLedger) -> pa.RecordBatch:
        """Set the one document of a batch aside; return none."""
        self.broken.add(broken_document(batch, why))
        ledger.aside[why] = ledger.aside.get(why, 0) + 1
        return batch.slice(0, 0)

    def _do_all(self, batch: pa.RecordBatch) -> pa.RecordBatch:
        size = measure(batch)
        self.answer.bytes_in += size.n_bytes
        for stage in self.stages:
            if batch.num_rows == 0:
                break
            ledger = self.answer.steps[stage.label]
            ledger.size_in.add(size)
            if why := self.care.enter(batch, stage.label):
                return self._set_aside(batch, why, ledger)
            began = time.process_time()
            with blame(StepFaultError, f"step {stage.label}"):
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
    writer: SpillWriter | None
    """Where it gathers; there while a part is walked over."""
