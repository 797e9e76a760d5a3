"""Plain text files, whole or in pieces."""

import re
from collections.abc import Iterator
from typing import ClassVar, Literal

from etude.errors import ConfigError, blame
from etude.store.readers._base import FileReader, Part
from etude.store.readers._decode import decode
from etude.store.readers._files import File
from etude.store.readers._kinds import media_type_of
from etude.store.readers._rows import Aside, Found
from etude.store.readers._whole import read_whole

_SPLIT_FILE_BYTES = 1 << 30
"""Most that a file may have which is read to be split."""
_SEPARATORS = {"paragraphs": r"\r?\n[ \t]*\r?\n\s*", "pages": "\f"}


class TextReader(FileReader, frozen=True, kw_only=True):
    """Reads text files of any encoding; Markdown and code are told by their endings."""

    endings: ClassVar[tuple[str, ...]] = (
        ".txt",
        ".text",
        ".asc",
        ".md",
        ".markdown",
        ".rst",
        ".adoc",
        ".org",
    )

    split: Literal["", "paragraphs", "pages", "separator"] = ""
    """How a file becomes documents: whole when empty, at blank lines, at form feeds, or wherever
    `separator` matches."""
    separator: str = ""
    """Regular expression between documents, for `split = "separator"`."""
    media_type: str = ""
    """Media type of all of them; empty goes by the file's ending."""

    def documents(self, file: File, part: Part, aside: Aside) -> Iterator[Found]:
        """Yield the text of a file, or its pieces."""
        limit = _SPLIT_FILE_BYTES if self.split else self.max_document_bytes
        decoded = decode(read_whole(file, aside, limit))
        media_type = self.media_type or media_type_of(file.stem())
        pieces = [decoded.text]
        if self.split:
            pattern = _SEPARATORS.get(self.split, self.separator)
            with blame(ConfigError, f"separator {self.separator!r}"):
                pieces = re.compile(pattern, re.MULTILINE).split(decoded.text)
        for number, text in enumerate(pieces):
            if self.split and (not text or text.isspace()):
                continue
            place = f"#{number}" if self.split else ""
            yield Found(
                id=file.name + place,
                text=text,
                source=file.path + place,
                media_type=media_type,
                tags=decoded.tags(),
            )
