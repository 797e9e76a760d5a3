"""Members of archives, in memory and never on disk: tar of any compression, zip, and `ar`.

Names that lead out of the archive, links and devices are never followed. A damaged archive is
searched for the next member that is whole.
"""

import io
import zipfile
from collections.abc import Callable, Iterator
from pathlib import PurePosixPath
from typing import BinaryIO

import msgspec

from etude.errors import RecordError, blame
from etude.store.readers._files import File
from etude.store.readers._rows import Aside, DamageError
from etude.store.readers._streams import Report, expand
from etude.store.readers._tar import tar_members
from etude.store.readers._unzip import has_same_name, loose_members, missing_entries
from etude.store.readers._whole import Stream

MAX_ARCHIVE_BYTES = 8_000_000_000
"""An archive that unpacks to more is given up: it is broken or meant to do harm."""
MAX_MEMBERS = 500_000
"""So is one with more members."""
_ZIP_MAGIC = (b"PK\x03\x04", b"PK\x05\x06", b"PK\x07\x08")


class Member(msgspec.Struct, frozen=True):
    """A file in an archive."""

    name: str
    data: bytes


Wanted = Callable[[str], bool]
"""Whether the member of that name is to be read."""


class Archive:
    """One archive that is read, perhaps several times."""

    def __init__(self, file: File, aside: Aside, limit_bytes: int) -> None:
        self.file = file
        self.aside = aside
        self.limit_bytes = limit_bytes

    def members(self, wanted: Wanted) -> Iterator[Member]:
        """Yield the members that are wanted, each name once, in the order of the archive.

        Raises:
            ConfigError: The archive cannot be opened.
            DamageError: Nothing more of it can be read.
        """
        with self.file.open() as stored:
            yield from self.of(stored, wanted)

    def of(self, stored: BinaryIO, wanted: Wanted, path: str = "") -> Iterator[Member]:
        """Yield the members of an archive that is open; `path` tells how it is compressed."""
        seen: set[str] = set()
        n_bytes = n_members = 0
        for name, size, read in self._all(stored, path or self.file.path):
            n_bytes += size
            n_members += 1
            if n_bytes > MAX_ARCHIVE_BYTES or n_members > MAX_MEMBERS:
                raise DamageError("archive too large")
            if not wanted(name):
                self.aside.pass_over("member that is not read")
                continue
            reason = self._refusal(name, size, seen)
            if reason:
                self.tell(name, reason)
                continue
            seen.add(name)
            if not self.aside.lets(self.file.name, f"/{name}"):
                continue
            try:
                with blame(RecordError, "member"):
                    data = read(self.limit_bytes + 1)
            except DamageError as damage:
                self.tell(name, str(damage))
                continue
            except RecordError:
                self.tell(name, "damaged member")
                continue
            if len(data) > self.limit_bytes:
                self.tell(name, "longer than max_document_bytes", data)
            else:
                yield Member(name, data)

    def _refusal(self, name: str, size: int, seen: set[str]) -> str:
        path = PurePosixPath(name)
        if path.is_absolute() or ".." in path.parts or "\\" in name or "\0" in name:
            return "name leads out of the archive"
        if name in seen:
            return "name given twice"
        return "longer than max_document_bytes" if size > self.limit_bytes else ""

    def tell(self, name: str, reason: str, shown: bytes = b"") -> None:
        """Set a member aside."""
        self.aside(f"{self.file.name}/{name}", reason, shown)

    def report(self) -> Report:
        """Return what sets damage between members aside."""
        return lambda at, why, what: self.aside(f"{self.file.name}@{at}", why, what)

    def _all(
        self, stored: BinaryIO, path: str
    ) -> Iterator[tuple[str, int, Callable[[int], bytes]]]:
        magic = stored.read(4)
        stored.seek(0)
        if magic in _ZIP_MAGIC or path.lower().endswith((".zip", ".whl", ".egg")):
            yield from self._zip(stored)
        else:
            stream = Stream(expand(stored, path, self.report()))
            yield from tar_members(stream, self.report())

    def _zip(self, stored: BinaryIO) -> Iterator[tuple[str, int, Callable[[int], bytes]]]:
        try:
            with blame(RecordError, "zip"):
                opened = zipfile.ZipFile(stored)
        except RecordError:
            self.aside(self.file.name, "damaged zip directory")
            stored.seek(0)
            yield from loose_members(stored)
            return
        if missing := missing_entries(stored, opened):
            self.aside(self.file.name, "damaged zip directory", f"{missing} members are missing")
        for info in opened.infolist():
            # A name that damage changed would else look like that of a file nobody asked for.
            if not has_same_name(stored, info):
                self.tell(info.orig_filename, "damaged member")
            elif not info.is_dir():
                yield info.filename, info.file_size, _Zipped(opened, info).read


class _Zipped:
    def __init__(self, opened: zipfile.ZipFile, info: zipfile.ZipInfo) -> None:
        self.opened = opened
        self.info = info

    def read(self, size: int) -> bytes:
        if self.info.flag_bits & 1:
            raise DamageError("encrypted")
        with self.opened.open(self.info) as member:
            data = member.read(size)
            # The checksum is looked at where the member ends.
            member.read(1)
            return data


def inflate(member: Member, limit_bytes: int) -> bytes:
    """Return the bytes of a member that may itself be compressed.

    Raises:
        DamageError: It is empty, damaged, or longer than `limit_bytes`.
    """
    kept, size = [], 0

    for piece in expand(io.BytesIO(member.data), member.name, _give_up):
        if piece:
            kept.append(piece)
            size += len(piece)
        if size > limit_bytes:
            raise DamageError("longer than max_document_bytes")
    return b"".join(kept)


def _give_up(_at: int, why: str, _what: bytes) -> None:
    raise DamageError(why)


def until_damage(members: Iterator[Member]) -> Iterator[Member]:
    """Yield members for a first look: damage is told when they are read in earnest."""
    try:
        with blame(RecordError, "archive"):
            yield from members
    except RecordError:
        return
