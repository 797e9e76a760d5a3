"""One command: start bubblewrap, watch the limits, collect the output, leave nothing running.

Bubblewrap can be started ahead, before it is known what to run: a shell waits in the finished box.
"""

import contextlib
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
from .wire import Jail, Ran, Run

_SAMPLE_S = 0.05
_MAX_WORD_BYTES = 131_072
"""One argument of a program, its closing zero byte included, may be no longer in Linux."""
ARGS_FD, SECCOMP_FD, STATUS_FD = 4, 5, 6
"""Descriptors that bubblewrap gets, after input, output, error and the report."""
# The limit is set inside the box: outside, the processes of all boxes would count together.
# Descriptor 8 says when to go, and 7 holds what to run; a line that closes without a word ends it.
_WAIT = (
    'ulimit -u "$1"; read -rN1 __etude <&8 || exit; mapfile -d "" -t __etude <&7; '
    'exec 7<&- 8<&-; exec -- "${__etude[@]}"'
)


class NotStartedError(Exception):
    """Bubblewrap ended before it started the command."""


class _Watch:
    """Decides when a command has to be killed, and why."""

    def __init__(self, jail: Jail, timeout_s: float, pid: int) -> None:
        self.started_s = time.monotonic()
        self._jail = jail
        self._end_s = self.started_s + timeout_s
        self._pid = pid
        self._sample_at_s = self.started_s + _SAMPLE_S

    @property
    def wait_s(self) -> float:
        """Seconds until there is something to look at."""
        return max(0.0, min(self._end_s, self._sample_at_s) - time.monotonic())

    def verdict(self, n_printed: int, n_reported: int) -> str:
        """Return the limit that was broken; empty when none was."""
        now_s = time.monotonic()
        if n_printed > self._jail.flood_bytes or n_reported > self._jail.report_bytes:
            return "output"
        if now_s >= self._end_s:
            return "timeout"
        if now_s < self._sample_at_s:
            return ""
        over = kernel.memory_bytes(self._pid, self._jail.memory_bytes) > self._jail.memory_bytes
        cost_s = time.monotonic() - now_s
        self._sample_at_s = time.monotonic() + max(_SAMPLE_S, 10 * cost_s)
        return "memory" if over else ""


class Command:
    """A box's namespaces with a shell in them that waits to be told what to run, once."""

    def __init__(self, jail: Jail, seccomp: bytes, owner: int) -> None:
        """Start bubblewrap.

        Args:
            jail: How to start it, and the limits.
            seccomp: The system-call filter, as bubblewrap takes it.
            owner: User to start it as; -1 for this one.
        """
        self._jail = jail
        self._out, self._err = Stream(jail.output_bytes), Stream(jail.output_bytes)
        self._report, self._status = Stream(2 * jail.report_bytes + 2), Stream(1 << 16)
        self._streams = (self._out, self._err, self._report, self._status)
        self._given = Feed(owner)
        self._go = Feed(-1)
        self._words = _memory_file(b"")
        options = b"".join(os.fsencode(option) + b"\0" for option in jail.options)
        fds = [
            self._given.read_fd,
            self._out.write_fd,
            self._err.write_fd,
            self._report.write_fd,
            _sealed(options),
            _sealed(seccomp),
            self._status.write_fd,
            move_high(os.open(f"/proc/self/fd/{self._words}", os.O_RDONLY)),
            self._go.read_fd,
        ]
        # Options given through a file do not show in the box's list of processes.
        shell = ["/bin/bash", "-c", _WAIT, "box", str(jail.n_processes)]
        argv = [jail.program, "--args", str(ARGS_FD), "--", *shell]
        parent = os.getpid()
        self._pid = os.fork()
        if self._pid == 0:
            _become(argv, fds, jail, owner, parent)
        for fd in fds:
            os.close(fd)

    def waits(self) -> bool:
        """Return whether the shell is still there to be told what to run."""
        return os.waitid(os.P_PID, self._pid, os.WEXITED | os.WNOHANG | os.WNOWAIT) is None

    def run(self, order: Run, stdin: bytes, abandoned: Callable[[], bool]) -> tuple[Ran, bytes]:
        """Run one command to its end; its whole process tree is dead on return.

        Args:
            order: The command.
            stdin: What it reads from standard input.
            abandoned: Asked now and then whether nobody waits for the answer any more.

        Raises:
            NotStartedError: Bubblewrap could not set the box up, or the command is too long.
        """
        words = [os.fsencode(word) + b"\0" for word in order.argv]
        if max(map(len, words)) > _MAX_WORD_BYTES:
            self.discard()
            raise NotStartedError(f"an argument is over {_MAX_WORD_BYTES} bytes long")
        _write_and_seal(self._words, b"".join(words))
        watch = _Watch(self._jail, order.timeout_s, self._pid)
        self._given.give(stdin)
        self._go.give(b"\n")
        self._go.take()
        killed = self._follow(watch, abandoned)
        code = os.waitstatus_to_exitcode(os.waitpid(self._pid, 0)[1])
        _reap()
        duration_s = time.monotonic() - watch.started_s
        self._close()
        out, err, report = self._out, self._err, self._report
        if not killed and b'"exit-code"' not in self._status.kept():
            why = err.kept().decode("utf-8", "replace").strip()
            raise NotStartedError(why or f"exit {code}")
        ran = Ran(
            exit=code if code >= 0 else 128 - code,
            killed=killed,
            duration_s=duration_s,
            truncated=out.truncated or err.truncated,
            n_stdout=len(out.kept()),
            n_stderr=len(err.kept()),
        )
        return ran, out.kept() + err.kept() + report.kept()[: self._jail.report_bytes]

    def discard(self) -> None:
        """End the shell without having it run anything."""
        os.kill(self._pid, signal.SIGKILL)
        os.waitpid(self._pid, 0)
        _reap()
        os.close(self._words)
        self._go.close()
        self._close()

    def _close(self) -> None:
        self._given.close()
        for stream in self._streams:
            stream.drain()
            stream.close()

    def _follow(self, watch: _Watch, abandoned: Callable[[], bool]) -> str:
        """Feed and read the streams until bubblewrap ends; say which limit it was killed for."""
        killed = ""
        given = self._given
        by_fd: dict[int, Stream | Feed] = {stream.fd: stream for stream in self._streams}
        ended = os.pidfd_open(self._pid)
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
                    n_printed = self._out.n_bytes + self._err.n_bytes
                    killed = watch.verdict(n_printed, self._report.n_bytes)
                    if killed or abandoned():
                        killed = killed or "timeout"
                        os.kill(self._pid, signal.SIGKILL)
        os.close(ended)
        return killed


def _reap() -> None:
    """Kill and bury what bubblewrap left: orphans come to this process, and no other child lives.

    The first process of the box takes all others with it, and is itself only gone when they are.
    """
    with contextlib.suppress(ChildProcessError):
        while True:
            if os.waitpid(-1, os.WNOHANG)[0] == 0:
                for child in kernel.children(os.getpid()):
                    os.kill(child, signal.SIGKILL)
                os.waitpid(-1, 0)


def _become(argv: list[str], fds: list[int], jail: Jail, owner: int, parent: int) -> None:
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
        _set_limits(jail)
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


def _set_limits(jail: Jail) -> None:
    """Limit each process of the command; none of these limits can be raised again."""
    cpu_s = max(1, round(jail.cpu_s))
    limits = {
        resource.RLIMIT_CORE: 0,
        resource.RLIMIT_FSIZE: jail.file_bytes,
        resource.RLIMIT_NOFILE: 1024,
        # A second later the kernel kills instead of signalling.
        resource.RLIMIT_CPU: cpu_s + 1,
        resource.RLIMIT_AS: 2 * jail.memory_bytes,
        resource.RLIMIT_MSGQUEUE: 0,
        resource.RLIMIT_RTPRIO: 0,
        resource.RLIMIT_NICE: 0,
    }
    for limit, wanted in limits.items():
        ceiling = resource.getrlimit(limit)[1]
        hard = wanted if ceiling == resource.RLIM_INFINITY else min(wanted, ceiling)
        soft = min(hard, cpu_s) if limit == resource.RLIMIT_CPU else hard
        resource.setrlimit(limit, (soft, hard))


def _memory_file(content: bytes) -> int:
    """Return a descriptor of a new file in memory."""
    fd = move_high(os.memfd_create("input", os.MFD_CLOEXEC | os.MFD_ALLOW_SEALING))
    with os.fdopen(os.dup(fd), "wb") as file:
        file.write(content)
    os.lseek(fd, 0, os.SEEK_SET)
    return fd


def _sealed(content: bytes) -> int:
    """Return a descriptor of a file in memory that nobody can change."""
    fd = _memory_file(content)
    fcntl.fcntl(fd, fcntl.F_ADD_SEALS, 0xF)
    return fd


def _write_and_seal(fd: int, content: bytes) -> None:
    """Write a file in memory that others wait for, and close it; nobody can change it any more."""
    with os.fdopen(fd, "wb") as file:
        file.write(content)
        file.flush()
        fcntl.fcntl(fd, fcntl.F_ADD_SEALS, 0xF)
