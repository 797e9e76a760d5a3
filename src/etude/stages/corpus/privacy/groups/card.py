"""Numbers of payment cards, by the issuers' prefixes and the Luhn check digit."""

import re
from collections.abc import Iterator

from etude.stages.corpus.privacy.checksums import luhn
from etude.stages.corpus.privacy.groups._run import Run, digits_of

CARD = "card"

_GAP = rb"(?:[ \-.]|\xc2\xa0|\xe2\x80[\x90-\x93\xaf])"
_SHAPE = re.compile(
    rb"(?<![0-9A-Za-z_])(?<![0-9][.\-])(?<![0-9]{4} )(?:"
    rb"[0-9]{4}(?P<gap>" + _GAP + rb"{1,3})[0-9]{4}(?P=gap)[0-9]{4}(?P=gap)[0-9]{1,4}"
    rb"|3[0-9]{3}" + _GAP + rb"{1,3}[0-9]{6}" + _GAP + rb"{1,3}[0-9]{4,5}"
    rb"|[0-9]{12,19})(?![0-9A-Za-z_]|[.\-][0-9]| [0-9]{4}[^0-9])"
)
_LONG = re.compile(
    rb"(?<![0-9A-Za-z_])(?<![0-9][.\-])(?<![0-9]{4} )(?P<gap>)"
    rb"[0-9]{4}(?:(?:[ \-]|\xc2\xa0)[0-9]{4}){3}(?:[ \-]|\xc2\xa0)[0-9]{3}"
    rb"(?![0-9A-Za-z_]|[.\-][0-9])"
)
_PREFIX = re.compile(
    r"4(?:.{12}|.{15}|.{18})$|(?:5[1-5]|222[1-9]|22[3-9]|2[3-6]|27[01]|2720).*$|3[47].{13}$"
    r"|3(?:0[0-5]|095|[689]).{11,16}$|6(?:011|4[4-9]|5).*$|62.{14,17}$|35(?:2[89]|[3-8].).{12,15}$"
    r"|(?:50|5[6-9]|6[0-9]).{10,17}$|220[0-4].{12,15}$"
)
_MASTERCARD = re.compile(r"5[1-5]|2[2-7]")
_OTHER = re.compile(
    rb"isbn|issn|ean|upc|gtin|barcode|imei|imsi|iccid|serial|order|invoice|tracking|timestamp"
    rb"|id[:=# ]|sku|ref|doi|arxiv|pmid|part no|ticket"
)
# Numbers that the issuers and their gateways give out for tests.
TEST_NUMBERS = (
    "4111111111111111", "4242424242424242", "4012888888881881", "4000056655665556",
    "5555555555554444", "5105105105105100", "2223003122003222", "378282246310005",
    "371449635398431", "6011111111111117", "6011000990139424", "30569309025904",
    "3530111333300000", "3566002020360505", "6200000000000005", "4222222222222",
)  # fmt: skip
"""Card numbers that no account has; the fakes, and never found."""


def is_card(digits: str) -> bool:
    """Say whether the digits are a number that a card may have."""
    if digits in TEST_NUMBERS or not _PREFIX.match(digits):
        return False
    if _MASTERCARD.match(digits) and len(digits) != 16:
        return False
    # Among real numbers no digit fills nearly all places; among invented ones that is usual.
    return len(set(digits)) > 3 and luhn(digits)


def find(run: Run) -> Iterator[tuple[int, int]]:
    """Yield where in the run a card's number stands."""
    for match in (*run.matches(_LONG), *run.matches(_SHAPE)):
        digits = digits_of(match[0])
        if not 12 <= len(digits) <= 19 or not is_card(digits):
            continue
        plain = match["gap"] is None and match[0].isdigit()
        # Digits without groups are as often something else, and say so.
        if plain and run.follows(_OTHER, match.start(), 24):
            continue
        yield match.start(), match.end()
