"""Papers in LaTeX: single files, and source archives as arXiv hands them out."""

import posixpath
import re
from collections.abc import Iterator
from typing import ClassVar

from etude.store.readers._base import FileReader, Part
from etude.store.readers._decode import decode
from etude.store.readers._files import File
from etude.store.readers._members import Archive
from etude.store.readers._rows import Aside, DamageError, Found
from etude.store.readers._streams import expand
from etude.store.readers._tar import is_header
from etude.store.readers._tex import assemble, tex_title, tex_to_text, without_comments
from etude.store.readers._whole import Stream, read_whole

_MAIN_NAMES = ("main", "ms", "paper", "article", "manuscript", "root")
_ARXIV = re.compile(r"(\d{4}\.\d{4,5}|[a-z-]+(?:\.[A-Z]{2})?/?\d{7})(v\d+)?")
_BLOCK_BYTES = 512


class LatexReader(FileReader, frozen=True, kw_only=True):
    """Reads papers as text with formulas in LaTeX; files that others include are put in place."""

    endings: ClassVar[tuple[str, ...]] = (".tex", ".ltx", ".tar", ".tgz", ".gz", ".zip")

    arxiv: bool = False
    """Whether names of files are arXiv's numbers of papers, which tell their URLs."""

    def documents(self, file: File, part: Part, aside: Aside) -> Iterator[Found]:
        """Yield the one paper of a file."""
        if self._is_archive(file):
            name, sources = self._main(file, aside)
            source = f"{file.path}#{name}"
        else:
            data = read_whole(file, aside, self.max_document_bytes)
            name, sources, source = "", {"": decode(data).text}, file.path
        whole = assemble(
            without_comments(sources[name]),
            lambda inner: _included(inner, name, sources),
            self.max_document_bytes,
        )
        if "\\" not in whole:
            raise DamageError("not LaTeX")
        number = _ARXIV.search(file.name) if self.arxiv else None
        title = tex_title(whole)
        text = tex_to_text(whole)
        yield Found(
            id=file.name,
            text=f"{title}\n\n{text}" if title else text,
            source=source,
            url=f"https://arxiv.org/abs/{number[1]}" if number else "",
            title=title,
        )

    def _is_archive(self, file: File) -> bool:
        with file.open() as stored:
            head = stored.read(4)
            stored.seek(0)
            if head.startswith(b"PK\x03\x04"):
                return True
            first = Stream(expand(stored, file.path, lambda at, why, what: None))
            block = first.read(_BLOCK_BYTES)
            return len(block) == _BLOCK_BYTES and is_header(block)

    def _main(self, file: File, aside: Aside) -> tuple[str, dict[str, str]]:
        """Return the name of the file that is the paper, and the texts of all."""
        sources: dict[str, str] = {}
        size = 0
        archive = Archive(file, aside, self.max_document_bytes)
        for member in archive.members(lambda name: name.lower().endswith((".tex", ".ltx"))):
            size += len(member.data)
            if size > self.max_document_bytes:
                raise DamageError("longer than max_document_bytes")
            try:
                sources[member.name] = decode(member.data).text
            except DamageError as damage:
                archive.tell(member.name, str(damage), member.data)
        heads = [name for name, text in sources.items() if "\\documentclass" in text]
        heads = heads or [name for name, text in sources.items() if "\\documentstyle" in text]
        if not heads:
            raise DamageError("no file with \\documentclass")
        return max(heads, key=lambda name: _rank(name, sources[name])), sources


def _rank(name: str, text: str) -> tuple[bool, bool, int, str]:
    stem = posixpath.basename(name).rpartition(".")[0].lower()
    return "\\begin{document}" in text, stem in _MAIN_NAMES, len(text), name


def _included(inner: str, main: str, sources: dict[str, str]) -> str | None:
    """Return a file that is included; names are relative to the main file."""
    folder = posixpath.dirname(main)
    for name in (inner, f"{inner}.tex"):
        path = posixpath.normpath(posixpath.join(folder, name))
        if path in sources and path != main:
            return sources[path]
    return None
