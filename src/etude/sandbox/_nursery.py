"""Holders are born of a process that is ready to become one: starting Python anew takes longer."""

import contextlib
import os
import select
import socket
import subprocess
import sys
import tempfile
import threading
import weakref
from collections.abc import Sequence
from pathlib import Path
from typing import IO

from etude.errors import SandboxError, blame

_START = "import sys; sys.path.append(sys.argv.pop()); from _holder.nursery import main; main()"
_MANY_BYTES = 4000
_of_thread = threading.local()


class Nursery:
    """A running nursery. It dies with the thread that started it, and all its holders with it."""

    def __init__(self) -> None:
        """Start it; this does not wait until it is ready.

        Raises:
            OSError: It cannot be started.
        """
        self.owner = os.getpid()
        self._words = tempfile.TemporaryFile()  # noqa: SIM115  # closed in _end
        self._orders, theirs = socket.socketpair()
        folder = str(Path(__file__).parent)
        with theirs:
            process = subprocess.Popen(
                [sys.executable, "-I", "-S", "-c", _START, str(os.getpid()), folder],
                stdin=theirs.fileno(),
                stdout=subprocess.DEVNULL,
                stderr=self._words,
                env={name: at for name, at in os.environ.items() if name == "LD_LIBRARY_PATH"},
                start_new_session=True,
            )
        self._spare: list[socket.socket] = []
        self.end = weakref.finalize(
            self, _end, os.getpid(), process, (self._orders, self._words), self._spare
        )
        self._spare.append(self._bear())

    def holder(self) -> socket.socket:
        """Return the line to a holder that nobody had before; the next one is born meanwhile.

        Raises:
            OSError: The nursery is gone.
        """
        while True:
            self._spare.append(self._bear())
            line = self._spare.pop(0)
            if _is_held(line):
                return line
            line.close()

    def last_words(self) -> str:
        """Return the last line that the nursery or a holder of it complained with."""
        fd = self._words.fileno()
        said = os.pread(fd, _MANY_BYTES, max(0, os.fstat(fd).st_size - _MANY_BYTES))
        lines = said.decode("utf-8", "replace").strip().splitlines()
        return lines[-1] if lines else "its holder ended without a word"

    def _bear(self) -> socket.socket:
        line, theirs = socket.socketpair()
        with theirs:
            try:
                socket.send_fds(self._orders, [b"+"], [theirs.fileno()])
            except OSError:
                line.close()
                raise
        return line


def new_holder() -> tuple[socket.socket, Nursery]:
    """Return the line to a new holder, and the nursery of this thread that it came from.

    Raises:
        SandboxError: There is none, and none can be started.
    """
    found: Nursery | None = getattr(_of_thread, "nursery", None)
    with blame(SandboxError, "starting the process that holds a box"):
        if found is not None and found.owner == os.getpid():
            # It may have been killed.
            with contextlib.suppress(ConnectionError):
                return found.holder(), found
        found = _of_thread.nursery = Nursery()
        return found.holder(), found


def _is_held(line: socket.socket) -> bool:
    """Return whether nothing says that the holder at the other end is dead."""
    poll = select.poll()
    poll.register(line, select.POLLRDHUP)
    return not poll.poll(0)


def _end(
    owner: int,
    process: "subprocess.Popen[bytes]",
    files: Sequence[socket.socket | IO[bytes]],
    spare: list[socket.socket],
) -> None:
    for file in (*files, *spare):
        file.close()
    # A copy of the process that started it leaves it alone.
    if owner == os.getpid():
        process.kill()
        process.wait()
