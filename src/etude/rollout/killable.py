"""Killable: a function in a process of its own, asked from plain code and really killed.

What `WorkerPool` is to judges, for code that is not async. One ask at a time.
"""

import os
import selectors
import signal
import subprocess
import threading
import time
from contextlib import suppress
from typing import Self

from etude.errors import TaskError
from etude.rollout.graders._pool import START_TIMEOUT_S, OutOfTime, worker_command
from etude.rollout.graders._worker import ASK, DONE, FRAME, READY, SPENT, TIRED


class Killable:
    """A function that may hang or crash, warm between two asks. For any thread."""

    def __init__(self, function: str, *, memory_bytes: int = 4 << 30) -> None:
        """Name the function; its process starts with the first ask.

        Args:
            function: `package.module:name` of a function from bytes to bytes.
            memory_bytes: What its process may hold.
        """
        self._function = function
        self._memory_bytes = memory_bytes
        self._lock = threading.Lock()
        self._process: subprocess.Popen[bytes] | None = None
        self._owner = os.getpid()
        self._n_asked = 0

    def __enter__(self) -> Self:
        """Return itself."""
        return self

    def __exit__(self, *_: object) -> None:
        """Close it."""
        self.close()

    def ask(self, payload: bytes, *, timeout_s: float) -> bytes:
        """Return what the function makes of `payload`.

        Raises:
            TaskError: It took longer, crashed, failed or cannot start; the message says which.
        """
        with self._lock:
            try:
                return self._ask(payload, timeout_s)
            except OutOfTime as spent:
                raise TaskError(f"{self._function}: {spent}") from spent

    def close(self) -> None:
        """Kill the process; does nothing when there is none."""
        with self._lock:
            self._kill()

    def _ask(self, payload: bytes, timeout_s: float) -> bytes:
        kind = SPENT
        if self._owner != os.getpid():
            self._process = None  # another process forked this one, and goes on with it
        try:
            process = self._process or self._start()
            self._n_asked += 1
            _send(process, FRAME.pack(len(payload), ASK, self._n_asked) + payload)
            kind, body = _receive(process, time.monotonic() + timeout_s)
        finally:
            if kind != DONE:
                self._kill()
        if kind in {DONE, TIRED}:
            return body
        raise OutOfTime(body.decode(errors="replace"))

    def _start(self) -> "subprocess.Popen[bytes]":
        # The kernel takes the thread that started a process for its parent.
        main = threading.current_thread() is threading.main_thread()
        command, environment = worker_command(self._function, self._memory_bytes, bound=main)
        self._owner = os.getpid()
        self._process = subprocess.Popen(
            command,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            cwd="/",
            env=environment,
            start_new_session=True,
        )
        kind, body = _receive(self._process, time.monotonic() + START_TIMEOUT_S)
        if kind != READY:
            raise OutOfTime(f"cannot start: {body.decode(errors='replace')}")
        return self._process

    def _kill(self) -> None:
        process, self._process = self._process, None
        if process is None:
            return
        with suppress(ProcessLookupError, PermissionError):
            os.killpg(process.pid, signal.SIGKILL)
        for pipe in (process.stdin, process.stdout):
            if pipe is not None:
                with suppress(OSError):
                    pipe.close()
        process.wait()


def _send(process: "subprocess.Popen[bytes]", frame: bytes) -> None:
    assert process.stdin is not None  # noqa: S101 - asked for
    try:
        process.stdin.write(frame)
        process.stdin.flush()
    except OSError as cause:
        raise OutOfTime("its process is gone") from cause


def _receive(process: "subprocess.Popen[bytes]", deadline: float) -> tuple[int, bytes]:
    length, kind, _ = FRAME.unpack(_read(process, FRAME.size, deadline))
    return kind, _read(process, length, deadline)


def _read(process: "subprocess.Popen[bytes]", size: int, deadline: float) -> bytes:
    assert process.stdout is not None  # noqa: S101 - asked for
    found = b""
    with selectors.DefaultSelector() as selector:
        selector.register(process.stdout, selectors.EVENT_READ)
        while len(found) < size:
            left = deadline - time.monotonic()
            if left <= 0 or not selector.select(left):
                raise OutOfTime("ran into its time limit")
            part = os.read(process.stdout.fileno(), size - len(found))
            if not part:
                raise OutOfTime("its process died")
            found += part
    return found
