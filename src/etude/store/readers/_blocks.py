"""Markup with sections and paragraphs to text, for papers and feeds."""

import re
from html.parser import HTMLParser

_SPACE = re.compile(r"\s+")


def one_line(text: str) -> str:
    """Return text with its white space made single blanks."""
    return _SPACE.sub(" ", text).strip()


class _Plain(HTMLParser):
    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.parts: list[str] = []

    def handle_data(self, data: str) -> None:
        self.parts.append(data)


def without_tags(markup: str) -> str:
    """Return the text of a short piece of HTML, such as a title, on one line."""
    if "<" not in markup and "&" not in markup:
        return one_line(markup)
    parser = _Plain()
    parser.feed(markup)
    parser.close()
    return one_line("".join(parser.parts))
