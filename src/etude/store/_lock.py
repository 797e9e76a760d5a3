"""One writer at a time, also across processes; a dead writer holds nothing."""

import fcntl
import os
from pathlib import Path

from etude.errors import ConfigError


class Lock:
    """A lock on something, kept in a small file beside it. Gone when its process is."""

    def __init__(self, path: Path, thing: Path) -> None:
        """Take the lock in the file `path`, which speaks for `thing`.

        Raises:
            ConfigError: Another writer has it, or the file cannot be made.
        """
        try:
            self._handle = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o644)
        except OSError as cause:
            raise ConfigError(f"cannot write {thing}: {cause.strerror}") from cause
        try:
            fcntl.flock(self._handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError as cause:
            holder = os.read(self._handle, 20).decode("ascii", "replace").strip() or "unknown"
            os.close(self._handle)
            raise ConfigError(
                f"{thing} is being written by process {holder}; wait for it or stop it"
            ) from cause
        os.ftruncate(self._handle, 0)
        os.write(self._handle, f"{os.getpid()}\n".encode())

    def release(self) -> None:
        """Let others write."""
        os.close(self._handle)
