"""Lines of a file with their places, however long a line may be."""

import codecs
from collections.abc import Iterator

from etude.store.readers._files import File
from etude.store.readers._rows import Aside
from etude.store.readers._streams import pieces

_WIDE_BOMS = ((b"\xff\xfe", "utf-16-le"), (b"\xfe\xff", "utf-16-be"))


def lines(
    file: File, aside: Aside, limit_bytes: int, start: int = 0, stop: int = 0
) -> Iterator[tuple[int, bytes]]:
    """Yield the lines of a file without their ends, each with the byte where it begins.

    With `start` and `stop` only lines that begin within that range, of a file that is not
    compressed. A byte-order mark is taken off; UTF-16 becomes UTF-8. A line that damage cut off
    is lost with what was damaged. A line longer than `limit_bytes` is set aside.

    Raises:
        ConfigError: The file cannot be opened.
        DamageError: The file is empty.
    """
    reader = _Lines(file, aside, limit_bytes)
    # A range begins with the first line that begins in it: the byte before tells whether that is
    # at once.
    reader.at = max(start - 1, 0)
    source = pieces(file, aside, reader.at)
    if start == 0:
        source = _utf8(source)
    else:
        reader.skipping = True
    for place, line in reader.run(source):
        if stop and place >= stop:
            return
        yield place, line


class _Lines:
    def __init__(self, file: File, aside: Aside, limit_bytes: int) -> None:
        self.file = file
        self.aside = aside
        self.limit_bytes = limit_bytes
        self.at = 0
        self.skipping = False
        self.carry: list[bytes] = []
        self.carried = 0

    def run(self, source: Iterator[bytes | None]) -> Iterator[tuple[int, bytes]]:
        for piece in source:
            if piece is None:
                self.at += self.carried
                self._forget()
                self.skipping = False
                continue
            yield from self._piece(piece)
        if self.carried and not self.skipping:
            yield self.at, b"".join(self.carry)

    def _piece(self, piece: bytes) -> Iterator[tuple[int, bytes]]:
        found = piece.split(b"\n")
        last = found.pop()
        if found:
            if self.skipping:
                self.at += len(found[0]) + 1
                self.skipping = False
            else:
                self.carry.append(found[0])
                yield from self._whole(b"".join(self.carry))
            self._forget()
            for line in found[1:]:
                yield from self._whole(line)
        if self.skipping:
            self.at += len(last)
        elif last:
            self.carry.append(last)
            self.carried += len(last)
            if self.carried > self.limit_bytes:
                self.aside(f"{self.file.name}@{self.at}", _TOO_LONG, self.carry[0][:80])
                self.at += self.carried
                self._forget()
                self.skipping = True

    def _whole(self, line: bytes) -> Iterator[tuple[int, bytes]]:
        if len(line) > self.limit_bytes:
            self.aside(f"{self.file.name}@{self.at}", _TOO_LONG, line[:80])
        else:
            yield self.at, line
        self.at += len(line) + 1

    def _forget(self) -> None:
        self.carry, self.carried = [], 0


_TOO_LONG = "longer than max_document_bytes"


def _utf8(source: Iterator[bytes | None]) -> Iterator[bytes | None]:
    """Take a byte-order mark off, and turn UTF-16 that has one into UTF-8."""
    first = next(source, None)
    if first is None:
        return
    encoding = next((name for bom, name in _WIDE_BOMS if first.startswith(bom)), "")
    if encoding:
        decoder = codecs.getincrementaldecoder(encoding)("replace")
        yield decoder.decode(first[2:]).encode()
        for piece in source:
            yield decoder.decode(piece).encode() if piece is not None else None
        return
    # Blanks in its place keep every line where it is.
    yield b"   " + first[3:] if first.startswith(codecs.BOM_UTF8) else first
    yield from source
