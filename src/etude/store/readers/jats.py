"""Scientific articles in JATS, the XML of PubMed Central and of many publishers."""

from collections.abc import Iterator
from typing import ClassVar

from etude.store.readers._base import FileReader, Part
from etude.store.readers._blocks import one_line
from etude.store.readers._decode import decode
from etude.store.readers._files import File
from etude.store.readers._jats import blocks
from etude.store.readers._licences import spdx
from etude.store.readers._pages import declared_charset
from etude.store.readers._rows import Aside, DamageError, Found
from etude.store.readers._whole import read_whole
from etude.store.readers._xml import Node, parse_xml, utf8_xml

_LINK = "xlink:href"


class JatsReader(FileReader, frozen=True, kw_only=True):
    """Reads articles: title, abstract, and body with headings; tables and references left out."""

    endings: ClassVar[tuple[str, ...]] = (".xml", ".nxml", ".jats")

    abstract: bool = True
    """Whether the abstract stands before the body."""

    def documents(self, file: File, part: Part, aside: Aside) -> Iterator[Found]:
        """Yield the one article of a file."""
        data = read_whole(file, aside, self.max_document_bytes)
        decoded = decode(data, declared_charset(data))
        root = parse_xml(utf8_xml(decoded.text), self.max_document_bytes)
        article = root if root.name == "article" else next(root.below("article"), None)
        if article is None:
            raise DamageError("not a JATS article")
        facts = article.find("front", "article-meta") or Node("article-meta", {})
        title = one_line(facts.said("title-group", "article-title"))
        body = article.find("body")
        parts = [title] if title else []
        for abstract in facts.all("abstract") if self.abstract else ():
            parts += ["Abstract", *blocks(abstract)]
        parts += blocks(body) if body is not None else ()
        doi = next(
            (one for one in facts.all("article-id") if one.attributes.get("pub-id-type") == "doi"),
            None,
        )
        yield Found(
            id=file.name,
            text="\n\n".join(parts),
            source=file.path,
            url=f"https://doi.org/{doi.text().strip()}" if doi is not None else "",
            title=title,
            date=_date(facts),
            licence=_licence(facts),
            tags=_tags(article) | decoded.tags(),
        )


def _tags(article: Node) -> dict[str, str]:
    journal = article.find("front", "journal-meta")
    names = {
        "journal": journal.said("journal-title-group", "journal-title") if journal else "",
        "lang": article.attributes.get("xml:lang", ""),
        "article_type": article.attributes.get("article-type", ""),
    }
    return {key: value for key, value in names.items() if value}


def _date(facts: Node) -> str:
    """Return the first date of publication that is as exact as any."""
    found = [_parts(node) for node in facts.all("pub-date")]
    return max(found, key=len, default="")


def _parts(node: Node) -> str:
    numbers = [node.said(name) for name in ("year", "month", "day")]
    kept: list[str] = []
    for number in numbers:
        if not number.isdigit():
            break
        kept.append(number.zfill(2))
    return "-".join(kept)


def _licence(facts: Node) -> str:
    for licence in facts.below("license"):
        links = [licence.attributes.get(_LINK, ""), *_links(licence)]
        for link in links:
            if known := spdx(link, known_only=True):
                return known
        if words := one_line(licence.text()):
            return spdx(words)
    return ""


def _links(node: Node) -> list[str]:
    # Some publishers put the address into an element of NISO's, some into a link.
    return [
        *(one.text() for one in node.below("ali:license_ref")),
        *(one.attributes.get(_LINK, "") for one in node.below("ext-link")),
    ]
