"""The processes of a Ray cluster, or of a Ray of this machine alone.

Every machine must see the same files at the same paths, and have Etude installed.
"""

import os
import time
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import ray
from ray.exceptions import GetTimeoutError, OutOfMemoryError, RayError, RayTaskError

from etude.engine._base import Engine, Job, Measure, Tell, answer_file, call
from etude.engine._deaths import Patience, Tries, forget_marker
from etude.engine._gauge import Gauge
from etude.errors import ConfigError, EtudeError, blame
from etude.store import write_whole


class RayEngine(Engine, frozen=True, kw_only=True):
    """Runs units as tasks of Ray, which finds a place for each on its machines."""

    jobs: int = 0
    """Tasks at a time; 0 means one for each processor of the cluster."""
    address: str = ""
    """Of the cluster, as Ray takes it; empty means what `RAY_ADDRESS` says, or else a Ray of this
    machine alone, which is begun without its page and without telling anybody of its use."""
    stall_s: float = 600.0
    """A task that stays so long, in seconds, at the place that its unit marked is killed, and its
    unit given out again; 0 means never. A unit that marks nothing is left alone."""

    def map(
        self,
        job: Job,
        units: Sequence[str],
        folder: Path,
        *,
        sizes: Sequence[int],
        measure: Measure = lambda answer: 0,
        tell: Tell = lambda progress: None,
    ) -> list[str]:
        """Return what the job's function says of each unit, in the order of the units."""
        folder.mkdir(parents=True, exist_ok=True)
        missing = [n for n in range(len(units)) if not answer_file(folder, n).exists()]
        gauge = Gauge(sizes, missing, tell)
        if missing:
            # The largest first: a long unit that is begun last keeps every other core waiting.
            missing.sort(key=lambda n: -sizes[n])
            tasks = _Tasks(job, units, folder, self.stall_s)
            for number, answer in tasks.run(missing, self._connect()):
                write_whole(answer_file(folder, number), answer.encode())
                gauge.add(number, measure(answer))
        return [answer_file(folder, n).read_text("utf-8") for n in range(len(units))]

    def _connect(self) -> int:
        """Join the cluster if that was not done yet; return how many tasks to run at a time."""
        with blame(ConfigError, f"cannot join Ray at {self.address or 'this machine'}"):
            if not ray.is_initialized():
                address = self.address or os.environ.get("RAY_ADDRESS", "")
                if address:
                    ray.init(address=address, log_to_driver=False, logging_level="ERROR")
                else:
                    os.environ.setdefault("RAY_USAGE_STATS_ENABLED", "0")
                    ray.init(
                        num_cpus=self.jobs or os.cpu_count() or 1,
                        include_dashboard=False,
                        log_to_driver=False,
                        logging_level="ERROR",
                    )
            return self.jobs or max(1, int(ray.cluster_resources().get("CPU", 1)))


class _Tasks:
    """The tasks of one job."""

    def __init__(self, job: Job, units: Sequence[str], folder: Path, stall_s: float) -> None:
        self.job = job
        self.units = units
        self.folder = folder
        self.stall_s = stall_s
        self.tries = Tries(folder)
        self.busy: dict[Any, int] = {}
        """Task -> number of its unit."""
        self.patience: dict[Any, Patience] = {}
        self.hanging: set[Any] = set()
        self.looked = time.monotonic()

    def run(self, order: Sequence[int], jobs: int) -> Iterator[tuple[int, str]]:
        """Yield (unit number, answer) as they come."""
        waiting = [*reversed(order)]
        task = ray.remote(num_cpus=1, max_retries=0)(_serve)
        try:
            while waiting or self.busy:
                while waiting and len(self.busy) < jobs:
                    number = waiting.pop()
                    forget_marker(self.folder, number)
                    ref = task.remote(self.job, self.units[number], str(Path.cwd()))
                    self.busy[ref], self.patience[ref] = number, Patience()
                for ref in self._ready():
                    number = self.busy.pop(ref)
                    answer = self._take(ref, number)
                    if answer is None:
                        waiting.append(number)
                    else:
                        yield number, answer
        finally:
            for ref in self.busy:
                ray.cancel(ref, force=True)

    def _ready(self) -> list[Any]:
        """Wait; return the tasks that have an answer or are dead."""
        look_s = self.stall_s / Patience.LOOKS
        ready, _ = ray.wait([*self.busy], num_returns=1, timeout=look_s or None)
        now = time.monotonic()
        if look_s and now - self.looked >= look_s:
            for ref, number in self.busy.items():
                still_s = self.patience[ref].look(self.folder, number, now - self.looked, look_s)
                if ref not in ready and ref not in self.hanging and still_s >= self.stall_s:
                    self.hanging.add(ref)
                    ray.cancel(ref, force=True)
            self.looked = now
        return list(ready)

    def _take(self, ref: Any, number: int) -> str | None:
        """Return the answer of a task; `None` when its process has died."""
        try:
            error, answer = ray.get(ref, timeout=60)
        except (RayTaskError, GetTimeoutError) as cause:
            raise EtudeError(f"Ray could not run {self.units[number][:200]}: {cause}") from cause
        except RayError as cause:
            why = "no memory left" if isinstance(cause, OutOfMemoryError) else "process died"
            if ref in self.hanging:
                why = f"no progress for {self.stall_s:g} s"
            self.tries.note(number, self.units[number], why)
            return None
        if error is not None:
            raise error
        return str(answer)


def _serve(job: Job, unit: str, folder: str) -> tuple[EtudeError | None, str]:
    """Answer a unit, elsewhere. Errors of ours go back as they are."""
    if Path.cwd() != Path(folder):
        os.chdir(folder)  # so that relative paths lead where they lead for the caller
    try:
        return None, call(job, unit)
    except EtudeError as cause:
        return type(cause)(str(cause)), ""
