"""A row of records in a file, searched and taken forwards; where bytes are missing it begins anew."""

from collections.abc import Iterator

from etude.errors import RecordError


class GapError(RecordError):
    """Bytes are missing here: the record that was being read is lost with them."""


class Scan:
    """Pieces of a file, with what was read ahead."""

    def __init__(self, source: Iterator[bytes | None]) -> None:
        self.source = source
        self.data = b""
        self.at = 0
        """Where `data` begins, in bytes of the decompressed file."""
        self.ended = False

    def more(self) -> bool:
        """Read on; say whether there was more.

        Raises:
            GapError: Bytes are missing; what was read ahead is thrown away.
        """
        if self.ended:
            return False
        piece = next(self.source, b"")
        if piece is None:
            self.at += len(self.data)
            self.data = b""
            raise GapError("gap")
        self.ended = not piece
        self.data += piece
        return bool(piece)

    def have(self, size: int) -> bool:
        """Read ahead until there are `size` bytes; say whether there are."""
        if len(self.data) < size and not self.ended:
            kept = [self.data]
            n_kept = len(self.data)
            self.data = b""
            while n_kept < size and self.more():
                kept.append(self.data)
                n_kept += len(self.data)
                self.data = b""
            self.data = b"".join(kept)
        return len(self.data) >= size

    def drop(self, size: int) -> None:
        """Pass over bytes that were read ahead."""
        self.data = self.data[size:]
        self.at += size

    def find(self, needle: bytes, limit: int) -> int:
        """Return where `needle` is, within `limit` bytes; -1 when it is not there."""
        begin = 0
        while True:
            found = self.data.find(needle, begin, limit)
            if found >= 0:
                return found
            begin = max(len(self.data) - len(needle) + 1, 0)
            if len(self.data) >= limit or not self.more():
                return -1

    def pass_to(self, needle: bytes, skip: int = 0) -> bool:
        """Pass over everything before `needle`, in bounded memory; say whether it was found."""
        self.drop(min(skip, len(self.data)))
        while True:
            found = self.data.find(needle)
            if found >= 0:
                self.drop(found)
                return True
            self.drop(max(len(self.data) - len(needle) + 1, 0))
            if not self.more():
                self.drop(len(self.data))
                return False
