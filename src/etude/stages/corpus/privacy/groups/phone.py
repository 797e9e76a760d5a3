"""Phone numbers: international ones by their country code, national ones by shape or context."""

import re
from collections.abc import Iterator
from itertools import pairwise

from etude.stages.corpus.privacy._base import Anchor
from etude.stages.corpus.privacy.groups._run import Run, digits_of

PHONE = "phone"

_GAP = rb"(?:[ .\-/]|\xc2\xa0|\xe2\x80[\x90-\x93\xaf])"
_CODES = frozenset(
    re.findall(
        r"\d+",
        """
        1 7 20 27 30 31 32 33 34 36 39 40 41 43 44 45 46 47 48 49 51 52 53 54 55 56 57 58 60 61
        62 63 64 65 66 81 82 84 86 90 91 92 93 94 95 98 211 212 213 216 218 220 221 222 223 224
        225 226 227 228 229 230 231 232 233 234 235 236 237 238 239 240 241 242 243 244 245 246
        248 249 250 251 252 253 254 255 256 257 258 260 261 262 263 264 265 266 267 268 269 290
        291 297 298 299 350 351 352 353 354 355 356 357 358 359 370 371 372 373 374 375 376 377
        378 380 381 382 383 385 386 387 389 420 421 423 500 501 502 503 504 505 506 507 508 509
        590 591 592 593 594 595 596 597 598 599 670 672 673 674 675 676 677 678 679 680 681 682
        683 685 686 687 688 689 690 691 692 800 808 850 852 853 855 856 870 878 880 881 882 883
        886 888 960 961 962 963 964 965 966 967 968 970 971 972 973 974 975 976 977 979 992 993
        994 995 996 998
        """,
    )
)
_NAMES = (
    rb"\b(?:tele)?(?:ph|f)one?s?\b|\btel\b|\bph\b|\b(?:tele)?fax\b|\bmobile?\b|\bmob\b|\bcell\b"
    rb"|whats ?app|\bsms\b|t\xc3\xa9l|\b(?:mobil)?telef\w{0,9}|\bhandy\b|\bgsm\b|\bpuh\b|\btlf\b"
    rb"|celular|m\xc3\xb3vil|hotline|viber|\xd1\x82\xd0\xb5\xd0\xbb|\xd0\xa2\xd0\xb5\xd0\xbb"
    rb"|\xe7\x94\xb5\xe8\xaf\x9d|\xe9\x9b\xbb\xe8\xa9\xb1|\xe6\x89\x8b\xe6\x9c\xba"
    rb"|\b(?:our|my|your) number|\xe2\x98\x8e|\xf0\x9f\x93[\x9e\xb1]|\bphone ?(?:no|number)"
)
_SPEECH = (
    rb"\b(?:call|ring|dial|text|reach)(?:(?: (?:me|us|him|her|them))? (?:at|on)|"
    rb" (?:me|us|him|her|them):?)|\b(?:ring|dial)\b"
)
_JOINT = (
    rb"(?:[ ._\-]?(?:no|nr|num|numbers?|nummer|n\xc2\xb0|n\xc2\xba|is|at|fax|office|home|work"
    rb"|mobile|and|or|phone|tel)\b\.?){0,3}[^0-9a-z]{0,8}\Z"
)
_WORDS = re.compile(rb"(?:" + _NAMES + rb")" + _JOINT)
_SPOKEN = re.compile(rb"(?:" + _SPEECH + rb")[ :\"'(+]{0,3}\Z")
_OTHER = re.compile(
    rb"(?:order|invoice|isbn|issn|\bref|tracking|serial|imei|sku|part|lot|version|arxiv|doi|ticket"
    rb"|\bid|zip|account|iban)[a-z]{0,4}[\s.:#=no]{0,8}$"
)
# Nothing is given back (`++`, `?+`): a long run of digits could be cut into groups in millions of
# ways, and hostile text would have them all tried.
_GROUPS = rb"(?:" + _GAP + rb"{0,2}+\(?+[0-9]++\)?+)"
_INTERNATIONAL = re.compile(
    rb"(?<![0-9A-Za-z_+)])\(?+(?:\+|00(?=[1-9]))[1-9][0-9]*+\)?+"
    + _GROUPS
    + rb"{0,7}+(?![0-9A-Za-z_]|[ .\-]{0,2}[#0-9])"
)
_AMERICAN = re.compile(
    rb"(?<![0-9A-Za-z_+])(?<![0-9][.\-/])(?:1" + _GAP + rb"{1,2})?"
    rb"(?:\((?P<a>[2-9][0-9]{2})\) {0,2}(?P<b>[2-9][0-9]{2})[ .\-]{1,2}[0-9]{4}"
    rb"|(?P<c>[2-9][0-9]{2})(?P<gap>[ .\-/]|\xe2\x80[\x90-\x93]|\xc2\xa0)(?P<d>[2-9][0-9]{2})"
    rb"(?:(?P=gap)|-)[0-9]{4})(?![0-9A-Za-z_]|[.\-/][0-9])"
)
_TRUNK = re.compile(
    rb"(?<![0-9A-Za-z_+.,\-/])(?<![0-9] )(?:"
    # France; United Kingdom and Netherlands; Germany and Austria; with brackets; Brazil.
    rb"(?<![0-9A-Fa-f]{2} )0[1-9](?P<gap>[ .\-]|\xc2\xa0)[0-9]{2}(?:(?P=gap)[0-9]{2}){3}"
    rb"(?!(?P=gap)[0-9A-Fa-f]{2})"
    rb"|\(?0[1-9][0-9]{1,4}\)? (?:[0-9]{3,4} [0-9]{3,4}|[0-9]{6,8})"
    rb"|0[1-9][0-9]{1,4}[/\-] ?[0-9]{2,4}(?:[ \-]?[0-9]{2,4}){1,3}"
    rb"|\(0[1-9][0-9]{0,4}\)(?:[ \-]?[0-9]{2,8}){1,4}"
    rb"|\([1-9][0-9]\) ?9?[0-9]{4}-[0-9]{4}"
    rb")(?![0-9A-Za-z_]|[.\-/][0-9]| [0-9]{3})"
)
_ANY = re.compile(
    rb"(?<![0-9A-Za-z_])\(?+[0-9]++\)?+" + _GROUPS + rb"{0,6}+(?![0-9A-Za-z_]|[.\-/][0-9])"
)
_DATE = re.compile(
    rb"(?:19|20)[0-9]{2}[.\-/ ][01]?[0-9][.\-/ ][0-3]?[0-9]"
    rb"|[0-3]?[0-9][.\-/][0-3]?[0-9][.\-/](?:19|20)"
)
_DECIMAL = re.compile(rb"[+(]{0,2}[0-9]+[.,][0-9]+\Z|[0-9]{1,3}(?:[.,][0-9]{3}){2,}\Z")
# A range from one number to another that is as long, or the years of an issue.
_RANGE = re.compile(
    rb"([0-9])[0-9]{3,4}-[1-9][0-9]{3,5}\Z|\([0-9]{2}\) ?(?:19|20)[0-9]{2}-(?:19|20)"
)
_MOBILE = re.compile(r"1?[2-9]\d{2}[2-9]\d{6}$|1[3-9]\d{9}$|0[1-9]\d{8,9}$")
_FULL = 9
_ENOUGH = 8
# Shorter ones with a hyphen are post codes and the like.
_TRUNK_DIGITS = 10
_FICTION = re.compile(r"(?:1?[2-9]\d\d)?55501\d\d$")
# Ranges that regulators keep free for examples: Ofcom, ARCEP, BNetzA and ACMA.
_RESERVED = re.compile(
    r"(?:44|0)(?:2079460|1632960|7700900)\d+$|(?:33|0)(?:19900|26191|35301|46571|53649|63998)"
    r"\d+$|(?:49|0)3023125\d+$|(?:61|0)(?:[2378]5550|[2378]7010|491570)\d+$"
)


def is_reserved(digits: str) -> bool:
    """Say whether a number is one that regulators keep free for fiction and examples."""
    counted = digits in "01234567890123456789"
    return bool(counted or _FICTION.search(digits) or _RESERVED.match(digits))


def _is_told(run: Run, start: int) -> bool:
    return run.follows(_WORDS, start) or run.follows(_SPOKEN, start)


def find(run: Run) -> Iterator[tuple[int, int]]:
    """Yield where in a cell a number with the spelling of a phone's stands."""
    for search in (_international, _american, _trunk):
        yield from _standing(run, search(run))


def find_told(run: Run) -> Iterator[tuple[int, int]]:
    """Yield where in a cell a number stands that a word says to be a phone's, however spelled."""
    yield from find(run)
    yield from _standing(run, _by_context(run))


def _standing(run: Run, found: Iterator[tuple[int, int]]) -> Iterator[tuple[int, int]]:
    """Yield what is no part of a path and is not called something else."""
    for start, end in found:
        if not run.in_path(start, end) and not _OTHER.search(run.window.before(start, 24)):
            yield start, end


def _international(run: Run) -> Iterator[tuple[int, int]]:
    """Yield numbers with a country's code."""
    for match in run.matches(_INTERNATIONAL):
        end = _end(match)
        value = match.string[match.start() : end]
        digits = digits_of(value).removeprefix("00")
        if not 8 <= len(digits) <= 15 or is_reserved(digits):
            continue
        if not any(digits[:n] in _CODES for n in (1, 2, 3)):
            continue
        if _is_told(run, match.start()) or (b"+" in value and _is_full(value, digits)):
            yield match.start(), end


def _is_full(value: bytes, digits: str) -> bool:
    """Say whether a number with a plus is as long as its country wants, and no decimal number."""
    if _DECIMAL.match(value) or len(digits) < _FULL:
        return False
    if digits[0] == "1":
        return len(digits) == 11 and digits[1] not in "01" and digits[4] not in "01"
    return digits[0] != "7" or len(digits) == 11


def _american(run: Run) -> Iterator[tuple[int, int]]:
    """Yield numbers of North America."""
    for match in run.matches(_AMERICAN):
        area, exchange = match["a"] or match["c"], match["b"] or match["d"]
        if area.endswith(b"11") or exchange.endswith(b"11") or is_reserved(digits_of(match[0])):
            continue
        # Three numbers with spaces between are also a row of a table.
        loose = match["gap"] in (b" ", b"/", b"\xc2\xa0")
        doubtful = loose or (match["a"] is None and run.in_row(*match.span()))
        if not doubtful or _is_told(run, match.start()):
            yield match.start(), match.end()


def _trunk(run: Run) -> Iterator[tuple[int, int]]:
    """Yield numbers that begin with the zero of long distance."""
    for match in run.matches(_TRUNK):
        digits = digits_of(match[0])
        if len(digits) < _TRUNK_DIGITS or _DATE.match(match[0]) or is_reserved(digits):
            continue
        doubtful = (
            run.in_row(*match.span())
            or _is_series(match[0])
            or _RANGE.match(match[0])
            or "00000" in digits
        )
        colon = b":" in (run.window.before(match.start(), 1) + run.window.after(match.end(), 1))
        if not (doubtful or colon) or _is_told(run, match.start()):
            yield match.start(), match.end()


def _is_series(value: bytes) -> bool:
    """Say whether pairs of digits count on or back, as in `01 02 03 04 05`."""
    groups = [int(group) for group in re.findall(rb"[0-9]+", value)]
    return len(groups) > 3 and len({b - a for a, b in pairwise(groups)}) == 1


def _by_context(run: Run) -> Iterator[tuple[int, int]]:
    """Yield a number whose shape says little and whose context says phone."""
    for match in run.matches(_ANY):
        end = _end(match)
        value = match.string[match.start() : end]
        digits = digits_of(value)
        if not 7 <= len(digits) <= 15 or _DATE.search(value) or is_reserved(digits):
            continue
        spoken = _MOBILE.match(digits) and run.follows(_SPOKEN, match.start())
        if spoken or (run.follows(_WORDS, match.start()) and not _is_list(value)):
            yield match.start(), end


def _is_list(value: bytes) -> bool:
    """Say whether digits are several numbers, or one that is no phone's."""
    groups = re.findall(rb"[0-9]+", value)
    short = sum(len(group) < 2 for group in groups)
    return (
        short > 1
        or bool(_DECIMAL.match(value))
        or (len(groups) > 1 and b"." in value and b" " in value)
    )


def _end(match: re.Match[bytes]) -> int:
    """Return where a number ends; a last digit that stands alone is the next sentence's."""
    alone = match[0][-2:-1] == b" " and len(digits_of(match[0])) > _ENOUGH
    return match.end() - 2 if alone else match.end()


TOLD_ANCHORS = (
    Anchor(rb"(?i:" + _NAMES + rb")[^0-9]{0,40}[0-9]", 8),
    Anchor(rb"(?i:" + _SPEECH + rb")[^0-9]{0,4}[0-9]", 8),
)
ANCHORS = (
    Anchor(rb"\+\(?[1-9](?:" + _GAP + rb"{0,2}\)?" + _GAP + rb"{0,2}\(?[0-9]){7}", 80),
    Anchor(rb"\([2-9][0-9]{2}\) {0,2}[2-9][0-9]{2}[ .\-]", 16),
    Anchor(
        rb"[2-9][0-9]{2}(?:[.\-]|\xe2\x80[\x90-\x93])[2-9][0-9]{2}(?:[.\-]|\xe2\x80[\x90-\x93])"
        rb"[0-9]{4}",
        24,
    ),
    Anchor(rb"(?:^|[^0-9A-Za-z_+.,\-/])\(?0[1-9](?:(?:[ .\-/()]|\xc2\xa0){0,3}[0-9]){6}", 40),
    Anchor(rb"\([1-9][0-9]\) ?9?[0-9]{4}-[0-9]", 16),
)
