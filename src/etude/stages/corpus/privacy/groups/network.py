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
    rb"|clause|figure|fig\.|table|rfc ?[0-9]{3,5},?|>=|<=|==|~=|\^|release notes"
    rb"|(?:up|down)grad[a-z]{1,4}(?: from| to)?|[a-z]/)[\s:\"'=(]*$"
)
_ADDRESS = re.compile(
    rb"\bip|addr|host|server|client|from|remote|peer|ping|gateway|router|dns|subnet|inet|login"
    rb"|log|visitor|connect|http|\[|\b(?:get|post)\b"
)
_SMALL = 32
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
    try:
        address = ipaddress.ip_address(value.decode())
    except ValueError:
        return ""
    if address.is_loopback or address.is_unspecified or address.is_multicast:
        return ""
    if any(address.version == net.version and address in net for net in _RESERVED):
        return ""
    return PRIVATE_IP if address.is_private or address.is_link_local else IP


def _is_version(window: Window, match: re.Match[bytes]) -> bool:
    """Say whether four numbers with dots look like the number of a version or a section."""
    before = window.before(match.start(), 40)
    if _VERSION.search(before):
        return True
    small = all(int(part) < _SMALL for part in match[0].split(b"."))
    return small and not _ADDRESS.search(before)


def _find_v4(window: Window, wanted: frozenset[str]) -> Iterator[Found]:
    for match in window.matches(_V4, 32):
        kind = _kind(match[0])
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
