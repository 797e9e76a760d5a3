"""Zip files whose directory is damaged: members are found by the headers before each of them."""

import io
import struct
import zipfile
import zlib
from collections.abc import Callable, Iterator
from typing import BinaryIO

from etude.store.readers._rows import DamageError

_MAGIC = b"PK\x03\x04"
_HEADER = struct.Struct("<4sHHHHHIIIHH")
_END = struct.Struct("<4sHHHHIIH")
_END_MAGIC = b"PK\x05\x06"
_UTF8, _MANY = 0x800, 0xFFFF
_PIECE_BYTES = 1 << 20
_STORED, _DEFLATED = 0, 8
_ENCRYPTED, _SIZES_FOLLOW = 1, 8


def loose_members(stored: BinaryIO) -> Iterator[tuple[str, int, Callable[[int], bytes]]]:
    """Yield name, size and reader of each member that begins with a header."""
    at = 0
    while (at := _find(stored, at)) >= 0:
        stored.seek(at)
        header = stored.read(_HEADER.size)
        if len(header) < _HEADER.size:
            return
        _, _, flags, method, _, _, crc, packed, size, n_name, n_extra = _HEADER.unpack(header)
        name = stored.read(n_name).decode("utf-8", "backslashreplace")
        begin = at + _HEADER.size + n_name + n_extra
        body = _Body(stored, begin, flags, method)
        body.expect(packed, size, crc)
        if name and not name.endswith("/"):
            yield name, size, body.read
        # What is said of sizes may itself be damage: it is believed where a header follows.
        stored.seek(begin + packed)
        at = begin + packed if stored.read(2) == _MAGIC[:2] else at + _HEADER.size


def has_same_name(stored: BinaryIO, info: zipfile.ZipInfo) -> bool:
    """Whether the header before a member calls it as the directory does."""
    stored.seek(info.header_offset)
    header = stored.read(_HEADER.size)
    if len(header) < _HEADER.size or not header.startswith(_MAGIC):
        return False
    name = stored.read(_HEADER.unpack(header)[9])
    encoding = "utf-8" if info.flag_bits & _UTF8 else "cp437"
    return name == info.orig_filename.encode(encoding, "replace")


def missing_entries(stored: BinaryIO, opened: zipfile.ZipFile) -> int:
    """Return how many entries the end of a directory tells of that the directory has not."""
    size = stored.seek(0, io.SEEK_END)
    stored.seek(max(size - _MANY - _END.size, 0))
    tail = stored.read()
    at = tail.rfind(_END_MAGIC)
    if at < 0 or len(tail) - at < _END.size:
        return 0
    said = int(_END.unpack_from(tail, at)[4])
    return max(said - len(opened.infolist()), 0) if said != _MANY else 0


def _find(stored: BinaryIO, at: int) -> int:
    """Return where the next header begins, or -1."""
    stored.seek(at)
    data = b""
    while more := stored.read(_PIECE_BYTES):
        data += more
        found = data.find(_MAGIC)
        if found >= 0:
            return at + found
        at += max(len(data) - 3, 0)
        data = data[-3:]
    return -1


class _Body:
    """The bytes of one member."""

    def __init__(self, stored: BinaryIO, begin: int, flags: int, method: int) -> None:
        self.stored = stored
        self.begin = begin
        self.flags = flags
        self.method = method
        self.packed = self.size = self.crc = 0

    def expect(self, packed: int, size: int, crc: int) -> None:
        """Take what the header says."""
        self.packed, self.size, self.crc = packed, size, crc

    def read(self, size: int) -> bytes:
        """Return the first `size` bytes."""
        if self.flags & _ENCRYPTED:
            raise DamageError("encrypted")
        if self.method == _STORED and not self.flags & _SIZES_FOLLOW:
            self.stored.seek(self.begin)
            data = self.stored.read(min(self.packed, size))
        elif self.method == _DEFLATED:
            data = self._inflate(size)
        else:
            raise DamageError("unknown zip compression")
        whole = len(data) < size
        if whole and not self.flags & _SIZES_FOLLOW and zlib.crc32(data) != self.crc:
            raise DamageError("damaged member")
        return data

    def _inflate(self, size: int) -> bytes:
        self.stored.seek(self.begin)
        inner = zlib.decompressobj(wbits=-15)
        kept, have = [], 0
        while not inner.eof and have < size:
            piece = inner.unconsumed_tail or self.stored.read(_PIECE_BYTES)
            if not piece:
                raise DamageError("truncated member")
            data = inner.decompress(piece, min(_PIECE_BYTES, size - have))
            kept.append(data)
            have += len(data)
        return b"".join(kept)
