"""Web archives: WARC with pages, WET with texts, as crawlers write them."""

import zlib
from collections.abc import Iterator
from typing import ClassVar

from etude.store.readers._base import FileReader, Part
from etude.store.readers._decode import decode, kept
from etude.store.readers._files import File
from etude.store.readers._pages import Page, declared_charset, header_signals, read_page
from etude.store.readers._rows import Aside, DamageError, Found
from etude.store.readers._warc import WarcRecord, split_http, warc_records

_PAGES = ("text/html", "application/xhtml+xml")


class WarcReader(FileReader, frozen=True, kw_only=True):
    """Reads pages and texts from web archives, each with its URL, date and signals of opting out.

    Answers that are no pages or texts, or no success, are passed over.
    """

    endings: ClassVar[tuple[str, ...]] = (".warc", ".wet", ".arc")

    types: tuple[str, ...] = ("response", "resource", "conversion")
    """Types of records that hold documents; WET has `conversion`."""

    def documents(self, file: File, part: Part, aside: Aside) -> Iterator[Found]:
        """Yield the documents of one archive."""
        for record in warc_records(file, aside, self.types, self.max_document_bytes):
            place = f"@{record.at}"
            if not aside.lets(file.name, place):
                continue
            try:
                found = _document(record, aside, self.max_document_bytes)
            except DamageError as damage:
                aside(file.name + place, str(damage), record.body[:80])
                continue
            if found is not None:
                found.id = file.name + place
                found.source = file.path + place
                yield found


def _document(record: WarcRecord, aside: Aside, limit_bytes: int) -> Found | None:
    """Return the document of a record; `None` when it holds none."""
    headers, data = record.headers, record.body
    http: dict[str, str] = {}
    kind = headers.get("content-type", "").lower()
    if kind.startswith("application/http"):
        answer = split_http(data)
        if answer is None:
            raise DamageError("not an HTTP response")
        status, http, data = answer
        if not 200 <= status < 300:
            aside.pass_over(f"HTTP status {status}")
            return None
        data = _payload(data, http, limit_bytes)
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
        url=record.headers.get("warc-target-uri", "").strip("<>"),
        title=page.title,
        date=record.headers.get("warc-date", ""),
        licence=page.licence,
        opt_out=tuple(dict.fromkeys((*header_signals(http), *page.opt_out))),
        tags=tags,
    )


def _sniff(data: bytes) -> str:
    return "text/html" if data[:512].lstrip().startswith(b"<") else ""


def _payload(data: bytes, http: dict[str, str], limit_bytes: int) -> bytes:
    """Take off how a payload was sent. Many archives hold it plain and kept the headers."""
    if "chunked" in http.get("transfer-encoding", "").lower():
        data = _joined(data)
    coding = http.get("content-encoding", "").lower().strip()
    if coding in ("gzip", "x-gzip", "deflate"):
        return _inflated(data, limit_bytes)
    if coding not in ("", "identity") and b"\0" in data[:512]:
        raise DamageError("unknown content encoding")
    return data


def _inflated(data: bytes, limit_bytes: int) -> bytes:
    for wbits in (47, -15):
        inner = zlib.decompressobj(wbits=wbits)
        try:
            plain = inner.decompress(data, limit_bytes + 1)
        except zlib.error:
            continue
        if len(plain) > limit_bytes:
            raise DamageError("longer than max_document_bytes")
        return plain
    return data


def _joined(data: bytes) -> bytes:
    """Return the chunks of a payload in one; the payload itself when it is not in chunks."""
    kept_chunks: list[bytes] = []
    at = 0
    while True:
        line, gap, _ = data[at : at + 80].partition(b"\r\n")
        size = _hex(line.partition(b";")[0].strip())
        if not gap or size is None:
            return b"".join(kept_chunks) if kept_chunks else data
        begin = at + len(line) + 2
        kept_chunks.append(data[begin : begin + size])
        at = begin + size + 2
        if size == 0 or at > len(data):
            return b"".join(kept_chunks)


def _hex(digits: bytes) -> int | None:
    try:
        return int(digits, 16) if 0 < len(digits) <= 8 else None
    except ValueError:
        return None
