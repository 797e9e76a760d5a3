"""Web archives: WARC with pages, WET with texts, as crawlers write them."""

from collections.abc import Iterator
from typing import ClassVar

from etude.store.readers._base import Part
from etude.store.readers._decode import decode, kept
from etude.store.readers._files import File
from etude.store.readers._http import http_answer
from etude.store.readers._pages import Page, declared_charset, header_signals, read_page
from etude.store.readers._robots import RobotsReader, is_robots
from etude.store.readers._rows import Aside, DamageError, Found
from etude.store.readers._warc import WarcRecord, warc_records

_PAGES = ("text/html", "application/xhtml+xml")


class WarcReader(RobotsReader, frozen=True, kw_only=True):
    """Reads pages and texts from web archives, each with its URL, date and signals of opting out.

    Answers that are no pages or texts, or no success, are passed over. A robots.txt that lies in an
    archive is no document: it is heeded for what follows it there.
    """

    endings: ClassVar[tuple[str, ...]] = (".warc", ".wet", ".arc")

    types: tuple[str, ...] = ("response", "resource", "conversion")
    """Types of records that hold documents; WET has `conversion`."""

    def documents(self, file: File, part: Part, aside: Aside) -> Iterator[Found]:
        """Yield the documents of one archive."""
        robots = self.known_robots()
        for record in warc_records(file, aside, self.types, self.max_document_bytes):
            place = f"@{record.at}"
            if not aside.lets(file.name, place):
                continue
            try:
                if is_robots(record.url):
                    robots.learn_record(record)
                    aside.pass_over("robots.txt")
                    continue
                found = _document(record, aside, self.max_document_bytes)
            except DamageError as damage:
                aside(file.name + place, str(damage), record.body[:80])
                continue
            if found is not None:
                found.id = file.name + place
                found.opt_out += robots.signals(found.url)
                found.source = file.path + place
                yield found


def _document(record: WarcRecord, aside: Aside, limit_bytes: int) -> Found | None:
    """Return the document of a record; `None` when it holds none."""
    headers, data = record.headers, record.body
    http: dict[str, str] = {}
    kind = headers.get("content-type", "").lower()
    if kind.startswith("application/http"):
        status, http, data = http_answer(data, limit_bytes)
        if not 200 <= status < 300:
            aside.pass_over(f"HTTP status {status}")
            return None
        kind = http.get("content-type", "").lower() or _sniff(data)
    media_type = kind.partition(";")[0].strip()
    if not media_type and data:
        raise DamageError("no media type")
    if media_type not in (*_PAGES, "text/plain"):
        aside.pass_over(f"media type {media_type[:60]}")
        return None
    return _text(record, data, kind, http)


def _text(record: WarcRecord, data: bytes, kind: str, http: dict[str, str]) -> Found:
    is_page = not kind.startswith("text/plain")
    charset = kind.partition("charset=")[2].partition(";")[0].strip(" \"'")
    decoded = decode(data, charset or (declared_charset(data) if is_page else ""))
    page = read_page(decoded.text) if is_page else Page()
    tags = page.tags | decoded.tags()
    if truncated := record.headers.get("warc-truncated"):
        tags["truncated"] = truncated
    if language := record.headers.get("warc-identified-content-language"):
        tags["lang"] = language
    return Found(
        id="",
        text=kept(data, decoded),
        source="",
        media_type="text/html" if is_page else "text/plain",
        url=record.url,
        title=page.title,
        date=record.headers.get("warc-date", ""),
        licence=page.licence,
        opt_out=tuple(dict.fromkeys((*header_signals(http), *page.opt_out))),
        tags=tags,
    )


def _sniff(data: bytes) -> str:
    return "text/html" if data[:512].lstrip().startswith(b"<") else ""
