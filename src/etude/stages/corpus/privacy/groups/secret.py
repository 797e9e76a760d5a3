"""Keys and secrets: those of known services by their prefix, others by what they are called."""

import math
import re
from collections import Counter
from collections.abc import Iterator

from etude.stages.corpus.privacy._base import Anchor, Found, Group, Window

API_KEY, JWT, PRIVATE_KEY, PASSWORD = "api_key", "jwt", "private_key", "password"

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
    (rb"sk-(?:(?:proj|svcacct|admin|or-v1|ant-[a-z0-9]{2,8})-)?[A-Za-z0-9]{4}",
     rb"[A-Za-z0-9_\-]{16,200}"),
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
    _B + rb"(?:" + rb"|".join(prefix + rest for prefix, rest in _SERVICES) + rb")" + _E
)
# The possessive quantifiers keep what is no token from being tried again for each of its ends.
_JWT = re.compile(
    _B + rb"eyJ[A-Za-z0-9_\-]{8,2000}+\.eyJ[A-Za-z0-9_\-]{4,4000}+\.[A-Za-z0-9_\-]{8,1000}+"
)
_PEM = re.compile(
    rb"-----BEGIN ((?:[A-Z0-9]{1,12} ){0,3})PRIVATE KEY( BLOCK)?-----"
    rb"(?:[^-]|-(?!----)){16,16000}-----END (?:[A-Z0-9]{1,12} ){0,3}PRIVATE KEY(?: BLOCK)?-----"
)
_NAMES = (
    rb"[Pp]ass(?:word|wd|phrase)|PASS(?:WORD|WD|PHRASE)|[Pp]asswort|[Pp]wd|PWD"
    rb"|[Ss]ecret|SECRET|[Tt]oken|TOKEN|[Cc]redential|CREDENTIAL"
    rb"|[Aa]pi[_\- ]?[Kk]ey|API[_\- ]?KEY|[Aa]ccess[_\-]?[Kk]ey|ACCESS[_\-]?KEY|[Aa]uth[_\-]?[Kk]ey"
    rb"|AUTH[_\-]?KEY|[Pp]rivate[_\-]?[Kk]ey|PRIVATE[_\-]?KEY|[Cc]ontrase\xc3\xb1a|[Mm]ot de passe"
    rb"|[Ss]enha|[Bb]earer|BEARER"
)
_JOINT = (
    rb"[A-Za-z0-9_\-]{0,24}[\"'\]]{0,2}(?:[ \t]{0,4}(?::=|=>|==?|:)[ \t]{0,4}| is: ?| is | )[\"'`]?"
)
_ASSIGNED = re.compile(
    rb"(?<![A-Za-z])(?:[A-Za-z0-9]{0,24}[_\-.]){0,4}(?:" + _NAMES + rb")" + _JOINT
    + rb"([^\s\"'`<>(){}\[\],;\x80-\xff]{8,200})([\"'`]?)"
)  # fmt: skip
_URL = re.compile(
    rb"(?<![A-Za-z0-9])[a-z][a-z0-9+.\-]{1,20}://[^\s:@/\"'<>]{0,64}:([^\s:@/\"'<>$\{]{3,100})@"
    rb"(?!example|localhost|127\.|host)[A-Za-z0-9\[]"
)
_DUMMY = re.compile(
    rb"example|xxxx|your|change|placehold|dummy|sample|redact|insert|\.\.\.|\*\*|0000|1234567|abcdef"
    rb"|foobar|secret|passw|token|test|none|null|true|false|undefined|default|env[.\[]|process\.",
    re.IGNORECASE,
)
_IDENTIFIER = re.compile(rb"[A-Za-z_$][A-Za-z_$]*(?:[._:/\-]+[A-Za-z_$]+)*[0-9]{0,2}$")
_COMMON = frozenset({b"password", b"user", b"pass", b"username", b"secret", b"pwd", b"token"})
_MIN_BITS = 2.8
_MIN_QUOTED = 8


def entropy(value: bytes) -> float:
    """Return the entropy of a value's characters, in bits for each."""
    size = len(value)
    return -sum(n / size * math.log2(n / size) for n in Counter(value).values())


def looks_secret(value: bytes, *, quoted: bool, spoken: bool = False) -> bool:
    """Say whether a value assigned to something called a secret looks like one.

    Args:
        value: What is assigned.
        quoted: Whether it stands in quotes.
        spoken: Whether only a word or a space stands between name and value, as in prose.
    """
    if (
        _DUMMY.search(value)
        or _IDENTIFIER.match(value)
        or value[:1] in b"$%@&*/.\\-"
        or b"://" in value
    ):
        return False
    classes = [
        any(48 <= c < 58 for c in value),
        any(97 <= c < 123 for c in value),
        any(65 <= c < 91 for c in value),
        any(c in b"!@#$%^&*+?~|" for c in value),
    ]
    if sum(classes) < (3 if spoken else 2) or not (classes[0] or (classes[3] and quoted)):
        return False
    least = _MIN_BITS if quoted or len(value) < 16 else _MIN_BITS + 0.3
    return entropy(value) >= least


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
        if not dummy and entropy(value) > _MIN_BITS:
            yield Found(match.start(), match.end(), API_KEY)


def _find_in_url(window: Window, _wanted: frozenset[str]) -> Iterator[Found]:
    for match in window.matches(_URL, 250):
        if match[1].lower() not in _COMMON and not _DUMMY.search(match[1]):
            yield Found(match.start(1), match.end(1), PASSWORD)


def _find_assigned(window: Window, _wanted: frozenset[str]) -> Iterator[Found]:
    for match in window.matches(_ASSIGNED, 400):
        value = match[1].rstrip(b".:!?") if not match[2] else match[1]
        joint = window.data[match.start() : match.start(1)].rstrip(b"\"'`")
        spoken = joint.endswith((b" ", b" is")) and not joint.rstrip().endswith((b"=", b":", b">"))
        if len(value) >= _MIN_QUOTED and looks_secret(value, quoted=bool(match[2]), spoken=spoken):
            yield Found(match.start(1), match.start(1) + len(value), PASSWORD)


_NAMED = (
    rb"(?:"
    + _NAMES
    + rb")[A-Za-z0-9_\-]{0,24}[\"'\]]{0,2}(?:[ \t]{0,4}[=:][ \t>=]{0,5}| is:? ?|[ \t])"
    rb"[ \"'`]{0,2}[^ \t\r\n\"'`<>(){}\[\],;\x80-\xff]{8}"
)
_IN_URL = rb"://[^ \t\r\n:@/\"'<>]{0,64}:[^ \t\r\n:@/\"'<>]{3,100}@[A-Za-z0-9\[]"
GROUPS = (
    Group((PRIVATE_KEY,), (Anchor(rb"PRIVATE KEY(?: BLOCK)?-----", 72),), _find_pem),
    Group((JWT,), (Anchor(rb"eyJ[A-Za-z0-9_\-]{8}", 16),), _find_jwt),
    Group((API_KEY,), tuple(Anchor(prefix, 40) for prefix, _ in _SERVICES), _find_service),
    Group((PASSWORD,), (Anchor(_NAMED, 200),), _find_assigned),
    Group((PASSWORD,), (Anchor(_IN_URL, 220),), _find_in_url),
)
