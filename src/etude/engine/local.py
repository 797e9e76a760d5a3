"""The processes of this machine, one a core."""

import multiprocessing
import os
import threading
import time
from collections.abc import Iterator, Sequence
from multiprocessing.connection import Connection, wait
from multiprocessing.process import BaseProcess
from pathlib import Path
from typing import NamedTuple

from etude.engine._base import Engine, Job, Measure, Progress, Tell, answer_file, call
from etude.errors import ConfigError, EtudeError
from etude.store import write_whole

_TRIES = 2
"""How often a unit may take its process with it before it is given up."""


class LocalEngine(Engine, frozen=True, kw_only=True):
    """Runs units side by side in processes of their own. A process that dies is replaced."""

    jobs: int = 0
    """Processes; 0 means one a core, 1 means no further process at all."""
    least_size: int = 0
    """Work of a smaller size than this in all is done without further processes, whose beginning
    would take longer than the work."""

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
        jobs = min(self.jobs or os.cpu_count() or 1, len(missing))
        if sum(sizes[n] for n in missing) < self.least_size:
            jobs = 1
        if jobs > 1:
            # The largest first: a long unit that is begun last keeps every other core waiting.
            missing.sort(key=lambda n: -sizes[n])
            done = _in_processes(job, units, missing, jobs)
        else:
            done = ((n, call(job, units[n])) for n in missing)
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


class _Worker(NamedTuple):
    """One process and the line to it."""

    process: BaseProcess
    line: Connection


def _in_processes(
    job: Job, units: Sequence[str], order: Sequence[int], jobs: int
) -> Iterator[tuple[int, str]]:
    """Yield (unit number, answer) as they come."""
    context = multiprocessing.get_context("spawn")
    waiting, tries, busy = [*reversed(order)], dict.fromkeys(order, 0), dict[Connection, int]()
    workers = [_start(context, job) for _ in range(jobs)]
    try:
        while waiting or busy:
            for worker in workers:
                if waiting and worker.line not in busy:
                    number = waiting.pop()
                    tries[number] += 1
                    busy[worker.line] = number
                    worker.line.send(units[number])
            ready = wait([*busy])
            for line in [line for line in busy if line in ready]:
                number = busy.pop(line)
                try:
                    error, answer = line.recv()
                except (EOFError, OSError):
                    workers = [w if w.line is not line else _restart(w, job) for w in workers]
                    if tries[number] >= _TRIES:
                        raise EtudeError(_died(units[number])) from None
                    waiting.append(number)
                    continue
                if error is not None:
                    raise error
                yield number, answer
    finally:
        for worker in workers:
            worker.process.kill()
            worker.process.join()
            worker.line.close()


def _start(context: multiprocessing.context.SpawnContext, job: Job) -> _Worker:
    ours, theirs = context.Pipe()
    process = context.Process(target=_serve, args=(theirs, job), daemon=True)
    process.start()
    theirs.close()
    return _Worker(process, ours)


def _restart(worker: _Worker, job: Job) -> _Worker:
    worker.process.join()
    worker.line.close()
    return _start(multiprocessing.get_context("spawn"), job)


def _died(unit: str) -> str:
    shown = unit if len(unit) < 300 else f"{unit[:300]}…"
    return (
        f"a worker died {_TRIES} times over the same part, probably for lack of memory; "
        f"try fewer --jobs. The part: {shown}"
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
