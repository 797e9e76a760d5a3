"""The body of a JATS article to text."""

import re
from collections.abc import Iterator

from etude.store.readers._blocks import one_line
from etude.store.readers._xml import Node

_GONE = frozenset(
    (
        *("xref-group", "fn", "fn-group", "ref-list", "table-wrap-foot", "graphic", "media"),
        *("object-id", "alternatives-hidden", "supplementary-material", "inline-graphic", "ack"),
        *("inline-supplementary-material", "related-article", "journal-meta", "permissions"),
    )
)
_BLOCKS = frozenset(("p", "title", "disp-formula", "disp-quote", "code", "preformat", "attrib"))
_NOTES = ("bibr", "fn", "table-fn")
_CITATION = re.compile(r"\s*[\[(][\s,;\u2013-]*[\])]")


def blocks(node: Node, depth: int = 0) -> Iterator[str]:
    """Yield headings and paragraphs in order. Tables, pictures' files and references go."""
    for child in node.elements():
        if child.name in _GONE or child.name in ("table-wrap", "label"):
            if child.name == "table-wrap":
                yield from _captions(child)
        elif child.name in ("list", "def-list"):
            yield from _items(child)
        elif child.name in _BLOCKS:
            if text := paragraph(child):
                yield text
        else:
            yield from blocks(child, depth + 1)


def _captions(node: Node) -> Iterator[str]:
    for caption in node.all("caption"):
        yield from blocks(caption)


def _items(node: Node) -> Iterator[str]:
    for item in node.elements():
        text = " ".join(blocks(item)) or paragraph(item)
        if text:
            yield f"* {text}"


def paragraph(node: Node) -> str:
    """Return a paragraph on one line; formulas as TeX where that is given."""
    text = _CITATION.sub("", "".join(_pieces(node)))
    return one_line(text)


def _pieces(node: Node) -> Iterator[str]:
    for child in node.children:
        if isinstance(child, str):
            yield child
        elif child.name == "xref" and child.attributes.get("ref-type") in (
            "bibr",
            "fn",
            "table-fn",
        ):
            continue
        elif child.name in ("inline-formula", "disp-formula"):
            yield formula(child)
        elif child.name == "break":
            yield " "
        elif child.name not in _GONE:
            yield from _pieces(child)


def formula(node: Node) -> str:
    """Return a formula: its TeX between dollar signs, else the characters of its MathML."""
    for tex in node.below("tex-math"):
        source = tex.text()
        inside = re.search(r"\\begin\{document\}(.*)\\end\{document\}", source, re.DOTALL)
        return f"${one_line(inside[1] if inside else source).strip('$ ')}$"
    return one_line(node.text())
