"""The processes of this machine, one a core."""

import multiprocessing
import os
import signal
import threading
import time
from collections.abc import Iterator, Sequence
from multiprocessing.connection import Connection, wait
from multiprocessing.process import BaseProcess
from pathlib import Path

from etude.engine._base import Engine, Job, Measure, Tell, answer_file, call
from etude.engine._deaths import Patience, Tries, forget_marker, marker_file
from etude.engine._gauge import Gauge
from etude.errors import ConfigError, EtudeError
from etude.store import write_whole


class LocalEngine(Engine, frozen=True, kw_only=True):
    """Runs units side by side in processes of their own. A process that dies is replaced."""

    jobs: int = 0
    """Processes; 0 means one a core."""
    least_size: int = 0
    """Work of a smaller size than this in all is done without further processes, whose beginning
    would take longer than the work. A unit that took the calling process with it gets one of its
    own when the same work is asked for again."""
    stall_s: float = 600.0
    """A process that stays so long, in seconds, at the place that its unit marked is killed, and
    its unit given out again; 0 means never. A unit that marks nothing is left alone."""

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
        little = sum(sizes[n] for n in missing) < self.least_size
        # Whoever left a marker without an answer died there.
        if little and not any(marker_file(folder, n).exists() for n in missing):
            done: Iterator[tuple[int, str]] = ((n, call(job, units[n])) for n in missing)
        else:
            # The largest first: a long unit that is begun last keeps every other core waiting.
            missing.sort(key=lambda n: -sizes[n])
            jobs = min(self.jobs or os.cpu_count() or 1, len(missing))
            done = _Crew(job, units, folder, self.stall_s).run(missing, jobs)
        for number, answer in done:
            write_whole(answer_file(folder, number), answer.encode())
            gauge.add(number, measure(answer))
        return [answer_file(folder, n).read_text("utf-8") for n in range(len(units))]


class _Worker:
    """One process, the line to it, and the unit that it does."""

    def __init__(self, job: Job) -> None:
        context = multiprocessing.get_context("spawn")
        self.line, theirs = context.Pipe()
        self.process: BaseProcess = context.Process(target=_serve, args=(theirs, job), daemon=True)
        self.process.start()
        theirs.close()
        self.unit: int | None = None
        self.patience = Patience()

    def end(self) -> str:
        """End the process if it has not ended; say how it ended."""
        self.process.join(timeout=1)
        self.process.kill()
        self.process.join()
        self.line.close()
        return _ending(self.process.exitcode or 0)


class _Crew:
    """The processes that do one job."""

    def __init__(self, job: Job, units: Sequence[str], folder: Path, stall_s: float) -> None:
        self.job = job
        self.units = units
        self.folder = folder
        self.stall_s = stall_s
        self.waiting: list[int] = []
        self.workers: list[_Worker] = []
        self.looked = time.monotonic()
        self.tries = Tries(folder)

    def run(self, order: Sequence[int], jobs: int) -> Iterator[tuple[int, str]]:
        """Yield (unit number, answer) as they come."""
        self.waiting = [*reversed(order)]
        try:
            self.workers = [_Worker(self.job) for _ in range(jobs)]
            while self.waiting or any(worker.unit is not None for worker in self.workers):
                self._give_out()
                for worker in self._ready():
                    if (done := self._take(worker)) is not None:
                        yield done
        finally:
            for worker in self.workers:
                worker.process.kill()
                worker.end()

    def _give_out(self) -> None:
        for worker in self.workers:
            if self.waiting and worker.unit is None:
                number = self.waiting.pop()
                forget_marker(self.folder, number)
                worker.unit, worker.patience = number, Patience()
                try:
                    worker.line.send(self.units[number])
                except OSError:
                    continue  # dead already, which is seen when it is asked for its answer

    def _ready(self) -> list[_Worker]:
        """Wait; return the workers that have an answer or are dead."""
        busy = {worker.line: worker for worker in self.workers if worker.unit is not None}
        look_s = self.stall_s / Patience.LOOKS
        ready = wait([*busy], look_s or None)
        spent_s, now = time.monotonic() - self.looked, time.monotonic()
        if look_s and spent_s >= look_s:
            self.looked = now
            for line, worker in busy.items():
                still_s = worker.patience.look(self.folder, worker.unit or 0, spent_s, look_s)
                if line not in ready and still_s >= self.stall_s:
                    self._replace(worker, f"no progress for {self.stall_s:g} s")
        return [busy[line] for line in busy if line in ready]

    def _take(self, worker: _Worker) -> tuple[int, str] | None:
        """Return the answer of a worker; `None` when it has died."""
        number = worker.unit
        try:
            error, answer = worker.line.recv()
        except (EOFError, OSError):
            self._replace(worker)
            return None
        worker.unit = None
        if error is not None:
            raise error
        return number or 0, answer

    def _replace(self, worker: _Worker, why: str = "") -> None:
        """Put a new worker in the place of one that died or hangs; its unit is to be done again.

        Raises:
            EtudeError: The unit is given up.
        """
        if why:
            worker.process.kill()
        ended, number = worker.end(), worker.unit or 0
        self.workers[self.workers.index(worker)] = _Worker(self.job)
        self.tries.note(number, self.units[number], why or ended)
        self.waiting.append(number)


def _ending(code: int) -> str:
    """Say how a process ended."""
    if code >= 0:
        return f"exit status {code}"
    try:
        return f"signal {-code} ({signal.Signals(-code).name})"
    except ValueError:
        return f"signal {-code}"


def _serve(line: Connection, job: Job) -> None:
    """Answer units until the line is closed. Errors of ours go back as they are."""
    threading.Thread(target=_end_with_parent, daemon=True).start()
    while True:
        try:
            unit = line.recv()
        except (EOFError, KeyboardInterrupt):
            return
        try:
            answer, error = call(job, unit), None
        except EtudeError as cause:
            kind = ConfigError if isinstance(cause, ConfigError) else type(cause)
            answer, error = "", kind(str(cause))
        except KeyboardInterrupt:
            return
        try:
            line.send((error, answer))
        except OSError:
            return  # whoever asked is gone


def _end_with_parent() -> None:
    """End this process as soon as the one that began it is gone, however it went."""
    parent = multiprocessing.parent_process()
    if parent is not None:
        wait([parent.sentinel])
        os._exit(1)
