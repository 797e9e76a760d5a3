"""Archives of source code: code and prose in them are documents, with the licence of each file."""

import posixpath
import re
from collections.abc import Iterator
from typing import ClassVar, Literal

from etude.store.readers._base import FileReader, Part
from etude.store.readers._decode import decode, kept
from etude.store.readers._files import File
from etude.store.readers._kinds import is_code, is_prose, media_type_of
from etude.store.readers._licence_texts import is_licence_file, text_licence
from etude.store.readers._licences import (
    all_of,
    classifier_licence,
    header_licence,
    spdx,
)
from etude.store.readers._members import Archive, Member, until_damage
from etude.store.readers._rows import Aside, DamageError, Found

_METADATA = ("PKG-INFO", "METADATA", "package.json", "Cargo.toml")
_HELD_BYTES = 64_000_000
_STATED = re.compile(r"""^\s*"?license"?\s*[:=]\s*"([^"]{2,200})""", re.MULTILINE)
_ENDINGS = re.compile(r"\.(tar(\.\w+)?|tgz|zip|whl|egg|crate)$", re.IGNORECASE)


class SdistReader(FileReader, frozen=True, kw_only=True):
    """Reads source archives: sdists, wheels, npm packages, crates, and any tar or zip of sources.

    Files whose names tell neither code nor prose are passed over, and so are licence texts.
    """

    endings: ClassVar[tuple[str, ...]] = (".tar", ".tgz", ".zip", ".whl", ".egg", ".crate")

    include: Literal["all", "code", "prose"] = "all"
    """Which files become documents."""

    def documents(self, file: File, part: Part, aside: Aside) -> Iterator[Found]:
        """Yield the files of one archive."""
        # Files wait for the licence, which may lie behind them; those of a large archive do not,
        # and the archive is read once more for it.
        licences = Licences()
        known = False
        held: list[Found] = []
        n_held = 0
        archive = Archive(file, aside, self.max_document_bytes)
        for member in archive.members(self._wanted):
            if tells_licence(member.name):
                licences.learn(member.name, member.data.decode("utf-8", "replace"))
            found = self._document(file, member, archive)
            if found is None:
                continue
            held.append(found)
            n_held += len(found.text)
            if not known and n_held > _HELD_BYTES:
                licences, known = self._licences(file), True
            if known:
                yield from self._licensed(held, licences)
                held = []
        yield from self._licensed(held, licences)

    def _licences(self, file: File) -> "Licences":
        licences = Licences()
        first = Archive(file, Aside(lambda record: None), self.max_document_bytes)
        for member in until_damage(first.members(tells_licence)):
            licences.learn(member.name, member.data.decode("utf-8", "replace"))
        return licences

    def _licensed(self, held: list[Found], licences: "Licences") -> Iterator[Found]:
        for found in held:
            found.licence = found.licence or licences.of(found.source.partition("#")[2])
            yield found

    def _document(self, file: File, member: Member, archive: Archive) -> Found | None:
        """Return the document of a member; `None` when it is none, or was set aside."""
        # An empty file, such as `__init__.py`, is nothing to miss.
        empty = not member.data or member.data.isspace()
        if empty or not self._is_document(member.name):
            archive.aside.pass_over("empty file" if empty else "licence or metadata")
            return None
        try:
            decoded = decode(member.data)
        except DamageError as damage:
            archive.tell(member.name, str(damage), member.data)
            return None
        package = _ENDINGS.sub("", posixpath.basename(file.name))
        return Found(
            id=f"{file.name}/{member.name}",
            text=kept(member.data, decoded),
            source=f"{file.path}#{member.name}",
            media_type=media_type_of(member.name),
            licence=header_licence(decoded.text),
            tags={"package": package, **decoded.tags()},
        )

    def _wanted(self, name: str) -> bool:
        return self._is_document(name) or tells_licence(name)

    def _is_document(self, name: str) -> bool:
        if is_licence_file(name) or posixpath.basename(name) in ("PKG-INFO", "METADATA"):
            return False
        code = is_code(name)
        if self.include == "code":
            return code
        return (is_prose(name) and not code) or (code and self.include == "all")


def tells_licence(name: str) -> bool:
    """Whether a file of that name tells a licence, of what is beside it."""
    return is_licence_file(name) or posixpath.basename(name) in _METADATA


class Licences:
    """What the licence files and the metadata of a tree of sources say of the files beside them."""

    def __init__(self) -> None:
        self._texts: dict[str, list[str]] = {}
        self._stated: dict[str, str] = {}

    def learn(self, name: str, text: str) -> None:
        """Take in a file that tells a licence."""
        folder, base = posixpath.split(name)
        if is_licence_file(name):
            # Folders made for licence texts hold those of what is around them.
            folder = re.sub(r"(^|/)(licen[cs]es?|[^/]+\.dist-info(/licenses)?)$", "", folder)
            if known := text_licence(text):
                self._texts.setdefault(folder, []).append(known)
        elif base in ("PKG-INFO", "METADATA"):
            folder = re.sub(r"(^|/)[^/]+\.(dist|egg)-info$", "", folder)
            if known := classifier_licence(text.partition("\n\n")[0].splitlines()):
                self._stated.setdefault(folder, known)
        elif found := _STATED.search(text):
            self._stated.setdefault(folder, spdx(found[1].replace("/", " OR ")))

    def of(self, name: str) -> str:
        """Return the licence of a file: that of the nearest folder which has one."""
        folder = name
        while folder:
            folder = posixpath.dirname(folder)
            texts = list(dict.fromkeys(self._texts.get(folder, ())))
            stated = self._stated.get(folder, "")
            if len(texts) == 1:
                return texts[0]
            if texts or stated:
                # Of several texts only the metadata tells whether all bind or one may be chosen.
                return stated or all_of(texts)
        return ""
