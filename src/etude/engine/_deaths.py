"""What is known of a unit that took its process with it: how it died, and what it was doing then.

Whoever does a unit says where it is, in a file beside the answers; a file and not memory, since
nothing else of a process outlives its death. Whoever runs units reads that place, notes the death,
and gives the unit out again. What the unit does with the notes is its own affair.
"""

import os
from collections import Counter
from collections.abc import Sequence
from pathlib import Path
from types import TracebackType
from typing import ClassVar, Self

import msgspec

from etude.errors import ConfigError, EtudeError

_TRIES = 3
"""How often a unit may take its process with it at one place before it is given up."""
_MOST_BYTES = 8192
_HEAD_BYTES = 6


class Death(msgspec.Struct, frozen=True, kw_only=True):
    """One death of a process over a unit."""

    why: str
    """Such as `signal 11 (SIGSEGV)`."""
    place: str = ""
    """Where the unit said that it was; empty when it said nothing."""


class Marker:
    """Says where a unit is, for the case that it kills its process or hangs.

    One small write to a file that is never synchronised: it outlives the process, and need not
    outlive the machine.
    """

    def __init__(self, folder: Path, number: int) -> None:
        self._path = marker_file(folder, number)
        self._file = -1

    def __enter__(self) -> Self:
        try:
            self._path.parent.mkdir(parents=True, exist_ok=True)
            self._file = os.open(self._path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o644)
        except OSError as cause:
            raise ConfigError(f"cannot write {self._path}: {cause.strerror}") from cause
        return self

    def set(self, place: str, *, patient: bool = False) -> None:
        """Say where the unit is; `patient` when nobody can tell how long it may stay there."""
        data = place.encode("utf-8", "backslashreplace")[: _MOST_BYTES - _HEAD_BYTES]
        os.pwrite(self._file, b"%d%05d" % (patient, len(data)) + data, 0)

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        os.close(self._file)
        self._path.unlink(missing_ok=True)


class Place(msgspec.Struct, frozen=True):
    """What a marker says."""

    text: str
    patient: bool


def marker_file(folder: Path, number: int) -> Path:
    """Where a unit says how far it is."""
    return folder / f"{number:05}.at"


def read_marker(folder: Path, number: int) -> Place | None:
    """Return where a unit is; `None` when it does not say."""
    try:
        data = marker_file(folder, number).read_bytes()
    except OSError:
        return None
    size = data[1:_HEAD_BYTES]
    if not size.isdigit():
        return None
    text = data[_HEAD_BYTES : _HEAD_BYTES + int(size)].decode("utf-8", "ignore")
    return Place(text, data.startswith(b"1"))


def forget_marker(folder: Path, number: int) -> None:
    """Remove what an earlier process left."""
    marker_file(folder, number).unlink(missing_ok=True)


def note_death(folder: Path, number: int, death: Death) -> None:
    """Add a death to those of a unit.

    Raises:
        ConfigError: The folder cannot be written to.
    """
    path = _deaths_file(folder, number)
    try:
        with path.open("ab") as file:
            file.write(msgspec.json.encode(death) + b"\n")
    except OSError as cause:
        raise ConfigError(f"cannot write {path}: {cause.strerror}") from cause


def deaths(folder: Path, number: int) -> Sequence[Death]:
    """Return the deaths over a unit, in this run and in those that it goes on with."""
    path = _deaths_file(folder, number)
    if not path.exists():
        return ()
    found = []
    for line in path.read_bytes().splitlines():
        try:
            found.append(msgspec.json.decode(line, type=Death))
        except msgspec.MsgspecError:
            continue  # cut off when the power went
    return found


class Tries:
    """Counts the deaths over units in one run."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._died = Counter[tuple[int, str]]()

    def note(self, number: int, unit: str, why: str) -> None:
        """Note a death at the place that the unit marked.

        Raises:
            EtudeError: It is given up.
        """
        marked = read_marker(self._folder, number)
        death = Death(why=why, place=marked.text if marked else "")
        note_death(self._folder, number, death)
        self._died[number, death.place] += 1
        if self._died[number, death.place] >= _TRIES:
            raise EtudeError(_gave_up(unit, death))


class Patience:
    """How long a unit has stood at its place."""

    LOOKS: ClassVar = 20
    """How often to look within the time after which a unit counts as hanging."""

    def __init__(self) -> None:
        self._place: Place | None = None
        self._still_s = 0.0

    def look(self, folder: Path, number: int, spent_s: float, look_s: float) -> float:
        """Return for how many seconds the unit has stood, 0 where it marks nothing.

        Args:
            folder: Where its marker is.
            number: Which unit.
            spent_s: Time since the last look.
            look_s: Time that was to be between two looks.
        """
        place = read_marker(folder, number)
        stands = place is not None and place == self._place
        # What is much longer was a sleep of the whole machine.
        self._still_s = self._still_s + min(spent_s, 2 * look_s) if stands else 0.0
        self._place = place
        return 0.0 if place is None or place.patient else self._still_s


def _gave_up(unit: str, death: Death) -> str:
    shown = unit if len(unit) < 300 else f"{unit[:300]}…"
    where = f" at {death.place[:300]}" if death.place else ""
    return (
        f"a worker died {_TRIES} times over the same part{where} ({death.why}); "
        f"if for lack of memory, try fewer --jobs. The part: {shown}"
    )


def _deaths_file(folder: Path, number: int) -> Path:
    return folder / f"{number:05}.deaths"
