"""Care: how a pass goes on over documents that kill or hang its worker, or make a step fail.

A part is walked over at full speed and says only where it is, batch by batch. After a death it is
walked over again from its beginning, and what it was at then is taken apart: the batch document by
document, the reading record by record. Who dies alone is known, and is set aside in the next walk.
"""

from collections.abc import Callable
from pathlib import Path

import msgspec
import pyarrow as pa

from etude.engine import Death, Marker, deaths, note_death
from etude.errors import EtudeError
from etude.records import BrokenRecord
from etude.stages.corpus.batch import rows
from etude.store.readers import Watcher

_MOST = 100
"""More documents than this of one part are not at fault: the step is, or the machine."""
_EXCERPT_CHARS = 80


class StepFaultError(EtudeError):
    """A step failed in a way that nobody foresaw."""


class Reading(msgspec.Struct, frozen=True, tag="reading"):
    """The source is being read, after so many documents."""

    n_documents: int


class OneRecord(msgspec.Struct, frozen=True, tag="record"):
    """One record of the source is being read."""

    place: str


class InStep(msgspec.Struct, frozen=True, tag="step"):
    """Some documents, the first to the last by their numbers, are in a step."""

    first: int
    last: int
    step: str


Place = Reading | OneRecord | InStep


class Care:
    """What is known of the deaths over one part in one pass; says where the part is now."""

    def __init__(self, marker: Marker, folder: Path, number: int) -> None:
        self.folder = folder
        self.number = number
        self._marker = marker
        self._here = ""
        self._fatal: dict[Place, str] = {}
        self._suspects: list[InStep] = []
        self.watches_reading = False
        """Whether reading has killed a worker, so that each record is to be told of."""
        for death in deaths(folder, number):
            self._learn(death)

    def _learn(self, death: Death) -> None:
        try:
            place = msgspec.json.decode(death.place, type=Place)
        except msgspec.MsgspecError:
            return  # it died before it had said where it was
        if isinstance(place, InStep):
            self._suspects.append(place)
            if place.first != place.last:
                return
        else:
            self.watches_reading = True
        # A process that another one killed, as happens for lack of memory, may have been at any
        # place, as one of which nothing is known; and a reader that tells of no records is asked
        # twice.
        known = death.why.startswith(("signal", "exit status", "no progress", "raised"))
        killed = death.why.startswith("signal 9 ")
        once = known and not killed and not isinstance(place, Reading)
        self._fatal[place] = death.why if once or place in self._fatal else ""
        if sum(map(bool, self._fatal.values())) > _MOST:
            raise EtudeError(
                f"more than {_MOST} documents of one part {_phrase(death.why)}"
                f"{_where(place)}: not they are at fault, but the step, the reader or this machine"
            )

    def at(self, place: Place, *, patient: bool = False) -> str:
        """Say where the part is; return why to leave out what is there, or nothing."""
        self._here = msgspec.json.encode(place).decode()
        self._marker.set(self._here, patient=patient)
        why = self._fatal.get(place) if self._fatal else ""
        return f"{_phrase(why)}{_where(place)}" if why else ""

    def enter(self, batch: pa.RecordBatch, step: str) -> str:
        """Say that a batch is in a step; return why to set its one document aside, or nothing."""
        numbers = rows(batch)
        return self.at(InStep(int(numbers[0]), int(numbers[-1]), step))

    def suspects(self, batch: pa.RecordBatch) -> bool:
        """Whether one of these documents may have killed a worker."""
        if not self._suspects or batch.num_rows == 0:
            return False
        numbers = rows(batch)
        first, last = int(numbers[0]), int(numbers[-1])
        return any(one.first <= last and first <= one.last for one in self._suspects)

    def note(self, fault: StepFaultError) -> None:
        """Note that a step failed here, as if it had killed the process.

        Raises:
            EtudeError: The documents are not at fault.
        """
        cause = fault.__cause__
        if isinstance(cause, OSError | ImportError):
            raise EtudeError(str(fault)) from cause
        death = Death(why=f"raised {type(cause).__name__}", place=self._here)
        known = [*deaths(self.folder, self.number)]
        if known.count(death) > 1 or len(known) > 3 * _MOST:
            raise EtudeError(str(fault)) from cause
        note_death(self.folder, self.number, death)


class Reported:
    """Takes the records of a part that cannot be read, and counts them."""

    def __init__(self, add: Callable[[BrokenRecord], None]) -> None:
        self.add = add
        self.n = 0

    def take(self, record: BrokenRecord) -> None:
        """Take one record."""
        self.n += 1
        self.add(record)


class Watched(Watcher):
    """Takes broken records and leaves out those that killed a worker."""

    def __init__(self, reported: Reported, care: Care) -> None:
        self.reported = reported
        self.care = care

    def __call__(self, record: BrokenRecord) -> None:
        """Take a record that cannot be read."""
        self.reported.take(record)

    def lets(self, place: str) -> bool:
        """Whether what lies at `place` is to be read."""
        why = self.care.at(OneRecord(place), patient=True)
        if why:
            self(BrokenRecord(id=_printable(place), reason=why))
        return not why


def broken_document(batch: pa.RecordBatch, reason: str) -> BrokenRecord:
    """Return what is told of the one document of a batch."""
    row = batch.select(["id", "origin", "text"]).to_pylist()[0]
    return BrokenRecord(
        id=_printable(row["origin"]["source"] or row["id"]),
        reason=reason,
        excerpt=_printable(row["text"][:_EXCERPT_CHARS]),
    )


def _phrase(why: str) -> str:
    if why.startswith("no progress"):
        return f"made {why}"
    return why if why.startswith("raised") else f"killed its worker: {why}"


def _where(place: Place) -> str:
    return f" in step {place.step}" if isinstance(place, InStep) else " while it was read"


def _printable(text: str) -> str:
    return "".join(
        char if char.isprintable() else char.encode("unicode_escape", "surrogatepass").decode()
        for char in text
    )
