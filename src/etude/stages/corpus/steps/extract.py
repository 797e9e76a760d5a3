"""Takes the main text out of pages of HTML, and what their heads say of them."""

from __future__ import annotations

from functools import cache
from typing import ClassVar

import pyarrow as pa
import pyarrow.compute as pc

from etude.errors import RecordError
from etude.stages.corpus.batch import drop, texts, with_column, with_texts
from etude.stages.corpus.extractors import Extractor, extractors
from etude.stages.corpus.html_head import HtmlHead, read_head
from etude.stages.corpus.steps._base import Step

_HTML = "text/html"
_PLAIN = "text/plain"


class Extract(Step, frozen=True, kw_only=True):
    """Exchanges documents of media type text/html for their text; leaves others as they are."""

    changes_text: ClassVar[bool] = True

    by: str = "resiliparse"
    """The extractor: `resiliparse` (fast) or `trafilatura` (more careful, far slower)."""
    main_content: bool = True
    """Keep the main content only; false keeps all visible text."""
    min_chars: int = 200
    """Main content shorter than this is not believed: all text is taken. 0 always believes it."""
    links: bool = False
    """Keep the addresses of links."""
    lists: bool = True
    """Keep bullets and numbers of lists."""
    tables: bool = True
    """Keep tables."""
    comments: bool = True
    """Count readers' comments as main content."""
    max_bytes: int = 5_000_000
    """Pages of more bytes are dropped (Common Crawl cuts pages at 1 MiB or 5 MiB); a page takes
    some hundred times its size in memory. 0 sets no limit."""
    head: bool = True
    """Fill empty title, language, licence and opt-out fields from the page's head."""

    def apply(self, batch: pa.RecordBatch) -> pa.RecordBatch:
        """Return the batch with text in place of HTML."""
        is_html = pc.equal(batch.column("media_type"), _HTML)
        rows = pc.indices_nonzero(is_html).to_pylist()
        if not rows:
            return batch
        pages = texts(batch).take(pa.array(rows)).to_pylist()
        values: list[str | None] = [None] * batch.num_rows
        reasons: list[str | None] = [None] * batch.num_rows
        heads: dict[int, HtmlHead] = {}
        for row, page in zip(rows, pages, strict=True):
            values[row], reasons[row] = self._text_of(page or "")
            if self.head and reasons[row] is None:
                heads[row] = read_head(page or "")
        changed = pc.is_valid(pa.array(values, type=pa.string()))
        batch = with_texts(batch, pc.coalesce(pa.array(values, type=pa.string()), texts(batch)))
        media = pc.if_else(changed, _PLAIN, batch.column("media_type"))
        batch = with_column(batch, "media_type", media)
        if heads:
            batch = _with_heads(batch, heads)
        if any(reasons):
            batch = drop(batch, reasons)
        return batch

    def _text_of(self, page: str) -> tuple[str | None, str | None]:
        """Return the page's text, or why it has none."""
        if self.max_bytes and len(page.encode()) > self.max_bytes:
            return None, "page too large"
        if not page.strip("\0\t\n\r "):
            return "", "no text in the page"
        extractor = _extractor(self.by, self.links, self.lists, self.tables, self.comments)
        try:
            text = extractor.main_text(page) if self.main_content else ""
            if len(text) < self.min_chars or not text:
                text = extractor.all_text(page)
        except RecordError:
            return None, "page cannot be read"
        return text, None if text.strip() else "no text in the page"


@cache
def _extractor(by: str, links: bool, lists: bool, tables: bool, comments: bool) -> Extractor:
    """Return the extractor of these settings."""
    return extractors.make(
        {"use": by, "links": links, "lists": lists, "tables": tables, "comments": comments}
    )


def _with_heads(batch: pa.RecordBatch, heads: dict[int, HtmlHead]) -> pa.RecordBatch:
    """Fill what the documents do not say from what their pages' heads say."""
    for name in ("title", "language"):
        said = [""] * batch.num_rows
        for row, head in heads.items():
            said[row] = str(getattr(head, name))
        column = batch.column(name)
        if any(said):
            empty = pc.equal(column, "")
            batch = with_column(batch, name, pc.if_else(empty, pa.array(said), column))
    if any(head.opt_out for head in heads.values()):
        column = batch.column("opt_out")
        merged = column.to_pylist()
        for row, head in heads.items():
            merged[row] = sorted(set(merged[row] or []) | set(head.opt_out))
        batch = with_column(batch, "opt_out", pa.array(merged, type=column.type))
    if any(head.licence for head in heads.values()):
        column = batch.column("origin")
        origins = column.to_pylist()
        for row, head in heads.items():
            if head.licence and not origins[row]["licence"]:
                origins[row]["licence"] = head.licence
        batch = with_column(batch, "origin", pa.array(origins, type=column.type))
    return batch
