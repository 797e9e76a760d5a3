"""Numbers of payment cards, by the issuers' prefixes and the Luhn check digit."""

import re
from collections.abc import Iterator

from etude.stages.corpus.privacy._base import Anchor
from etude.stages.corpus.privacy.checksums import luhn
from etude.stages.corpus.privacy.groups._run import Run, cue, digits_of

CARD = "card"

_GAP = rb"(?:[ \-.]|\xc2\xa0|\xe2\x80[\x90-\x93\xaf])"
_SHAPE = re.compile(
    rb"(?<![0-9A-Za-z_.])(?<![0-9]\-)(?<![0-9]{4} )(?:"
    rb"[0-9]{4}(?P<gap>" + _GAP + rb"{1,3})[0-9]{4}(?P=gap)[0-9]{4}(?P=gap)[0-9]{1,4}"
    rb"|(?P<amex>3[0-9]{3}" + _GAP + rb"{1,3}[0-9]{6}" + _GAP + rb"{1,3}[0-9]{4,5})"
    rb"|[0-9]{12,19})(?![0-9A-Za-z_]|[.\-][0-9]| {1,4}[0-9]{4}(?![0-9]))"
)
_LONG = re.compile(
    rb"(?<![0-9A-Za-z_.])(?<![0-9]\-)(?<![0-9]{4} )(?P<gap>)(?P<amex>)"
    rb"[0-9]{4}(?:(?:[ \-]|\xc2\xa0)[0-9]{4}){3}(?:[ \-]|\xc2\xa0)[0-9]{3}"
    rb"(?![0-9A-Za-z_]|[.\-][0-9])"
)
_PREFIX = re.compile(
    r"4(?:.{12}|.{15}|.{18})$|(?:5[1-5]|222[1-9]|22[3-9]|2[3-6]|27[01]|2720).*$|3[47].{13}$"
    r"|3(?:0[0-5]|095|[689]).{11,16}$|6(?:011|4[4-9]|5).*$|62.{14,17}$|35(?:2[89]|[3-8].).{12,15}$"
    r"|(?:50|5[6-9]|6[0-9]).{10,17}$|220[0-4].{12,15}$"
)
_MASTERCARD = re.compile(r"5[1-5]|2[2-7]")
_CUE, _CUED = cue(
    rb"\bcard|credit|debit|visa|master ?card|amex|american express|kredit|karte|tarjeta|\bcarte"
    rb"|cart\xc3\xa3o|\bcc|\bpan\b|kort|karta|payment|\bpaid|cvv|cvc"
)
_EXPIRES = re.compile(rb"[ ,]{1,3}(?:exp|cv[cv]|[01][0-9]/[0-9]{2}\b)")
_AFTER_DIGIT = re.compile(rb"[0-9](?:[ \-]|\xc2\xa0|\xe2\x80[\x90-\x93\xaf])\Z")
_PROSE_BEFORE = re.compile(rb"[a-z,:] \(?\Z")
_PROSE_AFTER = re.compile(rb"[.,;)]*(?:[ \n][a-z(\"]|\n|\Z)")
# Sixteen digits, or the fifteen of American Express, of issuers that most cards are of.
_USUAL = re.compile(r"(?:4|5[1-5]|222[1-9]|22[3-9]|2[3-6]|27[01]|2720|6011|65).*$")
_OTHER = re.compile(
    rb"(?:isbn|issn|\bean|upc|gtin|barcode|imei|imsi|iccid|serial|order|invoice|tracking|timestamp"
    rb"|\bid|sku|\bref|doi|arxiv|pmid|part no|ticket|arn:)[a-z.:=# \"']{0,12}\Z"
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


def _is_usual(digits: str) -> bool:
    return (len(digits) == 16 and bool(_USUAL.match(digits))) or (
        len(digits) == 15 and digits[:2] in {"34", "37"}
    )


def _is_believed(run: Run, match: re.Match[bytes], digits: str) -> bool:
    """Say whether spelling and surroundings are those of a card."""
    start, end = match.span()
    if run.follows(_CUE, start) or _EXPIRES.match(run.window.after(end)):
        return True
    if match["gap"] is None and match["amex"] is None:
        # Without groups many numbers pass the check; those in a table, a list or code are no cards.
        after = run.window.after(end)
        prose = _PROSE_BEFORE.search(run.window.before(start, 8)) and _PROSE_AFTER.match(after)
        return bool(prose) and _is_usual(digits)
    if _AFTER_DIGIT.search(run.window.before(start, 4)):
        return False
    return b"." not in match[0] and b"  " not in match[0] and not run.in_row(start, end)


def find(run: Run) -> Iterator[tuple[int, int]]:
    """Yield where in a cell the number of a card stands."""
    for match in (*run.matches(_LONG), *run.matches(_SHAPE)):
        digits = digits_of(match[0])
        if not 12 <= len(digits) <= 19 or run.follows(_OTHER, match.start()):
            continue
        if is_card(digits) and _is_believed(run, match, digits):
            yield match.start(), match.end()


_ONE_GAP = rb"(?:[ \-]|\xc2\xa0|\xe2\x80[\x90-\x93\xaf])"
_FOUR = _ONE_GAP + rb"[0-9]{4}"
ANCHORS = (
    _CUED,
    Anchor(rb"(?:^|[^0-9 \-]|[^0-9][ \-])[2-6][0-9]{3}" + _FOUR + _FOUR + _ONE_GAP + rb"[0-9]", 24),
    Anchor(rb"3[0-9]{3}" + _ONE_GAP + rb"{1,3}[0-9]{6}" + _ONE_GAP + rb"{1,3}[0-9]{4}", 32),
    Anchor(rb"[0-9]{4}[ ,]{1,3}(?:(?i:exp|cv[cv])|[01][0-9]/[0-9]{2})", 48),
    Anchor(rb"[A-Za-z,:] \(?[2-6][0-9]{14}", 24),
)
