"""Collect what a command prints, without ever holding more of it than allowed."""

import fcntl
import os

_CHUNK_BYTES = 1 << 16
_FIRST_FREE_FD = 20


class Stream:
    """The read end of a pipe: keeps the first and the last half of what it is allowed to."""

    def __init__(self, keep_bytes: int) -> None:
        self.fd, self.write_fd = (move_high(fd) for fd in os.pipe())
        self.n_bytes = 0
        self._half = keep_bytes // 2
        self._head = bytearray()
        self._tail = bytearray()

    def take(self) -> bool:
        """Read what is there; return whether more may come."""
        chunk = os.read(self.fd, _CHUNK_BYTES)
        self.n_bytes += len(chunk)
        room = self._half - len(self._head)
        self._head += chunk[:room]
        self._tail += chunk[room:]
        if len(self._tail) > 2 * self._half + _CHUNK_BYTES:
            self._cut()
        return bool(chunk)

    def drain(self) -> None:
        """Read to the end; every process that could write must be dead."""
        while self.take():
            pass

    def kept(self) -> bytes:
        """Return what was kept, with a note where the middle is missing."""
        self._cut()
        n_cut = self.n_bytes - len(self._head) - len(self._tail)
        note = f"\n[... {n_cut} bytes cut ...]\n".encode() if n_cut else b""
        return bytes(self._head) + note + bytes(self._tail)

    @property
    def truncated(self) -> bool:
        return self.n_bytes > 2 * self._half

    def close(self) -> None:
        os.close(self.fd)

    def _cut(self) -> None:
        if (n_over := len(self._tail) - self._half) > 0:
            del self._tail[:n_over]


def move_high(fd: int) -> int:
    """Move a descriptor out of the way of those that a command gets."""
    moved = fcntl.fcntl(fd, fcntl.F_DUPFD_CLOEXEC, _FIRST_FREE_FD)
    os.close(fd)
    return moved
