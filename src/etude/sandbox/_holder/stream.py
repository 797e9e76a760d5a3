"""Feed a command, and collect what it prints without ever holding more of it than allowed."""

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


class Feed:
    """What a command reads from standard input.

    A pipe, so that what was read is gone: the first process of a box keeps its input open, and any
    other can open that anew.
    """

    def __init__(self, owner: int) -> None:
        """Open a pipe.

        Args:
            owner: User who may open the pipe by name, as `/dev/stdin`; -1 for this one.
        """
        self.read_fd, self.fd = (move_high(fd) for fd in os.pipe())
        """`fd` is where it is written; -1 when all is given."""
        self._left = memoryview(b"")
        os.set_blocking(self.fd, False)
        if owner >= 0:
            os.fchown(self.read_fd, owner, owner)

    def give(self, content: bytes) -> None:
        """Say what is to be read; nothing at all when it is empty."""
        self._left = memoryview(content)
        if not content:
            self.close()

    def take(self) -> bool:
        """Let the command take what it can; return whether it may take more."""
        try:
            self._left = self._left[os.write(self.fd, self._left[:_CHUNK_BYTES]) :]
        except BlockingIOError:
            return True
        except BrokenPipeError:
            self._left = self._left[:0]
        if not self._left:
            self.close()
        return bool(self._left)

    def close(self) -> None:
        """End the input."""
        if self.fd >= 0:
            os.close(self.fd)
            self.fd = -1


def move_high(fd: int) -> int:
    """Move a descriptor out of the way of those that a command gets."""
    moved = fcntl.fcntl(fd, fcntl.F_DUPFD_CLOEXEC, _FIRST_FREE_FD)
    os.close(fd)
    return moved
