"""Names of persons, by salutation, signature, or a common given name: weak, and off by default.

A name is found only where something else says that it is one. Names alone, names without capitals,
and most names in scripts without capitals are missed; places and firms named after persons are
taken for them.
"""

import re
from collections.abc import Iterator
from functools import cache
from importlib.resources import files

from etude.stages.corpus.privacy._base import Anchor, Found, Group, Window

NAME = "name"

_UPPER = rb"(?:[A-Z]|\xc3[\x80-\x9e]|\xc5[\x81\x9a\xa0\xbb\xbd]|\xc4[\x8c\x90])"
_REST = rb"(?:[a-z'\-]|\xc3[\x9f-\xbf]|[\xc4\xc5][\x80-\xbf]|(?<=[a-z\-])[A-Z])"
_WORD = _UPPER + _REST + rb"{1,24}"
_PARTICLE = rb"(?:(?:van|von|de|der|den|del|di|da|dos|bin|ibn|al|el|la|le|zu|ter) ){0,2}"
_FULL = _WORD + rb"(?: (?:[A-Z]\. ){0,2}" + _PARTICLE + _WORD + rb"){0,2}"
_TITLE = (
    rb"(?:Mr|Mrs|Ms|Miss|Mx|Dr|Prof|Professor|Sir|Madam|Dear|Herr|Frau|Herrn|Monsieur|Madame|Mme|"
    rb"Mlle|Sr|Sra|Se\xc3\xb1or|Se\xc3\xb1ora|Signor|Signora|Sig|Dott|Dhr|Mevr|Pan|Pani|Hi|Hello)"
)
_SALUTED = re.compile(rb"(?<![A-Za-z0-9])" + _TITLE + rb"\.? (" + _FULL + rb")")
_SPOKEN = re.compile(
    rb"(?:[Mm]y name is|[Ii] am called|[Nn]ame\s?[:=]|[Pp]atient\s?:|[Cc]ontact\s?:|[Aa]uthor\s?:|"
    rb"[Ss]igned(?: by)?[:,]?|[Ii]ch hei\xc3\x9fe|[Jj]e m'appelle|[Mm]e llamo|[Mm]i chiamo|"
    rb"[Nn]om\s?:|[Nn]ombre\s?:|Sincerely,|[Rr]egards,|Cheers,|Best,|Thanks,|Yours,|Yours truly,)"
    rb"\s{0,3}(" + _FULL + rb")"
)
_GIVEN = re.compile(
    rb"(?<![A-Za-z0-9'\-.@/])("
    + _WORD
    + rb") (?:[A-Z]\. ){0,2}"
    + _PARTICLE
    + _WORD
    + rb"(?![A-Za-z])"
)
_NO_NAME = frozenset(
    {b"All", b"Everyone", b"Sir", b"Madam", b"Team", b"There", b"World", b"The", b"Customer"}
    | {b"Friend", b"Friends", b"Reader", b"Colleagues", b"Diary", b"And", b"This", b"You", b"We"}
)


@cache
def given_names() -> frozenset[bytes]:
    """Return common given names of many countries, capitalised, UTF-8."""
    source = files("etude.stages.corpus.lexicons") / "given_names.txt"
    lines = source.read_text(encoding="utf-8").splitlines()
    return frozenset(
        name.encode() for line in lines if not line.startswith("#") for name in line.split()
    )


def _find(window: Window, _wanted: frozenset[str]) -> Iterator[Found]:
    for pattern in (_SALUTED, _SPOKEN):
        for told in window.matches(pattern, 160):
            if told[1].split(b" ", 1)[0] not in _NO_NAME:
                yield Found(told.start(1), told.end(1), NAME)
    stop = window.limit(160)
    match: re.Match[bytes] | None = _GIVEN.search(window.data, window.low, stop)
    while match and match.start() < window.high:
        is_name = match[1] in given_names()
        if is_name:
            yield Found(match.start(), match.end(), NAME)
        match = _GIVEN.search(window.data, match.end() if is_name else match.end(1), stop)


GROUPS = (
    Group(
        kinds=(NAME,),
        # Names have no anchor that is rarer than a capital and small letters behind a space.
        anchors=(
            Anchor(rb"[A-Z][a-z'\-\xc3-\xc5][a-z'\-\x80-\xbf]", 160),
            Anchor(rb"[\xc3-\xc5][\x80-\xbf][a-z]", 160),
        ),
        find=_find,
    ),
)
