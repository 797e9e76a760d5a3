"""One command: start bubblewrap, watch the limits, collect the output, leave nothing running."""

import fcntl
import os
import resource
import selectors
import signal
import time
from collections.abc import Callable
from pathlib import Path

from . import kernel
from .stream import Feed, Stream, move_high
from .wire import Ran, Run

_SAMPLE_S = 0.05
ARGS_FD, SECCOMP_FD, STATUS_FD = 4, 5, 6
"""Descriptors that bubblewrap gets, after input, output, error and the report."""


class NotStartedError(Exception):
    """Bubblewrap ended before it started the command."""


class _Watch:
    """Decides when a command has to be killed, and why."""

    def __init__(self, order: Run, pid: int) -> None:
        self.started_s = time.monotonic()
        self._order = order
        self._pid = pid
        self._sample_at_s = self.started_s + _SAMPLE_S

    @property
    def wait_s(self) -> float:
        """Seconds until there is something to look at."""
        end_s = self.started_s + self._order.timeout_s
        return max(0.0, min(end_s, self._sample_at_s) - time.monotonic())

    def verdict(self, n_printed: int, n_reported: int) -> str:
        """Return the limit that was broken; empty when none was."""
        now_s = time.monotonic()
        if n_printed > self._order.flood_bytes or n_reported > self._order.report_bytes:
            return "output"
        if now_s >= self.started_s + self._order.timeout_s:
            return "timeout"
        if now_s < self._sample_at_s:
            return ""
        over = kernel.memory_bytes(self._pid, self._order.memory_bytes) > self._order.memory_bytes
        cost_s = time.monotonic() - now_s
        self._sample_at_s = time.monotonic() + max(_SAMPLE_S, 10 * cost_s)
        return "memory" if over else ""


def run(
    order: Run, stdin: bytes, seccomp: bytes, owner: int, abandoned: Callable[[], bool]
) -> tuple[Ran, bytes]:
    """Run one command to its end; its whole process tree is dead on return.

    Args:
        order: The command and its limits.
        stdin: What it reads from standard input.
        seccomp: The system-call filter, as bubblewrap takes it.
        owner: User to start it as; -1 for this one.
        abandoned: Asked now and then whether nobody waits for the answer any more.

    Raises:
        NotStartedError: Bubblewrap could not set the box up.
    """
    out, err = Stream(order.output_bytes), Stream(order.output_bytes)
    report, status = Stream(2 * order.report_bytes + 2), Stream(1 << 16)
    streams = (out, err, report, status)
    given = Feed(stdin, owner)
    options = b"".join(os.fsencode(option) + b"\0" for option in order.options)
    fds = [
        given.read_fd,
        out.write_fd,
        err.write_fd,
        report.write_fd,
        _file(options),
        _file(seccomp),
        status.write_fd,
    ]
    # Options given through a file do not show in the box's list of processes.
    argv = [order.program, "--args", str(ARGS_FD), "--", *order.argv]
    parent = os.getpid()
    pid = os.fork()
    if pid == 0:
        _become(argv, fds, order, owner, parent)
    for fd in fds:
        os.close(fd)
    watch = _Watch(order, pid)
    killed = _follow(pid, streams, given, watch, abandoned)
    given.close()
    code = os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1])
    _reap()
    duration_s = time.monotonic() - watch.started_s
    for stream in streams:
        stream.drain()
        stream.close()
    if not killed and b'"exit-code"' not in status.kept():
        raise NotStartedError(err.kept().decode("utf-8", "replace").strip() or f"exit {code}")
    ran = Ran(
        exit=code if code >= 0 else 128 - code,
        killed=killed,
        duration_s=duration_s,
        truncated=out.truncated or err.truncated,
        n_stdout=len(out.kept()),
        n_stderr=len(err.kept()),
    )
    return ran, out.kept() + err.kept() + report.kept()[: order.report_bytes]


def _follow(
    pid: int,
    streams: tuple[Stream, ...],
    given: Feed,
    watch: _Watch,
    abandoned: Callable[[], bool],
) -> str:
    """Feed and read the streams until bubblewrap ends; kill it when a limit breaks. Say which."""
    killed = ""
    out, err, report, _ = streams
    by_fd: dict[int, Stream | Feed] = {stream.fd: stream for stream in streams}
    ended = os.pidfd_open(pid)
    with selectors.DefaultSelector() as ready:
        for fd in (*by_fd, ended):
            ready.register(fd, selectors.EVENT_READ)
        if given.fd >= 0:
            by_fd[given.fd] = given
            ready.register(given.fd, selectors.EVENT_WRITE)
        while True:
            fds = [key.fd for key, _ in ready.select(None if killed else watch.wait_s)]
            for fd in fds:
                if fd != ended and not by_fd[fd].take():
                    ready.unregister(fd)
            if ended in fds:
                break
            if not killed:
                killed = watch.verdict(out.n_bytes + err.n_bytes, report.n_bytes)
                if killed or abandoned():
                    killed = killed or "timeout"
                    os.kill(pid, signal.SIGKILL)
    os.close(ended)
    return killed


def _reap() -> None:
    """Kill and bury what bubblewrap left: orphans come to this process, and no other child lives.

    The first process of the box takes all others with it, and is itself only gone when they are.
    """
    while True:
        try:
            pid, _ = os.waitpid(-1, os.WNOHANG)
        except ChildProcessError:
            return
        if pid == 0:
            for child in kernel.children(os.getpid()):
                os.kill(child, signal.SIGKILL)
            time.sleep(0.0005)


def _become(argv: list[str], fds: list[int], order: Run, owner: int, parent: int) -> None:
    """Turn the forked child into bubblewrap. Never returns."""
    try:
        for number, fd in enumerate(fds):
            os.dup2(fd, number)
        os.closerange(len(fds), 1 << 16)
        # Python ignores these two, and what starts from it would too.
        for number in (signal.SIGPIPE, signal.SIGXFSZ):
            signal.signal(number, signal.SIG_DFL)
        # When the machine runs out of memory, let a box die first.
        Path("/proc/self/oom_score_adj").write_text("1000")
        _set_limits(order)
        if owner >= 0:
            os.setgroups([])
            os.setresgid(owner, owner, owner)
            os.setresuid(owner, owner, owner)
        kernel.die_with_parent(parent)
        os.execve(argv[0], argv, {})  # noqa: S606
    except OSError as error:
        os.write(2, f"{argv[0]}: {error}".encode())
    finally:
        os._exit(1)


def _set_limits(order: Run) -> None:
    """Limit each process of the command; none of these limits can be raised again."""
    cpu_s = max(1, round(order.cpu_s))
    limits = {
        resource.RLIMIT_CORE: 0,
        resource.RLIMIT_FSIZE: order.file_bytes,
        resource.RLIMIT_NOFILE: 1024,
        # A second later the kernel kills instead of signalling.
        resource.RLIMIT_CPU: cpu_s + 1,
        resource.RLIMIT_AS: 2 * order.memory_bytes,
        resource.RLIMIT_MSGQUEUE: 0,
        resource.RLIMIT_RTPRIO: 0,
        resource.RLIMIT_NICE: 0,
    }
    for limit, wanted in limits.items():
        ceiling = resource.getrlimit(limit)[1]
        hard = wanted if ceiling == resource.RLIM_INFINITY else min(wanted, ceiling)
        soft = min(hard, cpu_s) if limit == resource.RLIMIT_CPU else hard
        resource.setrlimit(limit, (soft, hard))


def _file(content: bytes) -> int:
    """Return a descriptor of a file in memory that nobody can change."""
    fd = move_high(os.memfd_create("input", os.MFD_CLOEXEC | os.MFD_ALLOW_SEALING))
    with os.fdopen(os.dup(fd), "wb") as file:
        file.write(content)
    os.lseek(fd, 0, os.SEEK_SET)
    fcntl.fcntl(fd, fcntl.F_ADD_SEALS, 0xF)
    return fd
