"""Numbers that states give to persons, those with letters among the digits."""

import re
from collections.abc import Iterator

from etude.stages.corpus.privacy._base import Anchor, Found, Group, Window
from etude.stages.corpus.privacy.groups.national import is_day, nir_key

UK_NINO, IT_CF, FI_HETU, FR_NIR = "uk_nino", "it_cf", "fi_hetu", "fr_nir"

_NINO = re.compile(
    rb"(?<![A-Za-z0-9_])(?<![0-9A-F]{2} )"
    rb"([A-CEGHJ-PR-TW-Za-ceghj-pr-tw-z][A-CEGHJ-NPR-TW-Za-ceghj-npr-tw-z])"
    rb"([ \-]?)[0-9]{2}([ \-]?)[0-9]{2}\3[0-9]{2}\2[A-Da-d]"
    rb"(?![A-Za-z0-9_]| [0-9A-F]{2}\b)"
)
_NINO_NEVER = frozenset({b"BG", b"GB", b"KN", b"NK", b"NT", b"TN", b"ZZ", b"QQ"})
_NINO_WORDS = re.compile(rb"\bni\b|nino|national insurance|insurance n|\bn\.i\.")
_CF_DIGIT = rb"[0-9LMNPQRSTUVlmnpqrstuv]"
_CF = re.compile(
    rb"(?<![A-Za-z0-9_])[A-Za-z]{3} ?[A-Za-z]{3} ?"
    + _CF_DIGIT
    + rb"{2} ?[ABCDEHLMPRSTabcdehlmprst]"
    rb" ?" + _CF_DIGIT + rb"{2} ?[A-Za-z]" + _CF_DIGIT + rb"{3} ?[A-Za-z](?![A-Za-z0-9_])"
)
_CF_ODD_DIGITS = (1, 0, 5, 7, 9, 13, 15, 17, 19, 21)
_CF_ODD_LETTERS = (2, 4, 18, 20, 11, 3, 6, 8, 12, 14, 16, 10, 22, 25, 24, 23)
_CF_ODD = dict(
    zip(
        "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ",
        (*_CF_ODD_DIGITS, *_CF_ODD_DIGITS, *_CF_ODD_LETTERS),
        strict=True,
    )
)
_HETU = re.compile(
    rb"(?<![A-Za-z0-9_])([0-9]{2})([0-9]{2})([0-9]{2})([+\-A-FU-Ya-fu-y])([0-9]{3})([0-9A-Ya-y])"
    rb"(?![A-Za-z0-9_]|-[0-9A-Za-z])"
)
# Serials that are given for a while only, by hospitals and in tests.
_TEMPORARY = 900
_HETU_CHECK = "0123456789ABCDEFHJKLMNPRSTUVWXY"
_CORSICAN = re.compile(
    rb"(?<![A-Za-z0-9_])([12])([ .]?)([0-9]{2})\2(0[1-9]|1[0-2])\2(2[ABab])\2([0-9]{3})\2([0-9]{3})"
    rb"[ /\-]{0,3}([0-9]{2})(?![0-9A-Za-z_])"
)


def cf_check(fifteen: str) -> str:
    """Return the letter that proves the first 15 characters of an Italian codice fiscale."""
    total = 0
    for place, character in enumerate(fifteen):
        even = int(character) if character.isdigit() else ord(character) - ord("A")
        total += even if place % 2 else _CF_ODD[character]
    return chr(ord("A") + total % 26)


def hetu_check(nine: str) -> str:
    """Return the character that proves the nine digits of a Finnish personal code."""
    return _HETU_CHECK[int(nine) % 31]


def _find_nino(window: Window, _wanted: frozenset[str]) -> Iterator[Found]:
    for match in window.matches(_NINO, 24):
        if match[1].upper() in _NINO_NEVER:
            continue
        capitals = match[1].isupper() and match[0][-1:].isupper()
        spelled = capitals and match[2] == b" "
        if spelled or _NINO_WORDS.search(window.before(match.start())):
            yield Found(match.start(), match.end(), UK_NINO)


def _find_cf(window: Window, _wanted: frozenset[str]) -> Iterator[Found]:
    for match in window.matches(_CF, 32):
        value = match[0].replace(b" ", b"").upper().decode()
        # Words of letters alone fit the pattern, as each digit may be written as a letter.
        written = sum(map(str.isdigit, value)) >= 4
        if written and cf_check(value[:15]) == value[15]:
            yield Found(match.start(), match.end(), IT_CF)


def _find_hetu(window: Window, _wanted: frozenset[str]) -> Iterator[Found]:
    for match in window.matches(_HETU, 16):
        day, month, year, _, serial, check = (part.decode().upper() for part in match.groups())
        lasting = int(serial) < _TEMPORARY
        if lasting and is_day(month, day) and hetu_check(day + month + year + serial) == check:
            yield Found(match.start(), match.end(), FI_HETU)


def _find_corsican(window: Window, _wanted: frozenset[str]) -> Iterator[Found]:
    for match in window.matches(_CORSICAN, 32):
        sex, _, *rest, key = (part.decode().upper() for part in match.groups())
        if nir_key(sex + "".join(rest)) == int(key):
            yield Found(match.start(), match.end(), FR_NIR)


_CF_ANCHOR = (
    rb"[A-Za-z]{3} ?[A-Za-z]{3} ?[0-9L-NP-Vl-np-v]{2} ?[A-EHLMPRSTa-ehlmprst] ?"
    rb"[0-9L-NP-Vl-np-v]{2} ?[A-Za-z][0-9L-NP-Vl-np-v]{3} ?[A-Za-z]"
)
_NINO_ANCHOR = rb"[A-Za-z]{2}[ \-]?[0-9]{2}[ \-]?[0-9]{2}[ \-]?[0-9]{2}[ \-]{0,2}[A-Da-d]"
_CORSICAN_ANCHOR = rb"[0-9][ .]?[0-9]{2}[ .]?[0-9]{2}[ .]?2[ABab][ .]?[0-9]{3}"
GROUPS = (
    Group((UK_NINO,), (Anchor(_NINO_ANCHOR, 16),), _find_nino),
    Group((IT_CF,), (Anchor(_CF_ANCHOR, 28),), _find_cf),
    Group((FI_HETU,), (Anchor(rb"[0-9]{6}[+\-A-FU-Ya-fu-y][0-9]{3}[0-9A-Ya-y]", 12),), _find_hetu),
    Group((FR_NIR,), (Anchor(_CORSICAN_ANCHOR, 24),), _find_corsican),
)
