"""What a web page says of itself: charset, title, date, licence, and whether it may be used."""

import html
import re
from collections.abc import Mapping

import msgspec

from etude.store.readers._dates import iso_date
from etude.store.readers._licences import spdx

_HEAD_CHARS = 1 << 16
"""How much of a page is searched; what it says of itself stands at its beginning."""
_CHARSET = re.compile(
    rb"""charset\s*=\s*["']?\s*([\w.:-]{2,40})|encoding=["']([\w.:-]{2,40})""", re.IGNORECASE
)
_TAG = re.compile(r"<(meta|link|a|html)\b([^>]{1,2000})>", re.IGNORECASE)
_ATTRIBUTE = re.compile(
    r"""([a-z][\w:.-]{0,40})\s*=\s*(?:"([^"]*)"|'([^']*)'|([^\s"'>]+))""", re.IGNORECASE
)
_TITLE = re.compile(r"<title\b[^>]{0,200}>([^<]{0,2000})", re.IGNORECASE)
_COMMENT = re.compile(r"<!--.*?-->", re.DOTALL)
_DATES = (
    "article:published_time",
    "datepublished",
    "date",
    "dc.date",
    "dc.date.issued",
    "dcterms.issued",
    "dcterms.created",
    "citation_publication_date",
    "pubdate",
)
_AGAINST = ("noai", "noimageai", "noml")
"""Words of robots rules that speak against use for training."""


class Page(msgspec.Struct, frozen=True, kw_only=True):
    """What a page says of itself; empty where it says nothing."""

    title: str = ""
    date: str = ""
    url: str = ""
    licence: str = ""
    opt_out: tuple[str, ...] = ()
    tags: dict[str, str] = {}


def declared_charset(data: bytes) -> str:
    """Return the charset that a page declares in itself; empty when it does not."""
    found = _CHARSET.search(data[:4096])
    return (found[1] or found[2] or b"").decode("ascii", "replace") if found else ""


def read_page(text: str) -> Page:
    """Read what the head of a page says."""
    head = _COMMENT.sub("", text[:_HEAD_CHARS])
    title = _TITLE.search(head)
    facts: dict[str, str] = {}
    links: dict[str, str] = {}
    for name, inside in _TAG.findall(head):
        values = _attributes(inside)
        if name.lower() == "meta":
            key = values.get("name") or values.get("property") or values.get("http-equiv") or ""
            facts.setdefault(key.lower(), values.get("content", ""))
        elif name.lower() == "html":
            facts.setdefault("lang", values.get("lang") or values.get("xml:lang", ""))
        else:
            for relation in values.get("rel", "").lower().split():
                links.setdefault(relation, values.get("href", ""))
    tags = {"lang": facts["lang"]} if facts.get("lang") else {}
    if policy := facts.get("tdm-policy"):
        tags["tdm_policy"] = policy
    canonical = links.get("canonical", "")
    return Page(
        title=" ".join(html.unescape(title[1]).split()) if title else "",
        date=next((date for key in _DATES if (date := iso_date(facts.get(key)))), ""),
        url=canonical if canonical.startswith(("http://", "https://")) else "",
        licence=spdx(links["license"], known_only=True) if links.get("license") else "",
        opt_out=_signals("meta", facts.get("robots", ""), facts.get("tdm-reservation", "")),
        tags=tags,
    )


def header_signals(headers: Mapping[str, str]) -> tuple[str, ...]:
    """Return what HTTP headers (names in lower case) say against use for training."""
    return _signals("robots", headers.get("x-robots-tag", ""), headers.get("tdm-reservation", ""))


def _signals(source: str, robots: str, reservation: str) -> tuple[str, ...]:
    words = set(re.split(r"[\s,:;]+", robots.lower()))
    found = [f"{source}:{word}" for word in _AGAINST if word in words]
    if reservation.strip() == "1":
        found.append("tdm:reserved")
    return tuple(found)


def _attributes(inside: str) -> dict[str, str]:
    return {
        name.lower(): html.unescape(double or single or bare)
        for name, double, single, bare in _ATTRIBUTE.findall(inside)
    }
