"""What runs in a worker process: one function, request after request, over two pipes.

Started by `WorkerPool` and `Killable`, with the function, the memory it may have, who its parent is
and whether to end with the thread that started it. A frame is its length, kind and request as
`FRAME`, and then so many bytes.
"""

import ctypes
import importlib
import os
import resource
import signal
import struct
import sys
import threading
import time
from collections.abc import Callable
from contextlib import suppress
from typing import BinaryIO

from etude.errors import GradeError, blame

FRAME = struct.Struct(">IBQ")
"""Length of the body in bytes, kind, number of the request."""
ASK, READY, DONE, TIRED, SPENT, FAILED = range(6)
"""Kinds. `TIRED` is `DONE` by a worker that has grown too large to be asked again; `SPENT` means
that the payload took all there is, `FAILED` that the function is broken; both say why."""
MAX_BODY_BYTES = 256 << 20
_PDEATHSIG = 1
_WATCH_EVERY_S = 0.5

Function = Callable[[bytes], bytes]


def main(function: str, memory_bytes: int, parent: int, bound: bool) -> None:
    """Answer requests until there are no more."""
    asks, replies = os.fdopen(os.dup(0), "rb"), os.fdopen(os.dup(1), "wb")
    nowhere = os.open(os.devnull, os.O_RDWR)
    for stream in range(3):
        os.dup2(nowhere, stream)
    os.close(nowhere)
    _confine(memory_bytes, parent, bound)
    try:
        with blame(GradeError, f"loading {function}"):
            work = _load(function)
    except GradeError as error:
        _reply(replies, FAILED, 0, str(error).encode())
        return
    _limit(resource.RLIMIT_FSIZE, 0)
    _reply(replies, READY, 0, b"")
    while head := asks.read(FRAME.size):
        length, _, request = FRAME.unpack(head)
        kind, body = _answer(work, asks.read(length))
        if kind == DONE and _peak_bytes() > memory_bytes // 2:
            kind = TIRED  # what is asked next should not pay for what is kept of this
        _reply(replies, kind, request, body)


def _load(function: str) -> Function:
    module, _, name = function.partition(":")
    work: Function = getattr(importlib.import_module(module), name)
    return work


def _answer(work: Function, payload: bytes) -> tuple[int, bytes]:
    try:
        with blame(GradeError, "judging"):
            try:
                return DONE, work(payload)
            except MemoryError:
                return SPENT, b"out of memory"
            except RecursionError:
                return SPENT, b"nested too deeply"
            except SystemExit:
                return SPENT, b"left its process"
    except GradeError as error:
        return FAILED, str(error).encode(errors="replace")


def _reply(replies: BinaryIO, kind: int, request: int, body: bytes) -> None:
    replies.write(FRAME.pack(len(body), kind, request) + body)
    replies.flush()


def _confine(memory_bytes: int, parent: int, bound: bool) -> None:
    """Bound what this process takes, and have it end with its parent."""
    _limit(resource.RLIMIT_AS, memory_bytes)
    _limit(resource.RLIMIT_CORE, 0)
    if bound and sys.platform == "linux":
        ctypes.CDLL(None).prctl(_PDEATHSIG, int(signal.SIGKILL), 0, 0, 0)
    if os.getppid() != parent:
        os._exit(1)
    threading.Thread(target=_watch, args=(memory_bytes, parent), daemon=True).start()


def _limit(kind: int, most: int) -> None:
    with suppress(OSError, ValueError):  # a system that has no such limit, or a lower one
        resource.setrlimit(kind, (most, most))


def _watch(memory_bytes: int, parent: int) -> None:
    """End this process where the kernel does not: no parent any more, or more memory than allowed.

    macOS neither holds `RLIMIT_AS` nor tells of a parent's death.
    """
    while os.getppid() == parent and _peak_bytes() <= memory_bytes:
        time.sleep(_WATCH_EVERY_S)
    os.kill(os.getpid(), signal.SIGKILL)


def _peak_bytes() -> int:
    """Return the most memory that this process has held since it began to be this program."""
    # Linux lets `ru_maxrss` start from what the process held that started this one.
    with suppress(OSError), open("/proc/self/status", "rb") as status:  # noqa: PTH123
        for line in status:
            if line.startswith(b"VmHWM:"):
                return int(line.split()[1]) << 10
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return peak if sys.platform == "darwin" else peak << 10


if __name__ == "__main__":
    main(sys.argv[1], int(sys.argv[2]), int(sys.argv[3]), sys.argv[4] == "bound")
