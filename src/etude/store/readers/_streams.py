"""Bytes of a file, decompressed piece by piece; damage is reported and read past where it can be.

A gzip, Zstandard, bzip2 or xz file is a row of members. Where one is damaged the next one is
looked for, and a `None` among the pieces says that bytes are missing there.
"""

import bz2
import codecs
import lzma
import struct
import zlib
from collections.abc import Callable, Generator, Iterator
from typing import BinaryIO, Protocol

import zstandard

from etude.errors import RecordError, blame
from etude.store.readers._files import File
from etude.store.readers._rows import Aside, DamageError

PIECE_BYTES = 1 << 20
"""About how much is read or handed on at once."""
_ZSTD_SLICE_BYTES = 2048
"""Fed to Zstandard at once: its output cannot be limited, and grows to 32 000 times its input."""
_ZSTD_WINDOW_BYTES = 1 << 27
_XZ_MEMORY_BYTES = 1 << 28
_SKIPPABLE = 0x184D2A50
_DICTIONARY = 0x184D2A5D
"""Skippable frame at the head of a `.warc.zst` that holds the dictionary of all others."""


class Decompressor(Protocol):
    """Decompresses one member."""

    def feed(self, data: bytes) -> Iterator[bytes]:
        """Yield what `data` gives, in pieces of limited size."""

    def rest(self) -> bytes | None:
        """Return the bytes after the member when it has ended, else `None`."""


class _Zlib:
    def __init__(self) -> None:
        self.inner = zlib.decompressobj(wbits=31)

    def feed(self, data: bytes) -> Iterator[bytes]:
        while data and not self.inner.eof:
            yield self.inner.decompress(data, PIECE_BYTES)
            data = self.inner.unconsumed_tail
        if not self.inner.eof:
            yield self.inner.decompress(b"", PIECE_BYTES)

    def rest(self) -> bytes | None:
        return self.inner.unused_data if self.inner.eof else None


class _Python:
    """Common to `bz2` and `lzma`."""

    def __init__(self, inner: bz2.BZ2Decompressor | lzma.LZMADecompressor) -> None:
        self.inner = inner

    def feed(self, data: bytes) -> Iterator[bytes]:
        yield self.inner.decompress(data, PIECE_BYTES)
        while not self.inner.eof and not self.inner.needs_input:
            yield self.inner.decompress(b"", PIECE_BYTES)

    def rest(self) -> bytes | None:
        return self.inner.unused_data if self.inner.eof else None


class _Zstd:
    def __init__(self, dictionary: zstandard.ZstdCompressionDict | None) -> None:
        maker = zstandard.ZstdDecompressor(dict_data=dictionary, max_window_size=_ZSTD_WINDOW_BYTES)
        self.inner = maker.decompressobj(write_size=PIECE_BYTES)
        self.left = b""

    def feed(self, data: bytes) -> Iterator[bytes]:
        for start in range(0, len(data), _ZSTD_SLICE_BYTES):
            stop = start + _ZSTD_SLICE_BYTES
            yield self.inner.decompress(data[start:stop])
            if self.inner.eof:
                self.left = self.inner.unused_data + data[stop:]
                return

    def rest(self) -> bytes | None:
        return self.left if self.inner.eof else None


_MAGIC = {
    "gzip": b"\x1f\x8b\x08",
    "zstd": b"\x28\xb5\x2f\xfd",
    "bzip2": b"BZh",
    "xz": b"\xfd7zXZ\0",
}
_BY_ENDING = {".gz": "gzip", ".tgz": "gzip", ".zst": "zstd", ".bz2": "bzip2", ".xz": "xz"}
_HEAD_BYTES = 8


def pieces(file: File, aside: Aside, start: int = 0) -> Iterator[bytes | None]:
    """Yield the bytes of a file, decompressed, from byte `start` as stored; `None` is a gap.

    Raises:
        ConfigError: The file cannot be opened.
        DamageError: The file is empty.
    """
    with file.open() as stored:
        if start:
            stored.seek(start)
        yield from expand(
            stored, file.path, lambda at, why, what: aside(f"{file.name}@{at}", why, what)
        )


Report = Callable[[int, str, bytes], None]
"""Told where damage is (byte as stored), what it is, and the bytes there."""


def expand(stored: BinaryIO, name: str, report: Report) -> Iterator[bytes | None]:
    """Yield what an open file holds, decompressed; `None` is a gap.

    Raises:
        DamageError: The file is empty.
    """
    head = stored.read(PIECE_BYTES)
    if not head:
        raise DamageError("empty file")
    kind = "zstd" if _is_skippable(head) else _sniff(head, name)
    if not kind:
        while head:
            yield head
            head = stored.read(PIECE_BYTES)
        return
    yield from _Members(stored, kind, report).run(head)


def _is_skippable(head: bytes) -> bool:
    return int.from_bytes(head[:4], "little") & ~0xF == _SKIPPABLE


def _sniff(head: bytes, name: str) -> str:
    """Say how bytes are compressed; empty when they are plain."""
    for kind, magic in _MAGIC.items():
        whole = b"1AY&SY" if kind == "bzip2" else b""
        if head.startswith(magic) and (not whole or head[4:10] == whole or len(head) < 10):
            return kind
    kind = next((one for end, one in _BY_ENDING.items() if name.lower().endswith(end)), "")
    if kind and b"\0" not in head and _is_utf8(head[:4096]):
        # Named so by mistake; as text it is whole.
        return ""
    return kind


def _is_utf8(data: bytes) -> bool:
    try:
        codecs.getincrementaldecoder("utf-8")().decode(data)
    except UnicodeDecodeError:
        return False
    return True


class _Members:
    """The members of one compressed file."""

    def __init__(self, stored: BinaryIO, kind: str, report: Report) -> None:
        self.stored = stored
        self.kind = kind
        self.report = report
        self.at = 0
        self.dictionary: zstandard.ZstdCompressionDict | None = None

    def run(self, data: bytes) -> Iterator[bytes | None]:
        """Yield what all members hold; `data` is the first piece of the file."""
        while data := self._more(data, _HEAD_BYTES):
            if self.kind == "zstd" and _is_skippable(data):
                data = self._skip_frame(data)
            elif data.startswith(_MAGIC[self.kind]):
                data = yield from self._member(data)
            elif not data.strip(b"\0"):
                # Padding, as tapes have it.
                data = self._drop(data)
            else:
                self.report(self.at, f"not {self.kind} data", data[:80])
                yield None
                data = self._find(data)

    def _member(self, data: bytes) -> Generator[bytes | None, None, bytes]:
        begin = self.at
        first = data
        try:
            with blame(RecordError, self.kind):
                member = self._decompressor()
            while True:
                with blame(RecordError, self.kind):
                    yield from filter(None, member.feed(data))
                rest = member.rest()
                if rest is not None:
                    self.at += len(data) - len(rest)
                    return rest
                self.at += len(data)
                data = self.stored.read(PIECE_BYTES)
                if not data:
                    self.report(begin, f"truncated {self.kind} data", first[:80])
                    yield None
                    return b""
        except RecordError:
            self.report(begin, f"damaged {self.kind} data", first[:80])
            yield None
            skip = len(_MAGIC[self.kind]) if self.at == begin else 0
            self.at += skip
            return self._find(data[skip:])

    def _decompressor(self) -> Decompressor:
        if self.kind == "gzip":
            return _Zlib()
        if self.kind == "zstd":
            return _Zstd(self.dictionary)
        if self.kind == "bzip2":
            return _Python(bz2.BZ2Decompressor())
        return _Python(lzma.LZMADecompressor(lzma.FORMAT_XZ, _XZ_MEMORY_BYTES))

    def _more(self, data: bytes, n_bytes: int) -> bytes:
        """Return `data` and as much after it as makes `n_bytes`, if there is so much."""
        while len(data) < n_bytes and (more := self.stored.read(PIECE_BYTES)):
            data += more
        return data

    def _drop(self, data: bytes) -> bytes:
        self.at += len(data)
        return self.stored.read(PIECE_BYTES)

    def _find(self, data: bytes) -> bytes:
        """Return the file's bytes from the next place where a member may begin."""
        magic = _MAGIC[self.kind]
        while True:
            found = data.find(magic)
            if found >= 0:
                self.at += found
                return data[found:]
            keep = len(magic) - 1
            more = self.stored.read(PIECE_BYTES)
            if not more:
                return b""
            self.at += max(len(data) - keep, 0)
            data = data[-keep:] + more

    def _skip_frame(self, data: bytes) -> bytes:
        magic, size = struct.unpack("<II", data[:8]) if len(data) >= _HEAD_BYTES else (0, 0)
        if magic == _DICTIONARY and self.at == 0 and size <= _ZSTD_WINDOW_BYTES:
            data = self._more(data, size + 8)
            self.dictionary = _dictionary(data[8 : size + 8])
        left = size + 8
        while data and left > len(data):
            left -= len(data)
            data = self._drop(data)
        if not data and left:
            self.report(self.at, "truncated zstd data", b"")
        self.at += min(left, len(data))
        return data[left:]


def _dictionary(data: bytes) -> zstandard.ZstdCompressionDict:
    try:
        with blame(RecordError, "dictionary"):
            if data.startswith(_MAGIC["zstd"]):
                data = zstandard.ZstdDecompressor().decompress(data, _ZSTD_WINDOW_BYTES)
            return zstandard.ZstdCompressionDict(data)
    except RecordError as error:
        raise DamageError("damaged zstd dictionary") from error
