"""The processes of this machine, one a core."""

import multiprocessing
import os
import signal
import threading
import time
from collections import Counter
from collections.abc import Iterator, Sequence
from multiprocessing.connection import Connection, wait
from multiprocessing.process import BaseProcess
from pathlib import Path

from etude.engine._base import Engine, Job, Measure, Progress, Tell, answer_file, call
from etude.engine._deaths import (
    Death,
    Place,
    forget_marker,
    marker_file,
    note_death,
    read_marker,
)
from etude.errors import ConfigError, EtudeError
from etude.store import write_whole

_TRIES = 3
"""How often a unit may take its process with it at one place before it is given up."""
_LOOKS = 20
"""How often a marker is looked at within the time after which a unit counts as hanging."""


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
        gauge = _Gauge(sizes, missing, tell)
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


class _Gauge:
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


class _Worker:
    """One process, the line to it, and the unit that it does."""

    def __init__(self, job: Job) -> None:
        context = multiprocessing.get_context("spawn")
        self.line, theirs = context.Pipe()
        self.process: BaseProcess = context.Process(target=_serve, args=(theirs, job), daemon=True)
        self.process.start()
        theirs.close()
        self.unit: int | None = None
        self.place: Place | None = None
        self.still_s = 0.0
        """How long the unit has stood at its place."""

    def end(self) -> str:
        """End the process if it has not ended; say how it ended."""
        self.process.join(timeout=1)
        self.process.kill()
        self.process.join()
        self.line.close()
        return _ending(self.process.exitcode or 0)

    def watch(self, place: Place | None, spent_s: float) -> float:
        """Note where the unit is; return how long it has stood there, in seconds."""
        self.still_s = 0.0 if place is None or place != self.place else self.still_s + spent_s
        self.place = place
        return 0.0 if place is None or place.patient else self.still_s


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
        self.died = Counter[tuple[int, str]]()

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
                worker.unit, worker.still_s = number, 0.0
                try:
                    worker.line.send(self.units[number])
                except OSError:
                    continue  # dead already, which is seen when it is asked for its answer

    def _ready(self) -> list[_Worker]:
        """Wait; return the workers that have an answer or are dead."""
        busy = {worker.line: worker for worker in self.workers if worker.unit is not None}
        look_s = self.stall_s / _LOOKS
        ready = wait([*busy], look_s or None)
        spent_s, now = time.monotonic() - self.looked, time.monotonic()
        if look_s and spent_s >= look_s:
            self.looked = now
            for line, worker in busy.items():
                # What is longer was a sleep of the whole machine.
                if line not in ready and self._stands(worker, min(spent_s, 2 * look_s)):
                    self._replace(worker, f"no progress for {self.stall_s:g} s")
        return [busy[line] for line in busy if line in ready]

    def _stands(self, worker: _Worker, spent_s: float) -> bool:
        place = read_marker(self.folder, worker.unit or 0)
        return worker.watch(place, spent_s) >= self.stall_s

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
        marked = read_marker(self.folder, number)
        death = Death(why=why or ended, place=marked.text if marked else "")
        note_death(self.folder, number, death)
        self.workers[self.workers.index(worker)] = _Worker(self.job)
        self.died[number, death.place] += 1
        if self.died[number, death.place] >= _TRIES:
            raise EtudeError(_gave_up(self.units[number], death))
        self.waiting.append(number)


def _ending(code: int) -> str:
    """Say how a process ended."""
    if code >= 0:
        return f"exit status {code}"
    try:
        return f"signal {-code} ({signal.Signals(-code).name})"
    except ValueError:
        return f"signal {-code}"


def _gave_up(unit: str, death: Death) -> str:
    shown = unit if len(unit) < 300 else f"{unit[:300]}…"
    where = f" at {death.place[:300]}" if death.place else ""
    return (
        f"a worker died {_TRIES} times over the same part{where} ({death.why}); "
        f"if for lack of memory, try fewer --jobs. The part: {shown}"
    )


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
