"""Progress on long work: a live line in a terminal, plain lines elsewhere."""

import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn

PLAIN_EVERY_S = 10.0
"""Without a terminal, at most one line in so many seconds for each stage of the work."""


class Line:
    """One line of progress that is updated."""

    def __init__(self, progress: Progress | None) -> None:
        self._progress = progress
        self._task = None if progress is None else progress.add_task("", total=None)
        self._told = ("", 0.0)

    def update(self, text: str, done: int = 0, total: int = 0) -> None:
        """Say what is being done and how far it is."""
        if self._progress is not None and self._task is not None:
            self._progress.update(self._task, description=text, completed=done, total=total or None)
            return
        key, now = text.partition(" (")[0], time.monotonic()
        if key == self._told[0] and now - self._told[1] < PLAIN_EVERY_S and done != total:
            return
        self._told = (key, now)
        count = f" {done}/{total}" if total else ""
        sys.stderr.write(f"{time.strftime('%H:%M:%S')} {text}{count}\n")
        sys.stderr.flush()


@contextmanager
def progress_line(*, quiet: bool = False) -> Iterator[Line]:
    """Hold a line of progress on standard error; `quiet` shows nothing in a terminal either."""
    console = Console(stderr=True)
    if quiet or not console.is_terminal:
        yield Line(None)
        return
    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn())
    with Progress(*columns, TimeElapsedColumn(), console=console, transient=True) as progress:
        yield Line(progress)
