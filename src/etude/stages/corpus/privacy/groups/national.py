"""Numbers that states give to persons, those that are digits (nearly) all through.

Where a number's own check is weak, it is believed only in a fitting context or a telling spelling.
"""

import re
from collections.abc import Callable, Iterator

from etude.stages.corpus.privacy._base import Anchor
from etude.stages.corpus.privacy.checksums import luhn, mod_11_10, verhoeff, weighted
from etude.stages.corpus.privacy.groups._run import Run, cue, digits_of

US_SSN, DE_TAX, FR_NIR, ES_DNI = "us_ssn", "de_tax_id", "fr_nir", "es_dni"
NL_BSN, SE_PNR, BR_CPF, IN_AADHAAR, CN_ID = "nl_bsn", "se_pnr", "br_cpf", "in_aadhaar", "cn_id"

_B, _E = rb"(?<![0-9A-Za-z_])(?<![0-9][.\-/])", rb"(?![0-9A-Za-z_]|[.\-/][0-9])"
_S = rb"(?:[ ]|\xc2\xa0|\xe2\x80\xaf)"


def _pattern(body: bytes) -> re.Pattern[bytes]:
    return re.compile(_B + rb"(?:" + body + rb")" + _E)


_SSN = _pattern(rb"[0-9]{3}([ \-.]?|\xe2\x80[\x90-\x93])[0-9]{2}\1[0-9]{4}")
_SSN_WORDS, _SSN_CUED = cue(
    rb"\bssn|social\s?sec|soc\.? sec|\bss#|ss number|taxpayer|\bss no"
    rb"|\bsocial (?:is|#|no|number)"
)
_ADVERTISED = frozenset(
    {"078051120", "219099999", "123456789", "457555462", "111223333", "987654321"}
)
_DATED = re.compile(r"\d{3}(?:0\d|1[0-2])(?:19|20)\d\d")


def find_ssn(run: Run) -> Iterator[tuple[int, int]]:
    """Yield US social security numbers; area, group and serial must be ones that are issued."""
    for match in run.matches(_SSN):
        digits = digits_of(match[0])
        issued = digits[:3] not in {"000", "666"} and digits[0] != "9"
        if not issued or digits[3:5] == "00" or digits[5:] == "0000" or digits in _ADVERTISED:
            continue
        dashed = match[1] not in (b"", b" ", b".") and not _DATED.match(digits)
        if dashed or run.follows(_SSN_WORDS, match.start()):
            yield match.start(), match.end()


_TAX = _pattern(rb"[1-9][0-9](?:[ /]?[0-9]{3}){3}")
_TAX_WORDS, _TAX_CUED = cue(rb"steuer|\bid-?nr|\btin\b|tax.?id|identifikationsn|tax number")


def find_tax(run: Run) -> Iterator[tuple[int, int]]:
    """Yield German tax numbers of persons (Steuer-ID)."""
    for match in run.matches(_TAX):
        digits = digits_of(match[0])
        # Of the first ten digits exactly one stands there twice or three times.
        counts = sorted(digits[:10].count(d) for d in set(digits[:10]))
        once = counts[:-1] == [1] * (len(counts) - 1) and counts[-1] in (2, 3)
        if once and mod_11_10(digits) and run.follows(_TAX_WORDS, match.start()):
            yield match.start(), match.end()


_NIR = re.compile(
    _B + rb"[1-478]([ .]?|\xc2\xa0)[0-9]{2}\1(?:0[1-9]|1[0-2]|[2-9][0-9])\1[0-9][0-9AB]\1[0-9]{3}"
    rb"\1[0-9]{3}(?:\1|[ /\-]{1,3})[0-9]{2}" + _E
)


def nir_key(body: str) -> int:
    """Return the key of a French social security number's first 13 characters."""
    number = int(body.replace("2A", "19").replace("2B", "18"))
    return 97 - number % 97


def find_nir(run: Run) -> Iterator[tuple[int, int]]:
    """Yield French social security numbers."""
    for match in run.matches(_NIR):
        value = re.sub(rb"[^0-9AB]", b"", match[0]).decode()
        body, key = value[:13], value[13:]
        if re.fullmatch(r"\d{6}2[AB]\d{5}|\d{12}|\d{13}", body) and nir_key(body) == int(key):
            # Fifteen digits in a row pass the check by chance in every long list.
            if match[1] == b"" and not run.follows(_NIR_WORDS, match.start()):
                continue
            yield match.start(), match.end()


_NIR_WORDS, _NIR_CUED = cue(
    rb"\bnir\b|s\xc3\xa9cu|s\xc3\xa9curit\xc3\xa9 sociale|securite sociale|social security"
    rb"|num\xc3\xa9ro|assur\xc3\xa9"
)
_DNI = _pattern(rb"[0-9]{2}(?:[.]?[0-9]{3}){2}[ \-]?[A-Za-z]|[XYZxyz][ \-]?[0-9]{7}[ \-]?[A-Za-z]")
_DNI_WORDS, _DNI_CUED = cue(rb"\bdni|\bnif|\bnie|documento|identidad|c\xc3\xa9dula")
_DAY = re.compile(r"(?:19|20)\d\d(?:0\d|1[0-2])[0-3]\d")
_DNI_LETTERS = "TRWAGMYFPDXBNJZSQVHLCKE"


def dni_letter(digits: str) -> str:
    """Return the letter that proves the digits of a Spanish DNI."""
    return _DNI_LETTERS[int(digits) % 23]


def find_dni(run: Run) -> Iterator[tuple[int, int]]:
    """Yield Spanish identity numbers (DNI), and those of foreigners (NIE)."""
    for match in run.matches(_DNI):
        value = re.sub(rb"[ .\-]", b"", match[0]).upper().decode()
        digits = str("XYZ".find(value[0])) + value[1:-1] if value[0] in "XYZ" else value[:-1]
        # Digits and a letter alone are a literal of Java, a size or a part as often.
        spelled = b"-" in match[0] or b"." in match[0] or value[0] in "XYZ"
        tight = match[0][-1:].isupper() and b" " not in match[0] and spelled
        tight = tight and not _DAY.match(digits)
        believed = tight or run.follows(_DNI_WORDS, match.start())
        if believed and dni_letter(digits) == value[-1] and len(set(digits)) > 1:
            yield match.start(), match.end()


_BSN = _pattern(rb"[0-9]{9}|[0-9]{3}[ .][0-9]{3}[ .][0-9]{3}|[0-9]{4}[ .][0-9]{2}[ .][0-9]{3}")
_BSN_WORDS, _BSN_CUED = cue(rb"\bbsn|burger ?service|\bsofi|citizen service")


def find_bsn(run: Run) -> Iterator[tuple[int, int]]:
    """Yield Dutch citizen service numbers, by the eleven-proof and context."""
    for match in run.matches(_BSN):
        proof = weighted(digits_of(match[0]), (9, 8, 7, 6, 5, 4, 3, 2, -1))
        if proof and proof % 11 == 0 and run.follows(_BSN_WORDS, match.start()):
            yield match.start(), match.end()


def is_day(month: str, day: str) -> bool:
    """Say whether month and day are ones of a calendar."""
    return 1 <= int(month) <= 12 and 1 <= int(day) <= 31


_PNR = _pattern(rb"(?:(?:18|19|20)[0-9]{2}|[0-9]{2})[0-9]{4} ?(?:[\-+] ?)?[0-9]{4}")
_PNR_WORDS, _PNR_CUED = cue(rb"person|\bpnr|swedish|samordnings|f\xc3\xb6dd|\bp\.nr")


def find_pnr(run: Run) -> Iterator[tuple[int, int]]:
    """Yield Swedish personal numbers: a date of birth and a number with a check digit."""
    for match in run.matches(_PNR):
        digits = digits_of(match[0])[-10:]
        day = int(digits[4:6])
        born = is_day(digits[2:4], f"{day - 60 if day > 60 else day}")
        signed = b"-" in match[0] or b"+" in match[0]
        if born and luhn(digits) and (signed or run.follows(_PNR_WORDS, match.start())):
            yield match.start(), match.end()


_CPF = _pattern(
    rb"[0-9]{3}\.?[0-9]{3}\.?[0-9]{3}[\-/]?[0-9]{2}|[0-9]{3}(?: [0-9]{3}){2}[ \-][0-9]{2}"
)
_CPF_WORDS, _CPF_CUED = cue(rb"\bcpf|cadastro|pessoa f|contribuinte")


def cpf_check(nine: str) -> str:
    """Return the two check digits of a Brazilian CPF."""
    first = weighted(nine, tuple(range(10, 1, -1))) * 10 % 11 % 10
    second = weighted(f"{nine}{first}", tuple(range(11, 1, -1))) * 10 % 11 % 10
    return f"{first}{second}"


def find_cpf(run: Run) -> Iterator[tuple[int, int]]:
    """Yield Brazilian tax numbers of persons (CPF)."""
    for match in run.matches(_CPF):
        digits = digits_of(match[0])
        believed = match[0].count(b".") == 2 or run.follows(_CPF_WORDS, match.start())
        if believed and len(set(digits)) > 1 and cpf_check(digits[:9]) == digits[9:]:
            yield match.start(), match.end()


_AADHAAR = _pattern(rb"[2-9][0-9]{3}(?P<g>[ \-]?|\xc2\xa0)[0-9]{4}(?P=g)[0-9]{4}")
_AADHAAR_WORDS, _AADHAAR_CUED = cue(
    rb"aadha+r|uidai|\buid\b|\xe0\xa4\x86\xe0\xa4\xa7\xe0\xa4\xbe\xe0\xa4\xb0"
)


def find_aadhaar(run: Run) -> Iterator[tuple[int, int]]:
    """Yield Indian Aadhaar numbers; by their check digit and context."""
    for match in run.matches(_AADHAAR):
        if run.follows(_AADHAAR_WORDS, match.start()) and verhoeff(digits_of(match[0])):
            yield match.start(), match.end()


_CN = re.compile(
    _B + rb"[1-9][0-9]{5} ?(?:18|19|20)[0-9]{2}(?:0[1-9]|1[0-2])(?:0[1-9]|[12][0-9]|3[01]) ?"
    rb"[0-9]{3}[0-9Xx](?![0-9A-Za-z_])"
)
_CN_WEIGHTS = (7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2)


def cn_check(body: str) -> str:
    """Return the check character of a Chinese resident's number (GB 11643)."""
    return "10X98765432"[weighted(body, _CN_WEIGHTS) % 11]


def find_cn(run: Run) -> Iterator[tuple[int, int]]:
    """Yield Chinese residents' numbers: place, date of birth, serial, check character."""
    for match in run.matches(_CN):
        value = match[0].replace(b" ", b"").decode().upper()
        if cn_check(value[:17]) == value[17] and not run.in_path(*match.span()):
            yield match.start(), match.end()


_SEP = rb"(?:[ .]|\xc2\xa0)"
NUMBERS: tuple[
    tuple[str, tuple[Anchor, ...], Callable[[Run], Iterator[tuple[int, int]]]], ...
] = (
    (
        CN_ID,
        (Anchor(rb"[1-9][0-9]{5} ?(?:18|19|20)[0-9]{2}[01][0-9][0-3][0-9] ?[0-9]{3}[0-9Xx]", 24),),
        find_cn,
    ),
    (
        FR_NIR,
        (
            _NIR_CUED,
            Anchor(
                rb"[1-478]" + _SEP + rb"[0-9]{2}" + _SEP + rb"[0-9]{2}" + _SEP + rb"[0-9][0-9AB]"
                + _SEP + rb"[0-9]{3}" + _SEP + rb"[0-9]{3}",
                32,
            ),
        ),
        find_nir,
    ),
    (
        BR_CPF,
        (_CPF_CUED, Anchor(rb"[0-9]{3}\.[0-9]{3}\.[0-9]{3}[\-/]?[0-9]{2}", 16)),
        find_cpf,
    ),
    (DE_TAX, (_TAX_CUED,), find_tax),
    (IN_AADHAAR, (_AADHAAR_CUED,), find_aadhaar),
    (SE_PNR, (_PNR_CUED, Anchor(rb"[0-9]{6} ?[\-+] ?[0-9]{4}", 24)), find_pnr),
    (
        US_SSN,
        (_SSN_CUED, Anchor(rb"[0-9]{3}(?:-|\xe2\x80[\x90-\x93])[0-9]{2}[\-\xe2]", 16)),
        find_ssn,
    ),
    (NL_BSN, (_BSN_CUED,), find_bsn),
    (
        ES_DNI,
        (
            _DNI_CUED,
            Anchor(rb"[0-9]{2}\.?[0-9]{3}\.?[0-9]{3}-[A-Z]", 16),
            Anchor(rb"[0-9]{2}\.[0-9]{3}\.[0-9]{3} ?[A-Z]", 16),
            Anchor(rb"[XYZ]-?[0-9]{7}-?[A-Z]", 16),
        ),
        find_dni,
    ),
)  # fmt: skip
"""Kind, anchors and search, the surest first."""
