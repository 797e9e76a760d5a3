"""The workroom: heavy figures are worked out in one thread of their own and kept until asked for.

A page never waits for them: it shows what is there and how old it is. Kept in memory: each server
process works for itself.
"""

import threading
from collections import OrderedDict
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from typing import Generic, TypeVar

import msgspec

from etude.errors import EtudeError, RecordError, blame

T = TypeVar("T")
_MOST_KEPT = 200


class Figure(msgspec.Struct, Generic[T], frozen=True, kw_only=True):
    """What came of some work."""

    value: T | None
    wrong: str = ""
    """Why there is no value; empty when there is one."""
    stamp: str
    """What it was worked out from: equal stamps, equal figures."""
    at: float
    """When it was begun."""


class Workroom(Generic[T]):
    """Figures of one kind, by project."""

    def __init__(self) -> None:
        self._kept: OrderedDict[str, Figure[T]] = OrderedDict()
        self._running: dict[str, Future[None]] = {}
        self._lock = threading.Lock()
        self._pool: ThreadPoolExecutor | None = None

    def figure(self, project_id: str) -> Figure[T] | None:
        """Return what was worked out last; `None` before the first time."""
        with self._lock:
            return self._kept.get(project_id)

    def running(self, project_id: str) -> bool:
        """Whether it is being worked out."""
        with self._lock:
            return project_id in self._running

    def start(self, project_id: str, stamp: str, at: float, work: Callable[[], T]) -> None:
        """Begin to work it out; nothing happens where that is under way.

        Args:
            project_id: Whose figures.
            stamp: What they are worked out from.
            at: The time.
            work: Reads a snapshot and works it out.
        """
        with self._lock:
            if project_id in self._running:
                return
            if self._pool is None:
                self._pool = ThreadPoolExecutor(1, thread_name_prefix="etude-figures")
            self._running[project_id] = self._pool.submit(self._do, project_id, stamp, at, work)

    def wait(self, project_id: str) -> Figure[T] | None:
        """Wait until nothing is under way, and return what is there."""
        with self._lock:
            running = self._running.get(project_id)
        if running is not None:
            running.result(timeout=600)
        return self.figure(project_id)

    def _do(self, project_id: str, stamp: str, at: float, work: Callable[[], T]) -> None:
        made: Figure[T] = Figure(
            value=None, wrong="this could not be worked out", stamp=stamp, at=at
        )
        try:
            with blame(RecordError, "this could not be worked out"):
                made = Figure(value=work(), stamp=stamp, at=at)
        except EtudeError as error:
            made = Figure(value=None, wrong=str(error), stamp=stamp, at=at)
        finally:
            with self._lock:
                self._kept[project_id] = made
                self._kept.move_to_end(project_id)
                if len(self._kept) > _MOST_KEPT:
                    self._kept.popitem(last=False)
                self._running.pop(project_id, None)
