"""IP addresses of version 4 and 6 that may lead to a person."""

import ipaddress
import re
from collections.abc import Iterator

from etude.stages.corpus.privacy._base import Anchor, Found, Group, Window

IP = "ip"
PRIVATE_IP = "private_ip"

_OCTET = rb"(?:25[0-5]|2[0-4][0-9]|1[0-9]{2}|[1-9]?[0-9])"
_V4 = re.compile(
    rb"(?<![0-9A-Za-z_.\-])(?<![0-9],)" + _OCTET + rb"(?:\." + _OCTET + rb"){3}"
    rb"(?![0-9A-Za-z_]|\.[0-9]|-[0-9])"
)
# A colon before or behind belongs to a longer thing, except a port behind the bracket.
_V6 = re.compile(
    rb"(?<![0-9A-Za-z_:.])(?:[0-9A-Fa-f]{1,4}:|:)(?:[0-9A-Fa-f]{0,4}:){1,6}"
    rb"(?:[0-9A-Fa-f]{1,4}|(?:[0-9]{1,3}\.){3}[0-9]{1,3}|(?<=::))?(?![0-9A-Za-z_:]|\.[0-9])"
)
_VERSION = re.compile(
    rb"(?:\bv|version|vers\.?|release|revision|rev\.?|build|firmware|section|chapter|kernel|oid"
    rb"|clause|figure|fig\.|table|\xc2\xa7|appendix|paragraph|\bpar\.|\bsec\.|\bstd|c\+\+[0-9a-z]{0,2}"
    rb"|kapitel|abschnitt|se\xc3\xa7\xc3\xa3o|cap\xc3\xadtulo|sezione|sekcj"
    rb"|\xd1\x80\xd0\xb0\xd0\xb7\xd0\xb4\xd0\xb5\xd0\xbb[^ ]{0,6}|secci\xc3\xb3n|chapitre"
    rb"|capitolo|rfc ?[0-9]{3,5},?|>=|<=|==|~=|\^"
    rb"|release notes|(?:up|down)grad[a-z]{1,4}(?: from| to)?|[a-z]\.[a-z_]{1,24}:"
    rb"|updated? (?:from|to)|[a-z]/)"
    rb"[\s:\"'=(\[]*\Z"
)
_LATER = re.compile(
    rb"[\"')\]]? (?:and|or) (?:later|newer|above|earlier|older|up|higher)|\+| ?release| ?\(build"
    rb"|[\"')\]]? (?:through|to|-) [0-9]+\.[0-9]+\.[0-9]+\.[0-9]+ release"
)
_ADDRESS = re.compile(
    rb"\bip\b|ipv?4|_ip\b|\bips\b|addr|hosts?\b|hostname|servers?\b|clients?\b|\bfrom\b|remote|peer|ping"
    rb"|gateway|\bgw\b|router|\bdns\b|subnet|netmask|\binet6?\b|login|logged|visitor|connect|https?"
    rb"|bridge"
    rb"|\b(?:get|post)\b|listen|forward|proxy|allow|deny|permit|neighbor|nexthop|network|\bbind"
    rb"|iptables|traceroute|resolve|\bacl|@\Z|://[^\s/]*\Z|\s-[sd] \Z"
)
_ADDRESSED = re.compile(
    rb":[0-9]{2,5}\b|/(?:[1-2]?[0-9]|3[0-2])\b(?!/)|\]:[0-9]| - - "
    rb"|\s+(?:netmask|gw|port|dev|via|mask)\b"
    rb"|/[0-9]+\.[0-9]+\.[0-9]+\.[0-9]"
)
# What a number is followed by in a title, and what stands before it there.
_TITLE_BEFORE = re.compile(rb"(?:\A|\n)[ \t\"'*#>\-|=]*(?:\xe2\x80[\x90-\xbf])?[ \t]*\Z")
_TITLE_AFTER = re.compile(
    rb"[.):]?(?: |\t|\xc2\xa0){1,8}[\"'(`*]{0,2}(?:/[a-z]|[a-zA-Z][a-zA-Z\xc3-\xf4]|[\xc3-\xf4])"
)
_LISTED_AFTER = re.compile(rb"\.(?:[ \n]|\Z)|\]|\)?/[0-9]+\b")
_NUMBERED = 100
_SMALL = 32
_BROKEN_UP = ipaddress.ip_network("3ffe::/16")
# IANA has given 2000::/3 out up to 2c00::/12; from fc00::/7 on addresses are local.
_LAST_GIVEN, _FIRST_LOCAL = 0x2C, 0xFC
# First numbers of addresses of which none is set aside or shown in manuals.
_PLAIN = frozenset(
    b"%d" % n for n in range(13, 224) if n not in {100, 123, 127, 169, 172, 192, 198, 203}
)
# Given away as examples so often that they say nothing of whoever has them.
_SHOWN = frozenset(
    {"1.2.3.4", "8.8.4.4", "4.3.2.1", "5.6.7.8", "12.34.56.78", "123.45.67.89"}
    | {"2001:4860:4860::8888", "2001:4860:4860::8844", "2606:4700:4700::1111", "2620:fe::fe"}
)
# Documentation (RFC 5737, 3849, 9637), "this network" and what is reserved for ever.
_RESERVED = tuple(
    ipaddress.ip_network(block)
    for block in [
        *("192.0.2.0/24", "198.51.100.0/24", "203.0.113.0/24", "2001:db8::/32", "3fff::/20"),
        *("0.0.0.0/8", "240.0.0.0/4"),
    ]
)


def normal(value: bytes) -> bytes:
    """Return an address in its shortest spelling."""
    try:
        return str(ipaddress.ip_address(value.decode())).encode()
    except ValueError:
        return value.lower()


def _kind(value: bytes) -> str:
    """Return the kind of an address, or nothing where it can be nobody's."""
    first = value.partition(b".")[0]
    if first in _PLAIN and value[-4:] != b".0.0" and value.count(first) == 1:
        return IP
    try:
        address = ipaddress.ip_address(value.decode())
    except ValueError:
        return ""
    if address.is_loopback or address.is_unspecified or address.is_multicast:
        return ""
    mapped = address.ipv4_mapped if isinstance(address, ipaddress.IPv6Address) else None
    if mapped is not None:
        return _kind(str(mapped).encode())
    if any(address.version == net.version and address in net for net in _RESERVED):
        return ""
    if _is_shown(address):
        return ""
    return PRIVATE_IP if address.is_private or address.is_link_local else IP


def _is_shown(address: ipaddress.IPv4Address | ipaddress.IPv6Address) -> bool:
    """Say whether an address is one of those that stand in every manual, or one of nobody's."""
    if isinstance(address, ipaddress.IPv6Address):
        # Blocks that nobody was given, and the test network that was taken down in 2006.
        first = address.packed[0]
        nobodys = address.is_reserved or _LAST_GIVEN < first < _FIRST_LOCAL
        return (
            nobodys
            or address in _BROKEN_UP
            or str(address) in _SHOWN
            or address.packed.endswith(b"\0" * 8)
        )
    shown = str(address) in _SHOWN or address.packed[:3] == b"\x01\x02\x03"
    # The name of a whole network ends so.
    return shown or len(set(address.packed)) == 1 or address.packed.endswith(b"\0\0")


def _is_version(window: Window, match: re.Match[bytes]) -> bool:
    """Say whether four numbers with dots look like the number of a version or a section."""
    before, after = window.before(match.start(), 40), window.after(match.end())
    said = before.rpartition(b"\n")[2].strip() != b""
    if (said and _VERSION.search(before)) or _LATER.match(after):
        return True
    parts = [int(part) for part in match[0].split(b".")]
    # Sections of books and standards have small numbers, and a title or brackets.
    numbered = parts[0] < _NUMBERED and max(parts[2:]) < _SMALL
    if (numbered or max(parts) < _NUMBERED) and not _ADDRESSED.match(after):
        text = window.data[match.end() : min(window.end, match.end() + 16)]
        titled = _TITLE_AFTER.match(text) or _LISTED_AFTER.match(text)
        if titled and _TITLE_BEFORE.search(before):
            return True
    if parts[0] >= _NUMBERED or (max(parts) >= _NUMBERED and parts[0] >= _SMALL):
        return False
    if _ADDRESSED.match(after):
        return False
    if max(parts) < _SMALL and (before.endswith(b"[") or after.startswith(b"]")):
        return True
    # What so small a number is must be said in its own line.
    return not _ADDRESS.search(before if max(parts) >= _SMALL else before.rpartition(b"\n")[2])


def _find_v4(window: Window, wanted: frozenset[str]) -> Iterator[Found]:
    for match in window.matches(_V4, 32):
        value = match[0]
        if window.after(match.end()).startswith(b".in-addr"):
            value = b".".join(value.split(b".")[::-1])
        kind = _kind(value)
        if kind in wanted and not _is_version(window, match):
            yield Found(match.start(), match.end(), kind)


def _find_v6(window: Window, wanted: frozenset[str]) -> Iterator[Found]:
    for match in window.matches(_V6, 64):
        if match[0].count(b":") < 7 and b"::" not in match[0]:
            continue
        kind = _kind(match[0])
        if kind in wanted:
            yield Found(match.start(), match.end(), kind)


_V6_ANCHORS = (
    # Global unicast, unique local, link-local, the mapped and translated ones.
    Anchor(rb"[23][0-9A-Fa-f]{3}:[0-9A-Fa-f:]", 8),
    Anchor(rb"[Ff][CcDd][0-9A-Fa-f]{2}:[0-9A-Fa-f:]", 8),
    Anchor(rb"[Ff][Ee][89ABab][0-9A-Fa-f]:[0-9A-Fa-f:]", 8),
    Anchor(rb"::[Ff]{4}:", 16),
    Anchor(rb"64:[Ff][Ff]9[Bb]:", 16),
)
GROUPS = (
    Group((IP, PRIVATE_IP), (Anchor(rb"[0-9]\.[0-9]{1,3}\.[0-9]{1,3}\.[0-9]", 16),), _find_v4),
    Group((IP, PRIVATE_IP), _V6_ANCHORS, _find_v6),
)
