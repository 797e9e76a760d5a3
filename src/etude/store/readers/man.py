"""Manual pages in roff, plain or compressed."""

import re
from collections.abc import Iterator

from etude.store.readers._base import FileReader, Part
from etude.store.readers._dates import iso_date
from etude.store.readers._decode import decode
from etude.store.readers._files import File, Listed, strip_compression
from etude.store.readers._roff import read_manual
from etude.store.readers._rows import Aside, Found
from etude.store.readers._whole import read_whole

_NAME = re.compile(r"\.[0-9nl][a-z]{0,6}$|\.(man|mdoc|mdwn)$", re.IGNORECASE)
_LOCALE = re.compile(r"(?:^|/)man/([a-z]{2,3}(?:_[A-Z]{2})?)(?:[.@][\w@-]+)?/man[0-9nl]")


class ManReader(FileReader, frozen=True, kw_only=True):
    """Reads manual pages in `man` or `mdoc` macros as text.

    Pages that only name another one hold nothing and are passed over.
    """

    def files(self) -> list[Listed]:
        """Find the pages: of what lies in folders, names that end in a section, as `ls.1.gz`.

        Raises:
            ConfigError: A path leads nowhere or cannot be listed.
        """
        return [
            file
            for file in super().files()
            if file.named or _NAME.search(strip_compression(file.path))
        ]

    def documents(self, file: File, part: Part, aside: Aside) -> Iterator[Found]:
        """Yield the one page of a file."""
        data = read_whole(file, aside, self.max_document_bytes)
        if (found := manual_document(data, file.name, file.path)) is not None:
            yield found


def manual_document(data: bytes, name: str, source: str) -> Found | None:
    """Return the document of one manual page; `None` when it only names another page.

    Raises:
        DamageError: It is no text.
    """
    decoded = decode(data)
    page = read_manual(decoded.text)
    if page.alias_of and not page.text.strip():
        return None
    locale = _LOCALE.search(source)
    tags = {"section": page.section} if page.section else {}
    if locale:
        tags["lang"] = locale[1]
    return Found(
        id=name,
        text=page.text,
        source=source,
        title=f"{page.name}({page.section})" if page.name and page.section else page.name,
        date=iso_date(page.date),
        tags=tags | decoded.tags(),
    )
