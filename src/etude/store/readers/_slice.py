"""A range of a file read as a file, and the members of `ar` files, which Debian packages are."""

import io
from typing import BinaryIO

from etude.store.readers._rows import DamageError

_MAGIC = b"!<arch>\n"
_HEADER_BYTES = 60


class Slice(io.RawIOBase):
    """The bytes of an open file from `start`, `size` of them."""

    def __init__(self, stored: BinaryIO, start: int, size: int) -> None:
        super().__init__()
        self.stored = stored
        self.start = start
        self.size = size
        self.at = 0

    def read(self, size: int = -1) -> bytes:
        """Return the next `size` bytes, fewer at the end."""
        left = self.size - self.at
        self.stored.seek(self.start + self.at)
        data = self.stored.read(left if size < 0 else min(size, left))
        self.at += len(data)
        return data

    def seek(self, offset: int, whence: int = io.SEEK_SET) -> int:
        """Go to a place, counted from the beginning of the range."""
        if whence == io.SEEK_CUR:
            offset += self.at
        elif whence == io.SEEK_END:
            offset += self.size
        self.at = min(max(offset, 0), self.size)
        return self.at

    def tell(self) -> int:
        """Return the place."""
        return self.at

    def readable(self) -> bool:
        """Return true."""
        return True

    def seekable(self) -> bool:
        """Return true."""
        return True


def ar_member(stored: BinaryIO, stem: str) -> tuple[Slice, str]:
    """Return the bytes and the name of the first member whose name begins with `stem`.

    Raises:
        DamageError: It is no `ar` file or has no such member.
    """
    if stored.read(len(_MAGIC)) != _MAGIC:
        raise DamageError("not an ar file")
    at = len(_MAGIC)
    while True:
        stored.seek(at)
        header = stored.read(_HEADER_BYTES)
        if len(header) < _HEADER_BYTES:
            raise DamageError(f"no {stem} in it")
        size = header[48:58].strip()
        if header[58:] != b"`\n" or not size.isdigit():
            raise DamageError("damaged ar header")
        at += _HEADER_BYTES
        name = header[:16].decode("ascii", "replace").strip().rstrip("/")
        if name.startswith(stem):
            return Slice(stored, at, int(size)), name
        at += int(size) + int(size) % 2
