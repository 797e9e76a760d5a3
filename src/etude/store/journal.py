"""Journal: records added one by one to a file, each safe on disk before the next is made."""

import os
from collections.abc import Iterator
from pathlib import Path
from types import TracebackType
from typing import Self, TypeVar

import msgspec

from etude.errors import ConfigError, RecordError
from etude.store._lock import Lock

JOURNAL = "log.jsonl"
"""Name of the journal in the folder of a data set."""
JOURNAL_OF_ANSWERS = f"keys/{JOURNAL}"
"""Where a journal lies whose entries hold answers, so that it leaves with the answer keys."""

EntryT = TypeVar("EntryT")


class Journal:
    """One file of JSON lines that only grows. What was appended survives any crash.

    Reading needs no lock. The first append takes one, which `close` gives back.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        self._handle = -1
        self._lock: Lock | None = None

    def __enter__(self) -> Self:
        self._open()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()

    def append(self, entry: msgspec.Struct) -> None:
        """Add one entry; when this returns it is on disk.

        Raises:
            ConfigError: Another process writes this journal, or the disk takes no more.
        """
        self._open()
        line = msgspec.json.encode(entry) + b"\n"
        size = os.fstat(self._handle).st_size
        reason = ""
        try:
            if os.write(self._handle, line) < len(line):
                reason = "the disk is full"
            os.fsync(self._handle)
        except OSError as cause:
            reason = str(cause.strerror)
        if reason:
            os.ftruncate(self._handle, size)
            raise ConfigError(f"cannot write {self.path}: {reason}")

    def read(self, entry: type[EntryT]) -> Iterator[EntryT]:
        """Yield the entries, oldest first; a last line that was never finished is left out.

        Raises:
            RecordError: A finished line is damaged; the message says which.
        """
        decoder = msgspec.json.Decoder(entry)
        if not self.path.exists():
            return
        try:
            with self.path.open("rb") as file:
                for number, line in enumerate(file, start=1):
                    if line.endswith(b"\n"):
                        yield self._decode(decoder, line, number)
        except OSError as cause:
            raise RecordError(f"{self.path}: {cause.strerror}") from cause

    def close(self) -> None:
        """Give the journal back; appending opens it again."""
        if self._handle >= 0:
            os.close(self._handle)
            self._handle = -1
        if self._lock is not None:
            self._lock.release()
            self._lock = None

    def _decode(self, decoder: msgspec.json.Decoder[EntryT], line: bytes, number: int) -> EntryT:
        try:
            return decoder.decode(line)
        except (msgspec.DecodeError, UnicodeDecodeError) as cause:
            raise RecordError(f"{self.path}:{number}: damaged entry: {cause}") from cause

    def _open(self) -> None:
        """Take the lock and cut off what a crash left unfinished."""
        if self._handle >= 0:
            return
        if self._lock is None:
            self._lock = Lock(self.path.with_name(f".{self.path.name}.lock"), self.path)
        try:
            handle = os.open(self.path, os.O_RDWR | os.O_CREAT | os.O_APPEND | os.O_CLOEXEC, 0o644)
        except OSError as cause:
            self.close()
            raise ConfigError(f"cannot write {self.path}: {cause.strerror}") from cause
        os.ftruncate(handle, _finished(handle))
        self._handle = handle


def _finished(handle: int) -> int:
    """Return where the last finished line ends."""
    end = os.fstat(handle).st_size
    while end > 0:
        start = max(0, end - 65536)
        found = os.pread(handle, end - start, start).rfind(b"\n")
        if found >= 0:
            return start + found + 1
        end = start
    return 0
