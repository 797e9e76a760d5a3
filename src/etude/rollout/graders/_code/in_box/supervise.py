"""Runs a program once for each test and reports what came out, right or wrong.

Nothing that is wanted of the program is known here, so there is nothing to be stolen or forged: a
program that takes this process over can claim outputs, which it could print as well.
"""
# ruff: noqa: S302  # the job comes from Etude

from __future__ import annotations

import marshal
import os
import select
import time

from .program import CHANNEL, enter, import_ahead, run_call, run_script

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import TypedDict

    class Job(TypedDict):
        """What is asked for."""

        program: str
        tests: list[tuple[str, str, int]]
        """Kind, what is given, and how many bytes may come out."""
        cpu_s: float
        wall_s: float
        memory_bytes: int
        stop: bool


REPORT = 3
STARTED = b"start\n"
"""Printed when nothing of the program has run yet; what fails before is our own fault."""


def main() -> None:
    """Run all tests of the job on standard input, and report to descriptor 3."""
    job: Job = marshal.loads(read_all(0))
    import_ahead(job["program"])
    os.write(1, STARTED)
    for number, (kind, given, limit_bytes) in enumerate(job["tests"]):
        status, came = _run(job, kind, given, limit_bytes)
        _say(b"%d %b %d\n" % (number, status.encode(), len(came)) + came)
        if job["stop"] and status != "ended":
            break
    os._exit(0)


def read_all(fd: int) -> bytes:
    """Read to the end."""
    parts = []
    while part := os.read(fd, 1 << 20):
        parts.append(part)
    return b"".join(parts)


def _say(message: bytes) -> None:
    while message:
        message = message[os.write(REPORT, message) :]


def _run(job: Job, kind: str, given: str, limit_bytes: int) -> tuple[str, bytes]:
    """Run one test; return how it ended and what came out."""
    out, into = os.pipe()
    nothing = os.open(os.devnull, os.O_RDWR)
    given_fd = _file(given) if kind == "stdin" else nothing
    if (pid := os.fork()) == 0:
        fds = {0: given_fd, 1: into if kind == "stdin" else nothing, 2: nothing}
        if kind != "stdin":
            fds[CHANNEL] = into
        enter(fds, job["memory_bytes"], whole(job["cpu_s"]))
        if kind == "stdin":
            run_script(job["program"])
        run_call(job["program"], given, limit_bytes)
    for fd in {into, given_fd, nothing}:
        os.close(fd)
    came, why = _collect(out, pid, job["wall_s"], limit_bytes)
    os.close(out)
    kill_group(pid)
    _, wait_status, usage = os.wait4(pid, 0)
    code = os.waitstatus_to_exitcode(wait_status)
    if why:
        return why, b""
    if usage.ru_utime + usage.ru_stime > job["cpu_s"]:
        return "time", b""
    return ("ended", came) if code == 0 else (f"exit:{code}", b"")


def _collect(out: int, pid: int, wall_s: float, limit_bytes: int) -> tuple[bytes, str]:
    """Read what a process says until it ends; tell which limit it broke."""
    end_s = time.monotonic() + wall_s
    process = os.pidfd_open(pid)
    ready = select.poll()
    ready.register(out, select.POLLIN)
    ready.register(process, select.POLLIN)
    parts: list[bytes] = []
    n_bytes, why = 0, ""
    while not why:
        fds = [fd for fd, _ in ready.poll(max(0, int((end_s - time.monotonic()) * 1000)))]
        if not fds:
            why = "time"
        elif out in fds:
            part = os.read(out, 1 << 16)
            if not part:
                ready.unregister(out)
                continue
            parts.append(part)
            n_bytes += len(part)
            if n_bytes > limit_bytes:
                why = "output"
        else:
            break
    os.close(process)
    return b"".join(parts), why


def whole(seconds: float) -> int:
    """Round up, as the kernel limits whole seconds of CPU time."""
    return max(1, -int(-seconds // 1))


def kill_group(pid: int) -> None:
    """Kill a process and those that it started and that did not leave its group."""
    for end in (os.killpg, os.kill):
        try:
            end(pid, 9)
        except OSError:
            continue


def _file(content: str) -> int:
    """Return a descriptor of a file without a name that holds `content`."""
    fd = os.open("/tmp", os.O_TMPFILE | os.O_RDWR, 0o600)  # noqa: S108
    left = memoryview(content.encode("utf-8", "surrogatepass"))
    while left:
        left = left[os.write(fd, left) :]
    os.lseek(fd, 0, os.SEEK_SET)
    return fd
