"""Keys and tokens of known services, by their prefix or their armour."""

import math
import re
from collections import Counter
from collections.abc import Iterator

from etude.stages.corpus.privacy._base import Anchor, Found, Group, Window

API_KEY, JWT, PRIVATE_KEY = "api_key", "jwt", "private_key"

_B, _E = rb"(?<![A-Za-z0-9_])", rb"(?![A-Za-z0-9_])"
# Prefix, and what follows it. The prefixes are anchors, so each must be telling by itself.
_SERVICES: tuple[tuple[bytes, bytes], ...] = (
    (rb"A(?:KIA|SIA|ROA|IDA|GPA|BIA|CCA)[A-Z2-7]{4}", rb"[A-Z2-7]{12}"),
    (rb"AIza[0-9A-Za-z_\-]", rb"[0-9A-Za-z_\-]{34}"),
    (rb"GOCSPX-", rb"[0-9A-Za-z_\-]{28}"),
    (rb"ya29\.", rb"[0-9A-Za-z_\-]{30,400}"),
    (rb"gh[pousr]_", rb"[A-Za-z0-9]{36,255}"),
    (rb"github_pat_", rb"[A-Za-z0-9_]{22,255}"),
    (rb"gl(?:pat|ptt|dt|rt|soat|cbt)-", rb"[A-Za-z0-9_\-]{20,64}"),
    (rb"xox[abeoprs]-", rb"[A-Za-z0-9\-]{10,200}"),
    (rb"xapp-[0-9]-", rb"[A-Za-z0-9\-]{20,200}"),
    (rb"hooks\.slack\.com/services/", rb"T[A-Z0-9]{6,}/B[A-Z0-9]{6,}/[A-Za-z0-9]{16,}"),
    (rb"[srp]k_live_", rb"[A-Za-z0-9]{16,128}"),
    (rb"whsec_", rb"[A-Za-z0-9+/=]{24,80}"),
    (rb"sk-(?:proj|svcacct|admin|or-v1|ant-[a-z0-9]{2,8})-[A-Za-z0-9_\-]{4}",
     rb"[A-Za-z0-9_\-]{16,200}"),
    (rb"sk-[A-Za-z0-9]{20}", rb"[A-Za-z0-9]{8,120}"),
    (rb"SG\.[A-Za-z0-9_\-]{8}", rb"[A-Za-z0-9_\-]{6,16}\.[A-Za-z0-9_\-]{20,60}"),
    (rb"hf_[A-Za-z]{6}", rb"[A-Za-z]{24,40}"),
    (rb"npm_[A-Za-z0-9]{6}", rb"[A-Za-z0-9]{30}"),
    (rb"pypi-AgE", rb"[A-Za-z0-9_\-]{40,400}"),
    (rb"do[opr]_v1_", rb"[a-f0-9]{64}"),
    (rb"shp(?:at|ca|pa|ss)_", rb"[a-fA-F0-9]{32}"),
    (rb"dckr_pat_", rb"[A-Za-z0-9_\-]{20,64}"),
    (rb"[0-9]{8,10}:AA", rb"[A-Za-z0-9_\-]{32,35}"),
    (rb"key-[0-9a-f]{8}", rb"[0-9a-f]{24}"),
    (rb"AccountKey=", rb"[A-Za-z0-9+/]{80,88}={0,2}"),
)  # fmt: skip
_SERVICE = re.compile(
    rb"(?<![A-Za-z0-9_])(?<![A-Za-z0-9]-)(?:"
    + rb"|".join(prefix + rest for prefix, rest in _SERVICES)
    + rb")"
    + _E
)
# The possessive quantifiers keep what is no token from being tried again for each of its ends.
_DIGIT_OR_MIXED = re.compile(rb"[0-9]|[a-z][A-Z]|[A-Z]{3}[a-z]|\AA[A-Z]{19}\Z")
_JWT = re.compile(
    _B + rb"eyJ[A-Za-z0-9_\-]{8,2000}+\.eyJ[A-Za-z0-9_\-]{4,4000}+\.[A-Za-z0-9_\-]{8,1000}+"
)
_PEM = re.compile(
    rb"-----BEGIN ((?:[A-Z0-9]{1,12} ){0,3})PRIVATE KEY( BLOCK)?-----"
    rb"(?:[^-]|-(?!----)){16,16000}-----END (?:[A-Z0-9]{1,12} ){0,3}PRIVATE KEY(?: BLOCK)?-----"
)
_MIN_BITS = 2.8


def entropy(value: bytes) -> float:
    """Return the entropy of a value's characters, in bits for each."""
    size = len(value)
    return -sum(n / size * math.log2(n / size) for n in Counter(value).values())


def _find_pem(window: Window, _wanted: frozenset[str]) -> Iterator[Found]:
    if window.data.find(b"-----BEGIN", window.low, window.limit(10)) < 0:
        return
    for match in window.matches(_PEM, 17_000):
        if b"EXAMPLE" not in match[0]:
            yield Found(match.start(), match.end(), PRIVATE_KEY)


def _find_jwt(window: Window, _wanted: frozenset[str]) -> Iterator[Found]:
    for match in window.matches(_JWT, 7_000):
        if b"EXAMPLE" not in match[0]:
            yield Found(match.start(), match.end(), JWT)


def _find_service(window: Window, _wanted: frozenset[str]) -> Iterator[Found]:
    for match in window.matches(_SERVICE, 450):
        value = match[0]
        dummy = b"EXAMPLE" in value or b"xxxx" in value.lower()
        if not dummy and entropy(value) > _MIN_BITS and _DIGIT_OR_MIXED.search(value):
            yield Found(match.start(), match.end(), API_KEY)


GROUPS = (
    Group((PRIVATE_KEY,), (Anchor(rb"PRIVATE KEY(?: BLOCK)?-----", 72),), _find_pem),
    Group((JWT,), (Anchor(rb"eyJ[A-Za-z0-9_\-]{8}", 16),), _find_jwt),
    Group((API_KEY,), tuple(Anchor(prefix, 40) for prefix, _ in _SERVICES), _find_service),
)
