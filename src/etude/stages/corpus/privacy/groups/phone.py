"""Phone numbers: international ones by their country code, national ones by shape or context."""

import re
from collections.abc import Iterator

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
_WORDS = re.compile(
    rb"\btel\b|\btel[.:]|phone|\bph[.:]|\bfax|mobile|\bmob\b|\bcell|\bcall|dial|whatsapp|"
    rb"\btext\b|\bsms\b|telefon|t\xc3\xa9l|telef|tel\xc3\xa9f|handy|portable|gsm|\bpuh\b|\btlf\b|"
    rb"\bfon\b|celular|m\xc3\xb3vil|\bmovil|ligue|rufen|appel|llam|contact|hotline|signal:|viber|"
    rb"\xd1\x82\xd0\xb5\xd0\xbb|\xe7\x94\xb5\xe8\xaf\x9d|\xe9\x9b\xbb\xe8\xa9\xb1|"
    rb"\xe6\x89\x8b\xe6\x9c\xba|reach (?:me|us)|ring me|"
    rb"(?:our|my|your) number|\xe2\x98\x8e|\xf0\x9f\x93[\x9e\xb1]|\b[tmfp]:"
)
_OTHER = re.compile(
    rb"(?:order|invoice|isbn|issn|\bref|tracking|serial|imei|sku|part|lot|version|arxiv|doi|ticket"
    rb"|\bid|zip|account|iban)[a-z]{0,4}[\s.:#=no]{0,8}$"
)
_INTERNATIONAL = re.compile(
    rb"(?<![0-9A-Za-z_+)])\(?(?:\+|00(?=[1-9]))[1-9][0-9]{0,2}\)?(?:"
    + _GAP
    + rb"{0,2}\(?[0-9]{1,5}\)?){1,7}"
    rb"(?![0-9A-Za-z_])"
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
    rb"(?<![0-9A-Za-z_])\(?[0-9]{1,5}\)?(?:" + _GAP + rb"{0,2}\(?[0-9]{1,8}\)?){0,6}"
    rb"(?![0-9A-Za-z_]|[.\-/][0-9])"
)
_DATE = re.compile(
    rb"(?:19|20)[0-9]{2}[.\-/ ][01]?[0-9][.\-/ ][0-3]?[0-9]"
    rb"|[0-3]?[0-9][.\-/][0-3]?[0-9][.\-/](?:19|20)"
)
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
    return bool(_FICTION.search(digits) or _RESERVED.match(digits))


def find(run: Run) -> Iterator[tuple[int, int]]:
    """Yield where in the run a phone number stands."""
    for match in run.matches(_INTERNATIONAL):
        end = _end(match)
        digits = digits_of(match.string[match.start() : end]).removeprefix("00")
        has_code = any(digits[:n] in _CODES for n in (1, 2, 3))
        sure = b"+" in match[0] or run.follows(_WORDS, match.start())
        if sure and has_code and 8 <= len(digits) <= 15 and not is_reserved(digits):
            yield match.start(), end
    if _OTHER.search(run.window.before(run.start, 24)):
        return
    for match in run.matches(_AMERICAN):
        area, exchange = match["a"] or match["c"], match["b"] or match["d"]
        if area.endswith(b"11") or exchange.endswith(b"11") or is_reserved(digits_of(match[0])):
            continue
        # Three numbers with spaces between are also a row of a table.
        if match["gap"] in (b" ", b"/", b"\xc2\xa0") and not run.follows(_WORDS, match.start()):
            continue
        yield match.start(), match.end()
    for match in run.matches(_TRUNK):
        digits = digits_of(match[0])
        if len(digits) < _TRUNK_DIGITS or _DATE.match(match[0]) or is_reserved(digits):
            continue
        yield match.start(), match.end()
    if run.follows(_WORDS, run.start, 32):
        yield from _by_context(run)


def _by_context(run: Run) -> Iterator[tuple[int, int]]:
    """Yield a number whose shape says little and whose context says phone."""
    for match in run.matches(_ANY):
        end = _end(match)
        digits = digits_of(match.string[match.start() : end])
        if 7 <= len(digits) <= 15 and not _DATE.search(match[0]) and not is_reserved(digits):
            yield match.start(), end


def _end(match: re.Match[bytes]) -> int:
    """Return where a number ends; a last digit that stands alone is the next sentence's."""
    alone = match[0][-2:-1] == b" " and len(digits_of(match[0])) > _ENOUGH
    return match.end() - 2 if alone else match.end()
