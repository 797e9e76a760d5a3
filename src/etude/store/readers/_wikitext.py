"""Wikitext to text: prose, headings, lists and formulas stay; templates, tables and notes go."""

import re
from collections.abc import Collection

import mwparserfromhell
from mwparserfromhell.nodes import (
    ExternalLink,
    Heading,
    HTMLEntity,
    Tag,
    Template,
    Text,
    Wikilink,
)

from etude.errors import RecordError, blame
from etude.store.readers._rows import DamageError

_GONE = frozenset(
    (
        *("ref", "references", "table", "gallery", "timeline", "score", "imagemap", "style"),
        *("script", "graph", "mapframe", "maplink", "section", "templatestyles", "indicator"),
    )
)
_BREAKS = frozenset(("br", "hr", "p", "div", "li", "dd", "dt", "blockquote", "poem"))
_FORMULAS = frozenset(("math", "chem", "ce"))
_SHOWS_LAST = frozenset(
    ("lang", "langue", "nowrap", "nobr", "transl", "small", "abbr", "tt", "code")
)
"""Templates that only dress the text which is their last, or for `abbr` first, argument."""
_SPACES = re.compile(r"[ \t\xa0]+")
_EMPTY_BRACKETS = re.compile(r"\s?\((?:[\s,;:/\u2013-]|or|and)*\)")
_MOST_DEPTH = 30


def wikitext_to_text(source: str, left_out: Collection[str]) -> str:
    """Return the text of a page; `left_out` are namespaces of files and categories, lower case.

    Raises:
        DamageError: It cannot be parsed.
    """
    try:
        with blame(RecordError, "wikitext"):
            code = mwparserfromhell.parse(source, skip_style_tags=False)
            text = _Renderer(left_out).code(code, 0)
    except RecordError as error:
        raise DamageError("wikitext cannot be parsed") from error
    return _tidy(text)


class _Renderer:
    def __init__(self, left_out: Collection[str]) -> None:
        self.left_out = left_out

    def code(self, code: object, depth: int) -> str:
        if depth > _MOST_DEPTH or code is None:
            return ""
        return "".join(self.node(node, depth) for node in code.nodes)  # type: ignore[attr-defined]

    def node(self, node: object, depth: int) -> str:
        if isinstance(node, Text):
            return str(node.value)
        if isinstance(node, Wikilink):
            return self.link(node, depth)
        if isinstance(node, Tag):
            return self.tag(node, depth)
        if isinstance(node, Heading):
            return f"\n\n\0{self.code(node.title, depth + 1).strip()}\n\n"
        if isinstance(node, HTMLEntity):
            return str(node.normalize())
        if isinstance(node, ExternalLink):
            return self.code(node.title, depth + 1) if node.title else ""
        if isinstance(node, Template):
            return self.template(node, depth)
        return ""

    def link(self, link: Wikilink, depth: int) -> str:
        title = str(link.title).strip()
        space, colon, _ = title.lower().partition(":")
        if colon and space.strip() in self.left_out:
            return ""
        if link.text is not None:
            return self.code(link.text, depth + 1)
        return title.removeprefix(":").partition("#")[0] or title.lstrip("#")

    def tag(self, tag: Tag, depth: int) -> str:
        name = str(tag.tag).strip().lower()
        if name in _GONE:
            return ""
        if name in _FORMULAS:
            return f"${str(tag.contents or '').strip()}$"
        if tag.wiki_markup and name in ("li", "dd", "dt"):
            return {"li": "* ", "dd": "", "dt": ""}[name]
        inside = self.code(tag.contents, depth + 1) if tag.contents else ""
        return f"\n{inside}\n" if name in _BREAKS else inside

    def template(self, template: Template, depth: int) -> str:
        name = str(template.name).strip().lower()
        if name.partition("-")[0] not in _SHOWS_LAST or not template.params:
            return ""
        plain = [param for param in template.params if not param.showkey]
        if not plain:
            return ""
        shown = plain[0] if name == "abbr" else plain[-1]
        return self.code(shown.value, depth + 1)


def _tidy(text: str) -> str:
    """Put blanks and lines in order, and take away headings of sections with nothing in them."""
    lines = [_SPACES.sub(" ", line).strip() for line in text.split("\n")]
    kept: list[str] = []
    for line in lines:
        if line.startswith("\0"):
            while kept and (not kept[-1] or kept[-1].startswith("\0")):
                kept.pop()
            if kept:
                kept.append("")
        if line in ("*", "#", ":", ";"):
            continue
        if line or (kept and kept[-1]):
            kept.append(line)
        if line.startswith("\0"):
            kept.append("")
    while kept and (not kept[-1] or kept[-1].startswith("\0")):
        kept.pop()
    tidy = "\n".join(kept).replace("\0", "")
    return re.sub(r"\n{3,}", "\n\n", _EMPTY_BRACKETS.sub("", tidy)).strip()
