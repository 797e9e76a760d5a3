"""Records of a file in a row, searched and taken forwards; after a gap it begins anew."""

from collections.abc import Iterator

from etude.errors import RecordError


class GapError(RecordError):
    """Bytes are missing here: the record that was being read is lost with them."""


class Scan:
    """Pieces of a file, with what was read ahead. Places are counted from where it stands."""

    def __init__(self, source: Iterator[bytes | None]) -> None:
        self.source = source
        self.at = 0
        """Where it stands, in bytes of the decompressed file."""
        self.ended = False
        self._data = b""
        self._start = 0

    def ahead(self) -> int:
        """Return how many bytes were read ahead."""
        return len(self._data) - self._start

    def show(self, start: int, stop: int) -> bytes:
        """Return bytes that were read ahead."""
        return self._data[self._start + start : self._start + stop]

    def begins(self, prefix: bytes) -> bool:
        """Whether it stands before `prefix`."""
        return self.have(len(prefix)) and self._data.startswith(prefix, self._start)

    def have(self, size: int) -> bool:
        """Read ahead until there are `size` bytes; say whether there are.

        Raises:
            GapError: Bytes are missing; what was read ahead is thrown away.
        """
        if self.ahead() >= size:
            return True
        kept = [self._data[self._start :]]
        n_kept = len(kept[0])
        while n_kept < size and not self.ended:
            piece = next(self.source, b"")
            if piece is None:
                self._data, self._start = b"", 0
                self.at += n_kept
                raise GapError("gap")
            self.ended = not piece
            kept.append(piece)
            n_kept += len(piece)
        self._data, self._start = b"".join(kept), 0
        return n_kept >= size

    def drop(self, size: int) -> None:
        """Pass over bytes that were read ahead."""
        self._start += size
        self.at += size

    def find(self, needle: bytes, limit: int) -> int:
        """Return where `needle` is, within `limit` bytes; -1 when it is not there.

        Raises:
            GapError: Bytes are missing.
        """
        begin = 0
        while True:
            stop = self._start + limit
            found = self._data.find(needle, self._start + begin, stop)
            if found >= 0:
                return found - self._start
            begin = max(self.ahead() - len(needle) + 1, 0)
            if self.ahead() >= limit or not self.have(self.ahead() + 1):
                return -1

    def pass_to(self, needle: bytes, skip: int = 0) -> bool:
        """Pass over everything before `needle`, in bounded memory; say whether it was found.

        Raises:
            GapError: Bytes are missing.
        """
        self.drop(min(skip, self.ahead()))
        while True:
            found = self._data.find(needle, self._start)
            if found >= 0:
                self.drop(found - self._start)
                return True
            self.drop(max(self.ahead() - len(needle) + 1, 0))
            if not self.have(self.ahead() + 1):
                self.drop(self.ahead())
                return False
