"""Clock: what each stage takes, added up over all sittings; a kill costs seconds of it at most."""

import os
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import msgspec

from etude.errors import RecordError, blame
from etude.store import write_whole
from etude.value.life.outcome import Spent

_EVERY_S = 2.0


class _Times(msgspec.Struct, kw_only=True):
    n_sittings: int = 0
    spent: dict[str, Spent] = {}


class Clock:
    """Runs while a stage does, and is written down on the way."""

    def __init__(self, path: Path) -> None:
        """Read what earlier sittings took.

        Raises:
            RecordError: The file is damaged.
        """
        self._path = path
        self._times = _Times()
        if path.exists():
            with blame(RecordError, f"reading {path}"):
                self._times = msgspec.json.decode(path.read_bytes(), type=_Times)
        self._times.n_sittings += 1
        self._stage = ""
        self._wall, self._cpu = time.monotonic(), _cpu()
        self._written = 0.0

    @property
    def n_sittings(self) -> int:
        """How often the life was begun or gone on with, this time included."""
        return self._times.n_sittings

    @property
    def spent(self) -> dict[str, Spent]:
        """What each stage took so far."""
        return dict(self._times.spent)

    @contextmanager
    def of(self, stage: str) -> Iterator[None]:
        """Count the time within the block for a stage."""
        self._stage = stage
        self._wall, self._cpu = time.monotonic(), _cpu()
        try:
            yield
        finally:
            self._count()
            self._write()
            self._stage = ""

    def tick(self) -> None:
        """Write down what was taken, from time to time."""
        if self._stage and time.monotonic() - self._written >= _EVERY_S:
            self._count()
            self._write()

    def _count(self) -> None:
        wall, cpu = time.monotonic(), _cpu()
        old = self._times.spent.get(self._stage, Spent())
        self._times.spent[self._stage] = Spent(
            wall_s=old.wall_s + wall - self._wall, cpu_s=old.cpu_s + cpu - self._cpu
        )
        self._wall, self._cpu = wall, cpu

    def _write(self) -> None:
        write_whole(self._path, msgspec.json.encode(self._times))
        self._written = time.monotonic()


def _cpu() -> float:
    found = os.times()
    return found.user + found.system + found.children_user + found.children_system
