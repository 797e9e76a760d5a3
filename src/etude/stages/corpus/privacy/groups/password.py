"""Passwords and other secrets without a form of their own, by what they are called."""

import re
from collections.abc import Iterator

from etude.stages.corpus.privacy._base import Anchor, Found, Group, Window
from etude.stages.corpus.privacy.groups.secret import entropy

PASSWORD = "password"  # noqa: S105

_PASS = (
    rb"[Pp]ass(?:[Ww]ord|wd|[Pp]hrase)|PASS(?:WORD|WD|PHRASE)|[Pp]asswort|[Kk]ennwort|[Pp]wd|PWD"
    rb"|[Cc]ontrase\xc3\xb1a|[Mm]ot de passe|[Ss]enha"
)
_NAMES = (
    _PASS + rb"|[Ss]ecret|SECRET|[Tt]oken|TOKEN|[Cc]redential|CREDENTIAL"
    rb"|[Aa]pi[_\- ]?[Kk]ey|API[_\- ]?KEY|[Aa]ccess[_\-]?[Kk]ey|ACCESS[_\-]?KEY|[Aa]uth[_\-]?[Kk]ey"
    rb"|AUTH[_\-]?KEY|[Pp]rivate[_\-]?[Kk]ey|PRIVATE[_\-]?KEY"
)
_CALLED = (
    rb"(?<![A-Za-z])(?:[A-Za-z0-9]{0,24}[_\-.]){0,4}(?:[a-z]{1,16}(?=[A-Z]))?(?P<name>" + _NAMES
    + rb")(?P<more>[A-Za-z0-9_\-]{0,24})[\"'\]]{0,2}"
)  # fmt: skip
_EQUALS = rb"[ \t]{0,4}(?::=|=>|==?|:)[ \t]{0,4}"
_QUOTED = re.compile(
    _CALLED + _EQUALS
    + rb"(?P<quote>[\"'`])(?P<value>[^\s\"'`<>{}\x80-\xff]{6,200})(?P=quote)"
)  # fmt: skip
_BARE = re.compile(
    _CALLED + rb"(?:" + _EQUALS + rb"|>)(?P<value>[^\s\"'`<>(){}\[\],;\x80-\xff]{8,200}+)"
    rb"(?![(\[{]|\.\.\.|\xe2\x80\xa6)"
)
_SPOKEN = re.compile(
    rb"(?:(?<![A-Za-z])(?P<name>" + _PASS + rb") is:? ?|--?(?:" + _PASS + rb")[ =]"
    rb"|(?<![A-Za-z])[Bb](?:earer|EARER) )"
    rb"[\"'`]?(?P<value>[^\s\"'`<>(){}\[\],;\x80-\xff]{8,200})"
)
_URL = re.compile(
    rb"(?<![A-Za-z0-9])[a-z][a-z0-9+.\-]{1,20}://[^\s:@/\"'<>]{0,64}:([^\s:/\"'<>$\{]{3,100})@"
    rb"(?!example|localhost|127\.|host)[A-Za-z0-9\[](?![^\s/\"'<>@]{0,100}@)"
)
_DUMMY = re.compile(
    rb"example|xxxx|your|change|placehold|dummy|sample|redact|insert|\.\.\.|\*\*|0000|1234567|abcdef"
    rb"|foobar|secret|passw|pass(?:e|_|\Z)|token|test|none|null|true|false|undefined|default"
    rb"|env[.\[]|process\.|a1b2c3|mot-de|geheim|kennwort|contrase|1234-",
    re.IGNORECASE,
)
# What is called so is told of a secret: where it is, how long it lasts, what it is for.
_ABOUT = re.compile(
    rb"(?i)file|path|url|uri|name|field|type|len|size|count|expir|ttl|polic|regex|label|hint|reset"
    rb"|algo|version|header|prefix|class|must|ize|ise|rule|dir|store|_?ids?\Z|s\Z|valid|max|min|num"
)
# Nothing is given back in these two (`++`): hostile values could be split in millions of ways.
_LETTERS = re.compile(rb"[A-Za-z_$]++(?:[.:/\-]++[A-Za-z_$]++)*+\Z")
_WORDS_IN_ROW = re.compile(rb"[a-z]{3,12}(?:-[a-z]{3,12}){3,7}\Z")
# Names of things in code and files: words with a number or a letter here and there.
_WORDY = re.compile(
    rb"(?:[A-Za-z]++[0-9]{0,3}+|[0-9]{1,4}+[a-z]?+|v[0-9]++)?"
    rb"(?:(?:->|[_.:/|\-$+])++(?:[A-Za-z]++[0-9]{0,3}+|[0-9]{1,4}+[a-z]?+))++[_.:]?\Z"
)
_FILLING = re.compile(
    rb"(?:\A|-)(?:your?|my|the|use|for|and|not|with|from|name|key|file|user|account|some|this|that|new"
    rb"|old|here|app|service|config|database|server|admin|root|login|pass|auth|access|api|prod|dev"
    rb"|internal|external|public|private|manager|generator|text|input|forgot|current|on|off|only)(?:-|\Z)"
)
_HEX = re.compile(rb"(?=[a-f]*[0-9])[0-9a-f]{16,128}\Z")
_LITERAL = re.compile(rb"[+\-]?(?:0x[0-9a-fA-F]+|[0-9][0-9.,_]*)[a-zA-Z]{0,3}[0-9]{0,2}\Z")
_ADDRESS = re.compile(rb":[^@/]*@[A-Za-z0-9.\-]+/")
_SCHEME = re.compile(rb"[a-z]{3,}:")
_FIELD = re.compile(rb"[A-Z_]{2,}=")
_COMMON = frozenset({b"password", b"user", b"pass", b"username", b"secret", b"pwd", b"token"})
_MIN_BITS = 2.8
_PASS_BITS = 2.4
_MIN_OTHER = 12


def _classes(value: bytes) -> tuple[bool, bool, bool, bool]:
    """Return whether digits, small letters, capitals and symbols are in a value."""
    return (
        any(48 <= c < 58 for c in value),
        any(97 <= c < 123 for c in value),
        any(65 <= c < 91 for c in value),
        any(c in b"!@#$%^&*+?~|=" for c in value),
    )


def looks_secret(value: bytes, *, quoted: bool, named: bool, spoken: bool = False) -> bool:
    """Say whether a value looks like a secret and not like the name or place of one.

    Args:
        value: What is assigned.
        quoted: Whether it stands in quotes.
        named: Whether it is called a password, and not a token or key, whose secrets are longer.
        spoken: Whether only a word or a space stands between name and value, as in prose.
    """
    if _DUMMY.search(value) or b"://" in value or value[:1] in b"%.\\-/" or value[:2] == b"${":
        return False
    if _ADDRESS.search(value) or _FIELD.match(value) or (not quoted and _SCHEME.match(value)):
        return False
    if named and not spoken and _is_phrase(value):
        return True
    if value[:1] in b"$@&*" and not quoted:
        return False
    if _LETTERS.match(value) or _LITERAL.match(value) or _WORDY.match(value):
        return False
    classes = _classes(value)
    if spoken and _HEX.match(value):
        spoken = False
    if sum(classes) < (3 if spoken else 2) or not (classes[0] or (classes[3] and quoted)):
        return False
    if not named and len(value) < _MIN_OTHER and not (classes[3] and sum(classes) > 2):
        return False
    return entropy(value) >= (_PASS_BITS if named and not spoken else _MIN_BITS)


def _is_phrase(value: bytes) -> bool:
    """Say whether a value is four or more words of a kind that pass phrases are made of."""
    return bool(_WORDS_IN_ROW.match(value)) and not _FILLING.search(value)


def _is_named(name: bytes) -> bool:
    return re.match(_PASS, name) is not None


def _find_quoted(window: Window, _wanted: frozenset[str]) -> Iterator[Found]:
    for match in window.matches(_QUOTED, 400):
        named = _is_named(match["name"])
        if not _ABOUT.search(match["more"]) and looks_secret(
            match["value"], quoted=True, named=named
        ):
            yield Found(match.start("value"), match.end("value"), PASSWORD)


def _find_bare(window: Window, _wanted: frozenset[str]) -> Iterator[Found]:
    for match in window.matches(_BARE, 400):
        value = match["value"]
        # The next field of a query is no part of it, and the host of an address neither.
        if window.before(match.start(), 1) in (b"?", b"&"):
            value = value.split(b"&")[0]
        elif b"://" in window.before(match.start("name"), 48) and b"@" in value:
            continue
        value = value.rstrip(b".:")
        if len(value) < 8 or _ABOUT.search(match["more"]):
            continue
        if looks_secret(match["value"], quoted=False, named=_is_named(match["name"])):
            yield Found(match.start("value"), match.start("value") + len(value), PASSWORD)


def _find_spoken(window: Window, _wanted: frozenset[str]) -> Iterator[Found]:
    for match in window.matches(_SPOKEN, 300):
        value = match["value"].rstrip(b".:!?")
        option = match[0].startswith(b"-")
        if len(value) >= 8 and looks_secret(value, quoted=False, named=True, spoken=not option):
            yield Found(match.start("value"), match.start("value") + len(value), PASSWORD)


def _find_in_url(window: Window, _wanted: frozenset[str]) -> Iterator[Found]:
    for match in window.matches(_URL, 250):
        value = match[1]
        if value.lower() in _COMMON or _DUMMY.search(value):
            continue
        if _is_phrase(value) or not (_LETTERS.match(value) or b"%s" in value):
            yield Found(match.start(1), match.end(1), PASSWORD)


_NAMED = (
    rb"(?:" + _NAMES + rb")[A-Za-z0-9_\-]{0,24}[\"'\]]{0,2}(?:[ \t]{0,4}[=:>][ \t>=]{0,5})[\"'`]?"
    rb"[^ \t\r\n\"'`<>{}\x80-\xff]{6}"
)
_SAID = (
    rb"(?:(?:" + _PASS + rb")(?: is:? ?|[ =])|[Bb](?:earer|EARER) )[\"'`]?"
    rb"[^ \t\r\n\"'`<>(){}\[\],;\x80-\xff]{8}"
)
_IN_URL = rb"://[^ \t\r\n:@/\"'<>]{0,64}:[^ \t\r\n:/\"'<>]{3,100}@[A-Za-z0-9\[]"
GROUPS = (
    Group((PASSWORD,), (Anchor(_NAMED, 240),), _find_quoted),
    Group((PASSWORD,), (Anchor(_NAMED, 240),), _find_bare),
    Group((PASSWORD,), (Anchor(_SAID, 64),), _find_spoken),
    Group((PASSWORD,), (Anchor(_IN_URL, 220),), _find_in_url),
)
