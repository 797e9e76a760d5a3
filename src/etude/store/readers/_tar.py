"""Tar, read forwards, block by block: a bad header is told and the next good one looked for."""

from collections.abc import Callable, Iterator

from etude.store.readers._rows import DamageError
from etude.store.readers._streams import Report
from etude.store.readers._whole import Stream

_BLOCK = 512
_FILES = (b"0", b"\0", b"7")
_LONG_NAME = b"L"
_PAX = b"x"
_MOST_NAME_BYTES = 1 << 16
_MOST_PAX_BYTES = 1 << 20


def tar_members(
    stream: Stream, report: Report
) -> Iterator[tuple[str, int, Callable[[int], bytes]]]:
    """Yield name, size and reader of each plain file; what is not read is skipped.

    A reader works until the next member is asked for.
    """
    long_name = ""
    pax: dict[str, str] = {}
    for at, block in _headers(stream, report):
        kind, size = block[156:157], _size(block, pax)
        if kind == _LONG_NAME and size <= _MOST_NAME_BYTES:
            long_name = _text(_padded(stream, size).rstrip(b"\0"))
        elif kind == _PAX and size <= _MOST_PAX_BYTES:
            pax = _pax(_padded(stream, size))
        else:
            name = pax.get("path") or long_name or _name(block)
            body = _Body(stream, size)
            if kind in _FILES and not name.endswith("/"):
                yield name.removeprefix("./"), size, body.read
            if not body.skip():
                report(at, "truncated tar", block[:80])
                return
            long_name, pax = "", {}


def _headers(stream: Stream, report: Report) -> Iterator[tuple[int, bytes]]:
    """Yield headers with their places; whoever takes one takes what belongs to it as well."""
    lost = ended = False
    while block := stream.read(_BLOCK):
        at = stream.tell() - len(block)
        if len(block) < _BLOCK:
            report(at, "truncated tar", block[:80])
            return
        ended = not block.strip(b"\0")
        if ended:
            continue
        if is_header(block):
            lost = False
            yield at, block
        elif not lost:
            report(at, "damaged tar header", block[:80])
            lost = True
    if not ended:
        report(stream.tell(), "tar ends without its end mark", b"")


class _Body:
    """The bytes of one member."""

    def __init__(self, stream: Stream, size: int) -> None:
        self.stream = stream
        self.left = size
        self.padding = -size % _BLOCK
        self.told = False

    def read(self, size: int) -> bytes:
        """Return up to `size` bytes of what is left."""
        wanted = min(size, self.left)
        data = self.stream.read(wanted)
        self.left -= len(data)
        if len(data) < wanted:
            self.told = True
            raise DamageError("truncated member")
        return data

    def skip(self) -> bool:
        """Pass over the rest; say whether it was there, or its lack was told."""
        left = self.left + self.padding
        while left and (data := self.stream.read(min(left, 1 << 20))):
            left -= len(data)
        return self.told or left <= self.padding


def _padded(stream: Stream, size: int) -> bytes:
    data = stream.read(size)
    stream.read(-size % _BLOCK)
    return data


def is_header(block: bytes) -> bool:
    """Whether the checksum of a header is right: the sum of its bytes with blanks for itself."""
    try:
        said = int(block[148:156].strip(b"\0 ") or b"0", 8)
    except ValueError:
        return False
    return said == sum(block) - sum(block[148:156]) + 8 * 32


def _size(block: bytes, pax: dict[str, str]) -> int:
    return int(pax["size"]) if pax.get("size", "").isdigit() else _number(block[124:136])


def _number(field: bytes) -> int:
    if field[0] & 0x80:
        return int.from_bytes(field[1:], "big")
    try:
        return max(int(field.strip(b"\0 ") or b"0", 8), 0)
    except ValueError:
        return 0


def _name(block: bytes) -> str:
    name = _text(block[:100].split(b"\0")[0])
    prefix = _text(block[345:500].split(b"\0")[0]) if block[257:262] == b"ustar" else ""
    # GNU tar keeps other things where POSIX keeps the prefix.
    return f"{prefix}/{name}" if prefix and block[257:263] == b"ustar\0" else name


def _pax(data: bytes) -> dict[str, str]:
    facts: dict[str, str] = {}
    while data:
        length, _, _ = data.partition(b" ")
        if not length.isdigit() or not 0 < int(length) <= len(data):
            break
        record = data[len(length) + 1 : int(length)].rstrip(b"\n")
        key, _, value = record.partition(b"=")
        facts[_text(key)] = _text(value)
        data = data[int(length) :]
    return facts


def _text(data: bytes) -> str:
    return data.decode("utf-8", "backslashreplace")
