"""PDF files to text, page by page."""

import re
import threading
from collections.abc import Iterator
from typing import ClassVar

import pypdfium2 as pdfium

from etude.errors import RecordError, blame
from etude.store.readers._base import FileReader, Part
from etude.store.readers._files import File
from etude.store.readers._rows import Aside, DamageError, Found
from etude.store.readers._whole import read_whole

_FILE_BYTES = 1 << 29
_MOST_PAGES = 20_000
_BREAK = re.compile("[\ufffe\x02]\\s*")
"""What PDFium gives for a hyphen at the end of a line."""
_DATE = re.compile(r"D:(\d{4})(\d\d)?(\d\d)?")
_LOCK = threading.Lock()
"""PDFium must not be called by two threads at once."""


class PdfReader(FileReader, frozen=True, kw_only=True):
    """Reads the text layer of PDF files. Encrypted ones and pure pictures are set aside."""

    endings: ClassVar[tuple[str, ...]] = (".pdf",)

    each_page: bool = False
    """Whether each page is a document of its own."""

    def documents(self, file: File, part: Part, aside: Aside) -> Iterator[Found]:
        """Yield the text of one file, or of its pages."""
        data = read_whole(file, aside, _FILE_BYTES)
        facts, pages = self._pages(data, file, aside)
        title, date = facts.get("Title", "").strip(), _DATE.match(facts.get("CreationDate", ""))
        shown = "-".join(filter(None, date.groups())) if date else ""
        tags = {"pages": str(len(pages))}
        if not any(page.strip() for page in pages):
            raise DamageError("no text in it")
        if not self.each_page:
            text = "\n\n".join(page for page in pages if page)
            yield Found(
                id=file.name, text=text, source=file.path, title=title, date=shown, tags=tags
            )
            return
        for number, text in enumerate(pages, start=1):
            if text.strip():
                place = f"#{number}"
                yield Found(
                    id=file.name + place,
                    text=text,
                    source=file.path + place,
                    title=title,
                    date=shown,
                    tags=tags,
                )

    def _pages(self, data: bytes, file: File, aside: Aside) -> tuple[dict[str, str], list[str]]:
        with _LOCK:
            document = _opened(data)
            try:
                with blame(RecordError, file.path):
                    facts: dict[str, str] = document.get_metadata_dict()  # type: ignore[no-untyped-call]
                    n_pages = min(len(document), _MOST_PAGES)
                return facts, [self._page(document, n, file, aside) for n in range(n_pages)]
            finally:
                document.close()  # type: ignore[no-untyped-call]

    def _page(self, document: pdfium.PdfDocument, number: int, file: File, aside: Aside) -> str:
        try:
            with blame(RecordError, file.path):
                page = document[number]
                layer = page.get_textpage()
                text = str(layer.get_text_bounded())
                layer.close()
                page.close()
        except RecordError:
            aside(f"{file.name}#{number + 1}", "damaged page")
            return ""
        return _BREAK.sub("", text.replace("\r\n", "\n")).strip()


def _opened(data: bytes) -> pdfium.PdfDocument:
    if b"%PDF-" not in data[:1024]:
        raise DamageError("not a PDF file")
    try:
        with blame(RecordError, "PDF"):
            return pdfium.PdfDocument(data)  # type: ignore[no-untyped-call]
    except RecordError as error:
        reason = "encrypted" if "assword" in str(error) else "damaged PDF"
        raise DamageError(reason) from error
