"""Extraction with trafilatura: weighs many signs of main content; careful and slow."""

from trafilatura import extract, html2txt

from etude.errors import RecordError, blame
from etude.stages.corpus.extractors._base import Extractor


class TrafilaturaExtractor(Extractor, frozen=True, kw_only=True):
    """Keeps paragraphs, lists and tables in a light mark-up."""

    fast: bool = True
    """Leave out the second and third algorithm that it asks when unsure."""

    def main_text(self, html: str) -> str:
        """Return the main content; empty where it finds none."""
        with blame(RecordError, "cannot read HTML"):
            text: str | None = extract(
                html,
                fast=self.fast,
                include_comments=self.comments,
                include_tables=self.tables,
                include_links=self.links,
                include_formatting=False,
            )
        return text or ""

    def all_text(self, html: str) -> str:
        """Return all visible text."""
        with blame(RecordError, "cannot read HTML"):
            text: str = html2txt(html)
        return text
