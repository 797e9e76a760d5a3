"""How far a job is, counted unit by unit."""

import time
from collections.abc import Sequence

from etude.engine._base import Progress, Tell


class Gauge:
    """Counts what is done."""

    def __init__(self, sizes: Sequence[int], missing: Sequence[int], tell: Tell) -> None:
        self.sizes = sizes
        self.tell = tell
        self.began = time.monotonic()
        self.n_done = len(sizes) - len(missing)
        self.found = sum(sizes) - sum(sizes[n] for n in missing)
        self.done = self.found
        self.work = 0
        self._say()

    def add(self, number: int, work: int) -> None:
        """Count one more unit as done."""
        self.work += work
        self.n_done += 1
        self.done += self.sizes[number]
        self._say()

    def _say(self) -> None:
        self.tell(
            Progress(
                n_done=self.n_done,
                n_units=len(self.sizes),
                size_done=self.done,
                size_all=sum(self.sizes),
                spent_s=time.monotonic() - self.began,
                size_found=self.found,
                work_done=self.work,
            )
        )
