"""News feeds in RSS and Atom, one document for each entry."""

from collections.abc import Iterator
from typing import ClassVar

from etude.store.readers._base import FileReader, Part
from etude.store.readers._blocks import without_tags
from etude.store.readers._dates import iso_date
from etude.store.readers._files import File
from etude.store.readers._licences import spdx
from etude.store.readers._rows import Aside, Found
from etude.store.readers._xml import Node, xml_records

_CONTENTS = ("content:encoded", "content", "description", "summary")
_DATES = ("published", "pubDate", "dc:date", "updated")


class FeedReader(FileReader, frozen=True, kw_only=True):
    """Reads feeds. Entries keep their HTML: a step extracts the text."""

    endings: ClassVar[tuple[str, ...]] = (".xml", ".rss", ".atom", ".rdf", ".feed")

    def documents(self, file: File, part: Part, aside: Aside) -> Iterator[Found]:
        """Yield the entries of one feed."""
        for at, node in xml_records(file, aside, ("item", "entry"), self.max_document_bytes):
            name = next((name for name in _CONTENTS if node.said(name)), "")
            content = _markup(node, name)
            url = _link(node)
            if not content:
                aside(f"{file.name}@{at}", "no content", node.said("title"))
                continue
            yield Found(
                id=f"{file.name}@{at}",
                text=content,
                source=f"{file.path}@{at}",
                media_type="text/html" if "<" in content or "&" in content else "text/plain",
                url=url,
                title=without_tags(node.said("title")),
                date=next((date for key in _DATES if (date := iso_date(node.said(key)))), ""),
                licence=_licence(node),
                tags=_tags(node),
            )


def _markup(node: Node, name: str) -> str:
    """Return an entry's content; XHTML that lies in the feed as elements becomes text."""
    found = node.find(name) if name else None
    if found is None:
        return ""
    if found.attributes.get("type") == "xhtml" or next(found.elements(), None) is not None:
        return "".join(_source(found)).strip()
    return found.text().strip()


def _source(node: Node) -> Iterator[str]:
    """Write elements as HTML again."""
    for child in node.children:
        if isinstance(child, str):
            yield child.replace("&", "&amp;").replace("<", "&lt;")
        else:
            name = child.name.rpartition(":")[2]
            yield f"<{name}>"
            yield from _source(child)
            yield f"</{name}>"


def _link(node: Node) -> str:
    for link in node.all("link"):
        if link.attributes.get("rel", "alternate") == "alternate" and link.attributes.get("href"):
            return link.attributes["href"]
    return node.said("link")


def _licence(node: Node) -> str:
    for link in node.all("link"):
        if link.attributes.get("rel") == "license":
            return spdx(link.attributes.get("href", ""))
    said = node.said("creativeCommons:license") or node.said("cc:license")
    return spdx(said) if said else ""


def _tags(node: Node) -> dict[str, str]:
    author = node.said("author", "name") or node.said("dc:creator") or node.said("author")
    guid = node.said("guid") or node.said("id")
    return {key: value for key, value in (("author", author), ("guid", guid)) if value}
