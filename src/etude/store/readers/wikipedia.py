"""Dumps of Wikipedia and other wikis of MediaWiki: one article each, wikitext made into text."""

from collections.abc import Iterator
from typing import ClassVar
from urllib.parse import quote

from etude.store.readers._base import FileReader, Part
from etude.store.readers._files import File
from etude.store.readers._rows import Aside, DamageError, Found
from etude.store.readers._wikitext import wikitext_to_text
from etude.store.readers._xml import Node, xml_records

_LEFT_OUT = frozenset(("file", "image", "media", "category"))
_FILES, _CATEGORIES = "6", "14"


class WikipediaReader(FileReader, frozen=True, kw_only=True):
    """Reads `pages-articles` dumps as a stream. Redirects and other namespaces are passed over."""

    endings: ClassVar[tuple[str, ...]] = (".xml",)

    licence: str = "CC-BY-SA-4.0"
    """SPDX expression for all pages."""
    namespaces: tuple[int, ...] = (0,)
    """Numbers of the namespaces to read; 0 holds the articles."""
    wikitext: bool = False
    """Whether to keep the wikitext as it is."""

    def documents(self, file: File, part: Part, aside: Aside) -> Iterator[Found]:
        """Yield the articles of one dump."""
        site = _Site()
        names = ("siteinfo", "page")
        for at, node in xml_records(file, aside, names, self.max_document_bytes):
            if node.name == "siteinfo":
                site = _Site(node)
                continue
            try:
                found = self._article(node, site, aside)
            except DamageError as damage:
                aside(f"{file.name}@{at}", str(damage), node.said("title"))
                continue
            if found is not None:
                # Ids of pages are the wiki's own, but a damaged dump may give one twice.
                found.id = f"{file.name}@{at}"
                found.source = f"{file.path}@{at}"
                yield found

    def _article(self, page: Node, site: "_Site", aside: Aside) -> Found | None:
        space = page.said("ns") or "0"
        if not space.lstrip("-").isdigit() or int(space) not in self.namespaces:
            aside.pass_over(f"namespace {space[:12]}")
            return None
        if page.find("redirect") is not None:
            aside.pass_over("redirect")
            return None
        revision = list(page.all("revision"))
        if not revision or revision[-1].find("text") is None:
            raise DamageError("text is missing")
        title = page.said("title")
        source = revision[-1].said("text")
        return Found(
            id="",
            text=source if self.wikitext else wikitext_to_text(source, site.left_out),
            source="",
            url=site.url + quote(title.replace(" ", "_")) if site.url else "",
            title=title,
            date=revision[-1].said("timestamp"),
            tags={"page": page.said("id"), **({"wiki": site.name} if site.name else {})},
        )


class _Site:
    """What a dump says of its wiki."""

    def __init__(self, info: Node | None = None) -> None:
        self.name = info.said("dbname") if info else ""
        base = info.said("base") if info else ""
        self.url = base.rpartition("/")[0] + "/" if base.startswith("http") else ""
        spaces = info.find("namespaces") if info else None
        own = {
            one.text().lower()
            for one in (spaces.elements() if spaces else ())
            if one.attributes.get("key") in (_FILES, _CATEGORIES)
        }
        self.left_out = _LEFT_OUT | own
