"""What a page says of itself in its head: title, language, licence, signals against use.

Reads tags by pattern and not by a parse tree, so that it does not depend on the extractor, costs
little and takes time linear in the page whatever the page is.
"""

import html
import re

import msgspec

_HEAD_CHARS = 131_072
_ANYWHERE_CHARS = 2_000_000
_TITLE = re.compile(r"<title[^<>]{0,200}>([^<]{0,2000})", re.IGNORECASE)
_HTML = re.compile(r"<html\b([^<>]{0,2000})>", re.IGNORECASE)
_META = re.compile(r"<meta\b([^<>]{0,4000})>", re.IGNORECASE)
_LICENSED = re.compile(r"<(?:a|link)\b([^<>]{0,2000})>", re.IGNORECASE)
_ATTRIBUTE = re.compile(
    r"""([a-z:_-]{1,40})\s{0,8}=\s{0,8}(?:"([^"]{0,3000})"|'([^']{0,3000})'|([^\s"'>]{1,500}))""",
    re.IGNORECASE,
)
_CREATIVE = re.compile(
    r"creativecommons\.org/(?:licenses/(by(?:-nc)?(?:-nd|-sa)?)/([1-4]\.[05])(?:/([a-z]{2,4})\b)?"
    r"|publicdomain/(zero|mark)/1\.0)",
    re.IGNORECASE,
)
# SPDX names ports to some countries only; the rest are told by their unported name.
_PORTED = re.compile(
    r"CC-BY-(2\.5-AU|3\.0-(AT|AU|DE|IGO|NL|US)|N[CD]-3\.0-DE|SA-2\.0-UK|SA-2\.1-JP"
    r"|SA-3\.0-(AT|DE|IGO)|NC-SA-2\.0-(DE|FR|UK)|NC-SA-3\.0-(DE|IGO)|NC-ND-3\.0-(DE|IGO))"
)
_AGAINST = {"noai", "noimageai", "noml"}
# For a program that gathers text to train on, to index is to train.
_TRAINERS = {"ccbot", "gptbot", "google-extended", "anthropic-ai", "claudebot"}
_UNSEEN = {"noindex", "none"}
_ABSENT = "\x00\ufeff"


class HtmlHead(msgspec.Struct, frozen=True, kw_only=True):
    """What a page says of itself; each empty where it says nothing."""

    title: str = ""
    language: str = ""
    """The primary part of the page's language tag, lower case, such as `en`."""
    licence: str = ""
    """SPDX id of the Creative Commons licence it links to, or the address of another licence."""
    opt_out: tuple[str, ...] = ()
    """Signals such as `meta:noai` and `tdm:reserved`."""


def read_head(page: str) -> HtmlHead:
    """Return what the page says of itself."""
    head = page[:_HEAD_CHARS]
    title = _TITLE.search(head)
    opened = _HTML.search(head)
    attributes = _attributes(opened[1]) if opened else {}
    metas = [_attributes(match[1]) for match in _META.finditer(head)]
    return HtmlHead(
        title=_plain(title[1]) if title else "",
        language=_language(attributes, metas),
        licence=_licence(page),
        opt_out=tuple(sorted(_signals(metas))),
    )


def spdx_of(address: str) -> str:
    """Return the SPDX id of a Creative Commons address, or the address itself."""
    found = _CREATIVE.search(address)
    if not found:
        return address
    if found[4]:
        return "CC0-1.0" if found[4].lower() == "zero" else "CC-PDM-1.0"
    name = f"CC-{found[1].upper()}-{found[2]}"
    port = (found[3] or "").upper()
    ported = f"{name}-{port}"
    return ported if _PORTED.fullmatch(ported) else name


def _attributes(inside: str) -> dict[str, str]:
    """Return a tag's attributes by lower-case name; the first of a name holds."""
    found: dict[str, str] = {}
    for match in _ATTRIBUTE.finditer(inside):
        value = match[2] or match[3] or match[4] or ""
        found.setdefault(match[1].lower(), html.unescape(value))
    return found


def _plain(title: str) -> str:
    """Return a title as one line."""
    return " ".join(html.unescape(title).translate(dict.fromkeys(map(ord, _ABSENT))).split())


def _language(attributes: dict[str, str], metas: list[dict[str, str]]) -> str:
    """Return the language that the page names first."""
    named = attributes.get("lang") or attributes.get("xml:lang") or ""
    for meta in metas:
        if not named and meta.get("http-equiv", "").lower() == "content-language":
            named = meta.get("content", "")
    primary = re.split(r"[-_,;\s]", named.strip().lower(), maxsplit=1)[0]
    return primary if re.fullmatch("[a-z]{2,3}", primary) else ""


def _licence(page: str) -> str:
    """Return the licence that the page links to as its own."""
    area = page[:_ANYWHERE_CHARS]
    if "license" not in area and "LICENSE" not in area and "dc.rights" not in area.lower():
        return ""
    for match in _LICENSED.finditer(area):
        # Most links are of no interest, and to split their attributes is what costs.
        if "license" not in match[1].lower():
            continue
        attributes = _attributes(match[1])
        if "license" in attributes.get("rel", "").lower().split() and attributes.get("href"):
            return spdx_of(attributes["href"])
    return ""


def _signals(metas: list[dict[str, str]]) -> set[str]:
    """Return the signals against use for training that the head has."""
    found = set()
    for meta in metas:
        name = meta.get("name", "").lower()
        content = meta.get("content", "").lower()
        words = set(re.split(r"[\s,;]+", content))
        if name == "robots" or name in _TRAINERS:
            found |= {f"meta:{word}" for word in words & _AGAINST}
            if name in _TRAINERS and words & _UNSEEN:
                found.add(f"meta:{name}")
        elif name == "tdm-reservation" and content.strip() == "1":
            found.add("tdm:reserved")
    return found
