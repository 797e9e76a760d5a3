"""Debian packages: their documentation, manual pages and web pages, with the licence they state."""

import fnmatch
import posixpath
import re
from collections.abc import Iterator
from typing import BinaryIO, ClassVar, cast

import msgspec

from etude.errors import ConfigError, RecordError, blame
from etude.store.readers._base import FileReader, Part
from etude.store.readers._decode import decode, kept
from etude.store.readers._files import File, strip_compression
from etude.store.readers._info import is_info, plain_info
from etude.store.readers._kinds import is_code, is_prose, media_type_of
from etude.store.readers._licences import all_of, spdx
from etude.store.readers._members import Archive, Member, Wanted, inflate, until_damage
from etude.store.readers._rows import Aside, DamageError, Found
from etude.store.readers._slice import ar_member
from etude.store.readers.html import page_document
from etude.store.readers.man import manual_document

_COPYRIGHT = re.compile(r"usr/share/doc/([^/]+)/copyright$")
_MANUAL = re.compile(r"usr/share/man/(?:[\w.@]+/)?man[0-9nl]/[^/]+$")
_LEFT_OUT = re.compile(r"(^|/)(changelog[^/]*|NEWS\.Debian[^/]*|copyright|buildinfo[^/]*)$")
_MACHINE_READABLE = re.compile(r"Format(-Specification)?:\s*\S", re.IGNORECASE)
_FIELD = re.compile(r"^([A-Za-z-]+):[ \t]*(.*(?:\n[ \t]+\S.*)*)", re.MULTILINE)
_HELD_BYTES = 64_000_000
_MOST_LICENCES = 5
_STANZA = re.compile(r"\n[ \t]*\n")


class DebianReader(FileReader, frozen=True, kw_only=True):
    """Reads `.deb` files, whose files are looked at in memory and never unpacked to disk.

    Manual pages become text; change logs and licence texts are passed over.
    """

    endings: ClassVar[tuple[str, ...]] = (".deb", ".udeb")

    folders: tuple[str, ...] = ("usr/share/doc", "usr/share/man", "usr/share/info")
    """Folders in a package whose files are read."""
    code: bool = False
    """Whether to read code there too, such as examples."""
    names: tuple[str, ...] = ()
    """Globs of further files to read as text, wherever they lie in a package, such as
    `*.dict.dz` or `usr/share/games/fortunes/*`; `*` stands for slashes too."""
    separator: str = ""
    """Regular expression between documents in the files that `names` tells, such as `^%$`;
    empty leaves them whole."""

    def documents(self, file: File, part: Part, aside: Aside) -> Iterator[Found]:
        """Yield the documents of one package."""
        licence: str | None = None
        held: list[Found] = []
        n_held = 0
        archive = Archive(file, aside, self.max_document_bytes)
        for member in self._members(file, aside, self._wanted):
            if _COPYRIGHT.search(member.name):
                licence = licence or copyright_licence(member.data.decode("utf-8", "replace"))
            elif (found := self._document(file, member, archive)) is not None:
                held += self._split(found) if self._chosen(member.name) else (found,)
                n_held += len(found.text)
            # What lies before the file that tells the licence waits for it.
            if licence is None and n_held > _HELD_BYTES:
                licence = self._licence(file)
            if licence is not None:
                yield from _licensed(held, licence)
                held, n_held = [], 0
        yield from _licensed(held, licence or "")

    def _split(self, found: Found) -> Iterator[Found]:
        """Yield the pieces of a file that `names` tells."""
        if not self.separator:
            yield found
            return
        text = found.text if isinstance(found.text, str) else found.text.decode()
        with blame(ConfigError, f"separator {self.separator!r}"):
            pieces = re.split(self.separator, text, flags=re.MULTILINE)
        for number, piece in enumerate(pieces):
            if piece and not piece.isspace():
                place = f"#{number}"
                yield msgspec.structs.replace(
                    found, id=found.id + place, text=piece, source=found.source + place
                )

    def _licence(self, file: File) -> str:
        """Look for nothing but the licence."""
        quiet = Aside(lambda record: None)
        members = self._members(file, quiet, lambda name: bool(_COPYRIGHT.search(name)))
        texts = [member.data.decode("utf-8", "replace") for member in until_damage(members)]
        return next(filter(None, map(copyright_licence, texts)), "")

    def _members(self, file: File, aside: Aside, wanted: Wanted) -> Iterator[Member]:
        with file.open() as stored:
            data, name = ar_member(stored, "data.tar")
            archive = Archive(File(file.path, file.name), aside, self.max_document_bytes)
            yield from archive.of(cast(BinaryIO, data), wanted, f"{file.path}/{name}")

    def _wanted(self, name: str) -> bool:
        base = strip_compression(name)
        if _COPYRIGHT.search(name):
            return True
        if self._chosen(name):
            return True
        if not base.startswith(self.folders) or _LEFT_OUT.search(base):
            return False
        prose = is_prose(base) and not is_code(base)
        return bool(prose or _MANUAL.search(base) or is_info(base) or (is_code(base) and self.code))

    def _chosen(self, name: str) -> bool:
        return any(fnmatch.fnmatchcase(name, pattern) for pattern in self.names)

    def _document(self, file: File, member: Member, archive: Archive) -> Found | None:
        """Return the document of a member; `None` when it was set aside."""
        try:
            with blame(RecordError, member.name):
                found = self._found(file, member)
        except DamageError as damage:
            archive.tell(member.name, str(damage), member.data)
            return None
        except RecordError:
            archive.tell(member.name, "unreadable", member.data)
            return None
        if found is None:
            archive.aside.pass_over("alias of another page")
            return None
        found.tags = {"package": file.stem().partition("_")[0], **found.tags}
        return found

    def _found(self, file: File, member: Member) -> Found | None:
        data = inflate(member, self.max_document_bytes)
        name = f"{file.name}/{member.name}"
        source = f"{file.path}#{member.name}"
        base = strip_compression(member.name)
        if _MANUAL.search(base):
            return manual_document(data, name, source)
        if media_type_of(base) == "text/html":
            return page_document(data, name, source)
        if is_info(base):
            data = plain_info(data)
        decoded = decode(data)
        return Found(
            id=name,
            text=kept(data, decoded),
            source=source,
            media_type=media_type_of(base),
            title=posixpath.basename(base),
            tags=decoded.tags(),
        )


def _licensed(held: list[Found], licence: str) -> Iterator[Found]:
    for found in held:
        found.licence = found.licence or licence
        yield found


def copyright_licence(text: str) -> str:
    """Return the SPDX expression that a machine-readable copyright file states for a package.

    It is that of `Files: *`, or of all its parts together when there is none.
    """
    if not _MACHINE_READABLE.match(text):
        return ""
    stated: dict[str, str] = {}
    for stanza in _STANZA.split(text.replace("\r\n", "\n")):
        fields = dict(
            re.findall(r"^([A-Za-z-]+):[ \t]*(.*(?:\n[ \t]+\S.*)*)", stanza, re.MULTILINE)
        )
        if "Files" in fields and "License" in fields:
            name = fields["License"].split("\n")[0].strip()
            stated.setdefault(" ".join(fields["Files"].split()), name)
    if "*" in stated:
        return debian_licence(stated["*"])
    known = dict.fromkeys(debian_licence(name) for name in stated.values() if name)
    # Too many to be of use: the package is to be looked at by whoever needs to know.
    return all_of(known) if len(known) <= _MOST_LICENCES else "LicenseRef-mixed"


def debian_licence(name: str) -> str:
    """Return Debian's short name of a licence as SPDX: `GPL-2+` is `GPL-2.0-or-later`."""
    # A comma before `and` binds less than `or`.
    parts = re.split(r",\s*and\b", name)
    return all_of(spdx(re.sub(r",\s*or\b", " or", part)) for part in parts)
