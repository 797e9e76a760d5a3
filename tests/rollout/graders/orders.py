"""What the tests of worker processes have them do; it imports little, for each starts anew."""

import ctypes
import os
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path


def obey(payload: bytes) -> bytes:
    """Do what the payload says; the worst that foreign text can bring a parser to do."""
    order, _, rest = payload.decode().partition(" ")
    return _ORDERS[order](rest)


def _sleep(seconds: str) -> bytes:
    time.sleep(float(seconds))
    return b"slept"


def _hang_in_c(_: str) -> bytes:
    return str(9**9**8).encode()


def _fill_memory(_: str) -> bytes:
    kept = []
    while True:
        kept.append(bytes(8 << 20))


def _recurse(rest: str) -> bytes:
    return _recurse(rest)


def _print(text: str) -> bytes:
    sys.stdout.write(text)
    sys.stdout.flush()
    os.write(1, b"rubbish" * 100)
    return b"printed"


def _start_a_child(path: str) -> bytes:
    code = f"import time, pathlib; time.sleep(1.5); pathlib.Path({path!r}).write_text('alive')"
    subprocess.Popen([sys.executable, "-c", code])
    time.sleep(60)
    return b""


_ORDERS: dict[str, Callable[[str], bytes]] = {
    "echo": str.encode,
    "sleep": _sleep,
    "hang": _hang_in_c,
    "fill": _fill_memory,
    "recurse": _recurse,
    "crash": lambda _: ctypes.string_at(0),
    "exit": lambda status: os._exit(int(status)),
    "leave": lambda status: sys.exit(int(status)),
    "raise": lambda _: b"%d" % (1 // 0),
    "print": _print,
    "pid": lambda _: b"%d" % os.getpid(),
    "child": _start_a_child,
    "grow": lambda _: b"%d" % len(b"x" * (560 << 20)),
    "environment": lambda _: repr(sorted(os.environ)).encode(),
    "fds": lambda _: repr(sorted(int(fd.name) for fd in Path("/proc/self/fd").iterdir())).encode(),
    "sid": lambda _: b"%d" % os.getsid(0),
}
