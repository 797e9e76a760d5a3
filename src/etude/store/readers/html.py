"""Folders of web pages, one document each."""

from collections.abc import Iterator
from typing import ClassVar
from urllib.parse import quote

from etude.store.readers._base import Part
from etude.store.readers._decode import decode, kept
from etude.store.readers._files import File
from etude.store.readers._pages import declared_charset, read_page
from etude.store.readers._robots import RobotsReader
from etude.store.readers._rows import Aside, Found
from etude.store.readers._whole import read_whole


class HtmlReader(RobotsReader, frozen=True, kw_only=True):
    """Reads HTML files. The markup is kept: a step extracts the text."""

    endings: ClassVar[tuple[str, ...]] = (".html", ".htm", ".xhtml", ".shtml")

    base_url: str = ""
    """Put before a page's name to make its URL, where the page names none itself."""

    def documents(self, file: File, part: Part, aside: Aside) -> Iterator[Found]:
        """Yield the one page of a file."""
        data = read_whole(file, aside, self.max_document_bytes)
        found = page_document(data, file.name, file.path)
        if self.base_url and not found.url:
            found.url = self.base_url + quote(file.name, errors="replace")
        if self.robots:
            found.opt_out += self.known_robots().signals(found.url)
        yield found


def page_document(data: bytes, name: str, source: str) -> Found:
    """Return the document of one page.

    Raises:
        DamageError: It is no text.
    """
    decoded = decode(data, declared_charset(data))
    page = read_page(decoded.text)
    return Found(
        id=name,
        text=kept(data, decoded),
        source=source,
        media_type="text/html",
        url=page.url,
        title=page.title,
        date=page.date,
        licence=page.licence,
        opt_out=page.opt_out,
        tags=page.tags | decoded.tags(),
    )
