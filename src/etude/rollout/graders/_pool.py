"""WorkerPool: warm processes that judge hostile text, and are really killed when it takes too long.

A time limit inside a process (a signal, a thread) does not end a computation in C. These processes
are killed from outside, with all that they started. Between two asks nothing is reset.
"""

import asyncio
import os
import signal
import sys
from asyncio.subprocess import PIPE, Process
from contextlib import suppress
from types import TracebackType
from typing import Self

from etude.errors import ConfigError, GradeError
from etude.rollout.graders._worker import (
    ASK,
    DONE,
    FAILED,
    FRAME,
    MAX_BODY_BYTES,
    READY,
    SPENT,
    TIRED,
)

START_TIMEOUT_S = 120.0
"""How long a worker may take until it has imported its function."""
_WORKER = "etude.rollout.graders._worker"
_KEPT = ("LD_LIBRARY_PATH", "DYLD_LIBRARY_PATH", "PYTHONHOME")
"""What of the environment a worker gets: where its Python may lie, and nothing else."""
_ONE_THREAD = ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS")


class OutOfTime(Exception):  # noqa: N818  # it says what happened, and is no fault
    """A payload took all the time or memory there was, or its worker down. Its own fault.

    Not an `EtudeError`, so that it never becomes a missing verdict by accident: whoever asks says
    what such a payload is worth.
    """


class WorkerPool:
    """Warm processes that are really killed. Opened with `async with`, in any event loop."""

    def __init__(self, function: str, *, jobs: int = 2, memory_bytes: int = 2 << 30) -> None:
        """Describe the workers; none is started before it is needed.

        Args:
            function: `package.module:name` of a function from bytes to bytes, which is imported in
                the workers. What it raises is a `GradeError`, so what a payload can make it raise
                it must catch itself.
            jobs: How many there are at most, and so how many asks are under way at once.
            memory_bytes: What each may hold, counted as address space where the system can.

        Raises:
            ConfigError: There would be no worker.
        """
        if jobs < 1:
            raise ConfigError(f"a pool of {jobs} workers cannot judge anything; jobs must be >= 1")
        self._function = function
        self._memory_bytes = memory_bytes
        self._jobs = jobs
        self._open = False
        self._idle: asyncio.LifoQueue[_Worker] = asyncio.LifoQueue()
        self._workers: list[_Worker] = []

    async def __aenter__(self) -> Self:
        """Open the pool."""
        self._open = True
        self._idle = asyncio.LifoQueue()
        self._workers = [_Worker(self._function, self._memory_bytes) for _ in range(self._jobs)]
        for worker in self._workers:
            self._idle.put_nowait(worker)
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        where: TracebackType | None,
    ) -> None:
        """Kill every worker. Asks under way end with `GradeError`."""
        self._open = False
        for worker in self._workers:
            worker.kill()
        for worker in self._workers:
            await worker.gone()

    async def ask(self, payload: bytes, *, timeout_s: float) -> bytes:
        """Return what the function makes of `payload`, in a worker of its own for the time being.

        An ask that is cancelled takes its worker with it, and so does one that fails.

        Args:
            payload: At most 256 MiB.
            timeout_s: For the function alone, in seconds of the clock: neither waiting for a free
                worker counts nor starting one.

        Raises:
            OutOfTime: The payload took all the time or memory there was, or crashed its worker.
            GradeError: A worker cannot start, the function is broken, or the pool is closed.
        """
        if len(payload) > MAX_BODY_BYTES:
            raise OutOfTime(f"larger than {MAX_BODY_BYTES >> 20} MiB")
        self._check_open()
        worker = await self._idle.get()
        try:
            self._check_open()
            await worker.start()
            return await worker.ask(payload, timeout_s)
        except OutOfTime:
            self._check_open()  # then it was killed by us, which no payload can help
            raise
        finally:
            self._idle.put_nowait(worker)

    def _check_open(self) -> None:
        if not self._open:
            raise GradeError("the pool of workers is closed; use it inside `async with`")


class _Worker:
    """A place for one process, which is replaced whenever it had to be killed."""

    def __init__(self, function: str, memory_bytes: int) -> None:
        self._function = function
        self._memory_bytes = memory_bytes
        self._process: Process | None = None
        self._buried: set[asyncio.Task[None]] = set()
        self._n_asked = 0

    async def start(self) -> None:
        """Have a process that is ready, if there is none alive."""
        if self._process is not None:
            if self._process.returncode is None and not _out(self._process).at_eof():
                return
            self.kill()
        ready = False
        try:
            await self._start()
            ready = True
        finally:
            if not ready:
                self.kill()

    async def ask(self, payload: bytes, timeout_s: float) -> bytes:
        """Ask the process; unless it answers and is well, it is killed."""
        process, kind, body = self._process, SPENT, b""
        if process is None:
            raise GradeError("a worker was killed before it was asked")
        self._n_asked += 1
        try:
            async with asyncio.timeout(timeout_s):
                kind, body = await self._exchange(process, payload)
        except TimeoutError:
            raise OutOfTime(f"ran into the time limit of {timeout_s:g} s") from None
        except (OSError, EOFError) as cause:
            raise OutOfTime(await _how_it_died(process)) from cause
        finally:
            if kind != DONE:
                self.kill()
        if kind in {DONE, TIRED}:
            return body
        reason = body.decode(errors="replace")
        raise OutOfTime(reason) if kind == SPENT else GradeError(reason)

    def kill(self) -> None:
        """Kill the process and all that it started. The next ask starts another."""
        process, self._process = self._process, None
        if process is None:
            return
        _kill_group(process)
        burial = asyncio.create_task(_bury(process))
        self._buried.add(burial)
        burial.add_done_callback(self._buried.discard)

    async def gone(self) -> None:
        """Wait until nothing is left of the processes that were killed."""
        while self._buried:
            await asyncio.wait(set(self._buried))

    async def _start(self) -> None:
        command, environment = worker_command(self._function, self._memory_bytes)
        starting = asyncio.ensure_future(
            asyncio.create_subprocess_exec(
                *command,
                stdin=PIPE,
                stdout=PIPE,
                stderr=PIPE,
                cwd="/",
                env=environment,
                start_new_session=True,
            )
        )
        try:
            self._process = await asyncio.shield(starting)
        except asyncio.CancelledError:
            self._process = await starting  # it runs by now: only who has it can kill it
            raise
        except OSError as cause:
            raise GradeError(f"a worker cannot be started: {cause}") from cause
        await self._be_ready(self._process)

    async def _be_ready(self, process: Process) -> None:
        kind, body = FAILED, b""
        try:
            async with asyncio.timeout(START_TIMEOUT_S):
                kind, body = await _read(process, 0)
        except TimeoutError:
            body = f"not ready after {START_TIMEOUT_S:g} s".encode()
        except (OSError, EOFError):
            body = await _out(process, "stderr").read(1 << 16)
        if kind != READY:
            said = body.decode(errors="replace").strip()
            why = said.rpartition("\n")[2] or await _how_it_died(process)
            raise GradeError(f"a worker cannot start: {why}")

    async def _exchange(self, process: Process, payload: bytes) -> tuple[int, bytes]:
        if process.stdin is None:
            raise EOFError
        process.stdin.write(FRAME.pack(len(payload), ASK, self._n_asked) + payload)
        await process.stdin.drain()
        return await _read(process, self._n_asked)


async def _read(process: Process, request: int) -> tuple[int, bytes]:
    stream = _out(process)
    length, kind, answered = FRAME.unpack(await stream.readexactly(FRAME.size))
    if answered != request or length > MAX_BODY_BYTES:
        return FAILED, b"a worker answered what it was not asked"
    return kind, await stream.readexactly(length)


async def _how_it_died(process: Process) -> str:
    """Tell how a process ended that has ended or is about to."""
    _kill_group(process)
    status = await process.wait()
    if status >= 0:
        return f"its worker ended with status {status}"
    return f"its worker died: {signal.strsignal(-status)}"


def _out(process: Process, name: str = "stdout") -> asyncio.StreamReader:
    stream = getattr(process, name)
    assert isinstance(stream, asyncio.StreamReader)  # noqa: S101 - asked for
    return stream


def _kill_group(process: Process) -> None:
    """Kill a process and all of its session that did not leave it."""
    # On macOS there is no permission to kill what has ended and was not waited for.
    with suppress(ProcessLookupError, PermissionError):
        os.killpg(process.pid, signal.SIGKILL)


async def _bury(process: Process) -> None:
    if process.stdin is not None:
        process.stdin.close()
    await process.wait()


def worker_command(
    function: str, memory_bytes: int, *, bound: bool = True
) -> tuple[list[str], dict[str, str]]:
    """Return how a worker is started: its command, and its whole environment.

    Args:
        function: What it runs.
        memory_bytes: What it may hold.
        bound: Whether it ends at once when the thread that starts it does; else it ends within a
            second of this process, unless it is in the middle of a computation in C.
    """
    arguments = (function, str(memory_bytes), str(os.getpid()), "bound" if bound else "free")
    return [sys.executable, "-P", "-m", _WORKER, *arguments], _environment()


def _environment() -> dict[str, str]:
    """Return what a worker may know: where modules lie, and how to be the same every time."""
    kept = {name: os.environ[name] for name in _KEPT if name in os.environ}
    path = os.pathsep.join(os.path.abspath(entry) for entry in sys.path)  # noqa: PTH100
    return {
        **kept,
        **dict.fromkeys(_ONE_THREAD, "1"),
        "PATH": os.defpath,
        "LANG": "C.UTF-8",
        "PYTHONPATH": path,
        "PYTHONHASHSEED": "0",
        "PYTHONUTF8": "1",
    }
