"""Extraction with resiliparse: rules on names and places of elements; fast."""

import re

from resiliparse.extract.html2text import extract_plain_text

from etude.errors import RecordError, blame
from etude.stages.corpus.extractors._base import Extractor

# Main-content extraction looks at the ancestors of every element up to the root, so its time grows
# with the sum of all depths: some 50 ns for each step. Deeper pages give all their text instead.
_MAX_STEPS = 20_000_000
_TAG = re.compile(r"<(/?)([A-Za-z]+)")


class ResiliparseExtractor(Extractor, frozen=True, kw_only=True):
    """Keeps paragraphs, lists, rows of tables and preformatted text."""

    def main_text(self, html: str) -> str:
        """Return the main content; of a page nested without measure, all text."""
        return self._text(html, main=_is_shallow(html))

    def all_text(self, html: str) -> str:
        """Return all visible text."""
        return self._text(html, main=False)

    def _text(self, html: str, *, main: bool) -> str:
        skip = None if self.tables else ["table"]
        with blame(RecordError, "cannot read HTML"):
            text: str = extract_plain_text(
                html,
                preserve_formatting=True,
                main_content=main,
                list_bullets=self.lists,
                alt_texts=False,
                links=self.links,
                comments=self.comments,
                skip_elements=skip,
            )
        return text


def _is_shallow(html: str) -> bool:
    """Say whether no element is nested so deep that extraction would take seconds."""
    opened, tags = html.count("<div") + html.count("<DIV"), html.count("<")
    if opened * tags < _MAX_STEPS:
        return True
    depth = steps = 0
    for match in _TAG.finditer(html):
        if match[2].lower() == "div":
            depth = max(depth - 1, 0) if match[1] else depth + 1
        steps += depth
        if steps > _MAX_STEPS:
            return False
    return True
