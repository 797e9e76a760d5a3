"""E-mail addresses, also in the spellings that people use to hide them from programs."""

import re
from collections.abc import Iterator

from etude.stages.corpus.privacy._base import Anchor, Found, Group, Window

EMAIL = "email"

_LETTER = rb"(?:[A-Za-z0-9]|\xc3[\x80-\xbf]|[\xc4\xc5][\x80-\xbf])"
_LOCAL = rb"(?:[A-Za-z0-9._%+'\-]|\xc3[\x80-\xbf]|[\xc4\xc5][\x80-\xbf])"
_LABEL = rb"(?:[A-Za-z0-9]|\xc3[\x80-\xbf]|[\xc4\xc5][\x80-\xbf]|-(?=[^@\s.]))"
_AT = rb"(?:@|&#0?64;|&#x40;|&commat;)"
_PLAIN = re.compile(
    rb"(?<![A-Za-z0-9._%+\-])(?:mailto:)?(" + _LETTER + _LOCAL + rb"{0,63}|_" + _LOCAL + rb"{1,63})"
    + _AT
    + rb"((?:" + _LABEL + rb"{1,63}\.){1,6}(?:[A-Za-z]{2,24}|xn--[A-Za-z0-9]{2,20}))"
    rb"(?![A-Za-z0-9_@]|-[A-Za-z0-9]|\.[A-Za-z])"
)  # fmt: skip
_HIDDEN_AT = (
    rb"(?: {0,2}[\[({<] ?(?:at|AT|At|@) ?[\])}>] {0,2}| AT "
    rb"| at (?=[A-Za-z0-9.\-\xc3-\xc5\x80-\xbf]{1,64} dot ))"
)
_HIDDEN_DOT = rb"(?:\.| {0,2}[\[({<] ?(?:dot|DOT|Dot|\.) ?[\])}>] {0,2}| DOT | dot )"
_HOST = rb"(?:[A-Za-z0-9\-]|\xc3[\x80-\xbf]|[\xc4\xc5][\x80-\xbf])"
_HIDDEN = re.compile(
    rb"(?<![A-Za-z0-9._%+\-])([A-Za-z0-9](?:[A-Za-z0-9_+'\-]|\xc3[\x80-\xbf]|"
    + _HIDDEN_DOT
    + rb"){1,63}?)"
    + _HIDDEN_AT
    + rb"(" + _HOST + rb"{1,63}(?:" + _HIDDEN_DOT + _HOST + rb"{1,63}){0,4}"
    + _HIDDEN_DOT
    + rb"[A-Za-z]{2,12})(?![A-Za-z0-9_@])"
)  # fmt: skip
_DOT = re.compile(_HIDDEN_DOT)
# Ends of files that stand behind `name@2x`, and of modules, are no top-level domains.
_NOT_TOP = frozenset(
    {b"png", b"jpg", b"jpeg", b"gif", b"svg", b"webp", b"css", b"js", b"ts", b"html", b"xml"}
    | {b"json", b"tar", b"gz", b"txt", b"py", b"rb", b"so", b"conf", b"service", b"target"}
    | {b"timer", b"socket", b"mount", b"device", b"slice", b"plt", b"example", b"test"}
    | {b"invalid", b"localhost", b"localdomain"}
)
_EXAMPLES = re.compile(rb"(?:^|\.)example\.(?:com|org|net|edu)$")
# Accounts of services in addresses of repositories: no person's.
_SERVICE = re.compile(rb"(?:git|hg|svn|ssh|anonymous|anon|root|user)$")


# In `https://user:password@host` and `irc://nick@host` it is no address.
_ACCESS = re.compile(rb"//[^\s/@]{0,64}:\Z|[a-z]://\Z")


def normal(value: bytes) -> bytes:
    """Return an address in its plain spelling, in lower case."""
    value = re.sub(_AT, b"@", value.lower().removeprefix(b"mailto:"))
    if b"@" not in value:
        value = re.sub(rb"(?i)" + _HIDDEN_AT, b"@", value, count=1)
    return _DOT.sub(b".", value).replace(b" ", b"")


# Names of ciphers and the like that somebody made up, in the form that RFC 4251 gives them.
_ALGORITHM = re.compile(rb"[A-Za-z0-9]+(?:-[A-Za-z0-9]+)+@(?:openssh\.com|libssh\.org)\Z")
# Doxygen cuts addresses into pieces, with this between.
_CUT_UP = re.compile(rb"\.?nosp\Z")


def _is_personal(local: bytes, domain: bytes) -> bool:
    """Say whether an address is one that somebody may have."""
    domain = domain.lower()
    if domain.rsplit(b".", 1)[-1] in _NOT_TOP or _EXAMPLES.search(domain):
        return False
    if b".." in local or local.endswith(b".") or _CUT_UP.search(local):
        return False
    if _ALGORITHM.match(local + b"@" + domain):
        return False
    return not _SERVICE.match(local)


def _find_plain(window: Window, _wanted: frozenset[str]) -> Iterator[Found]:
    for match in window.matches(_PLAIN, 320):
        start = match.start(1)
        if _is_personal(match[1], match[2]) and not _ACCESS.search(window.before(start, 96)):
            yield Found(start, match.end(), EMAIL)


def _find_hidden(window: Window, _wanted: frozenset[str]) -> Iterator[Found]:
    for match in window.matches(_HIDDEN, 320):
        local, _, domain = normal(match[0]).partition(b"@")
        if domain and _is_personal(local, domain):
            yield Found(match.start(), match.end(), EMAIL)


GROUPS = (
    Group(
        (EMAIL,),
        (
            Anchor(rb"[A-Za-z0-9_.%+'\-\x80-\xbf]@[A-Za-z0-9\xc3-\xc5]", 80),
            Anchor(rb"(?:&#0?64;|&#x40;|&commat;)", 80),
        ),
        _find_plain,
    ),
    Group(
        (EMAIL,),
        (
            Anchor(rb"[\[({<] ?(?:at|AT|At|@) ?[\])}>]", 160),
            Anchor(rb"[A-Za-z0-9] AT [A-Za-z0-9]", 160),
            Anchor(rb" at [A-Za-z0-9.\-\xc3-\xc5\x80-\xbf]{1,64} dot ", 220),
        ),
        _find_hidden,
    ),
)
