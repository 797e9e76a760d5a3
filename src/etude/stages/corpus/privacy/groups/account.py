"""International bank account numbers (IBAN), by their countries' lengths and check digits."""

import re
from collections.abc import Iterator

from etude.stages.corpus.privacy._base import Anchor, Found, Group, Window
from etude.stages.corpus.privacy.checksums import mod_97

IBAN = "iban"

# Lengths as the IBAN registry of SWIFT has them.
_BY_LENGTH = {
    15: "NO", 16: "BE", 18: "DK FO FI GL NL", 19: "MK SI", 20: "AT BA EE KZ LT LU MN XK",
    21: "CH CR HR LI LV", 22: "BG BH DE GB GE IE ME RS VA", 23: "AE GI IL IQ OM SO TL",
    24: "AD CZ ES MD PK RO SA SE SK TN VG", 25: "LY PT ST", 26: "IS TR",
    27: "BI DJ FR GR IT MC MR SM", 28: "AL AZ BY CY DO GT HN HU LB NI PL SV", 29: "BR EG PS QA UA",
    30: "JO KW MU YE", 31: "MT SC", 32: "LC", 33: "RU",
}  # fmt: skip
LENGTHS = {country: n for n, names in _BY_LENGTH.items() for country in names.split()}
"""Characters of an IBAN by country."""
_SPACE = rb"(?: |-|\xc2\xa0|\xe2\x80\xaf)"
_SHAPE = re.compile(
    rb"(?<![A-Za-z0-9])(?:([A-Z]{2})" + _SPACE + rb"?[0-9]{2}(?:" + _SPACE + rb"?[A-Z0-9]){11,29}"
    rb"|([a-z]{2})[0-9]{2}[a-z0-9]{4}[0-9]{7}[a-z0-9]{0,18})"
)
_SPACES = re.compile(_SPACE)
# Accounts that the banks' own manuals show.
_EXAMPLES = frozenset(
    {"GB82WEST12345698765432", "GB33BUKB20201555555555", "DE89370400440532013000"}
    | {"FR1420041010050500013M02606", "NL91ABNA0417164300", "ES9121000418450200051332"}
    | {"IT60X0542811101000000123456", "CH9300762011623852957", "BE68539007547034"}
)


def normal(value: bytes) -> bytes:
    """Return an account number in capitals without spaces."""
    return _SPACES.sub(b"", value).upper()


def _find(window: Window, _wanted: frozenset[str]) -> Iterator[Found]:
    for match in window.matches(_SHAPE, 96):
        length = LENGTHS.get((match[1] or match[2]).decode().upper())
        if length is None:
            continue
        end = _end_of(match, length)
        if end is None:
            continue
        account = normal(window.data[match.start() : end]).decode()
        is_example = account in _EXAMPLES or account[4:8] == "WEST"
        if not is_example and mod_97(account):
            yield Found(match.start(), end, IBAN)


def _end_of(match: re.Match[bytes], length: int) -> int | None:
    """Return where an account of that many letters and digits ends, if it ends there."""
    seen = 0
    for at in range(match.start(), match.end()):
        seen += match.string[at : at + 1].isalnum()
        if seen == length:
            rest = match.string[at + 1 : at + 2]
            return None if rest.isalnum() and rest.isascii() else at + 1
    return None


GROUPS = (
    Group(
        kinds=(IBAN,),
        anchors=(
            Anchor(
                rb"[A-Z]{2}(?: |-|\xc2\xa0|\xe2\x80\xaf)?[0-9]{2}"
                rb"(?:(?: |-|\xc2\xa0|\xe2\x80\xaf)?[A-Z0-9]){11}",
                64,
            ),
            Anchor(rb"[a-z]{2}[0-9]{2}[a-z0-9]{4}[0-9]{7}", 16),
        ),
        find=_find,
    ),
)
