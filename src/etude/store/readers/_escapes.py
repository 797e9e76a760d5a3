"""Escapes and arguments of roff."""

# ruff: noqa: RUF001 - a table of characters that look alike

import re

_SPECIAL = {
    "aq": "'", "dq": '"', "cq": "’", "oq": "‘", "lq": "“", "rq": "”", "Lq": "“", "Rq": "”",
    "bu": "•", "em": "—", "en": "–", "hy": "-", "mi": "−", "pl": "+", "mu": "×", "di": "÷",
    "co": "©", "rg": "®", "tm": "™", "de": "°", "sc": "§", "ps": "¶", "ha": "^", "ti": "~",
    "ga": "`", "rs": "\\", "at": "@", "sh": "#", "lB": "[", "rB": "]", "lC": "{", "rC": "}",
    "la": "⟨", "ra": "⟩", "ba": "|", "br": "|", "ul": "_", "sl": "/", "Do": "$", "Eu": "€",
    "->": "→", "<-": "←", "ua": "↑", "da": "↓", "<=": "≤", ">=": "≥", "!=": "≠", "==": "≡",
    "+-": "±", "if": "∞", "Fo": "«", "Fc": "»", "fo": "‹", "fc": "›", "bq": "‚", "Bq": "„",
    "ss": "ß", ":a": "ä", ":o": "ö", ":u": "ü", ":A": "Ä", ":O": "Ö", ":U": "Ü", "'e": "é",
    "'a": "á", "'o": "ó", "'i": "í", "'u": "ú", "`e": "è", "`a": "à", "^e": "ê", "^a": "â",
    "^o": "ô", "^i": "î", ",c": "ç", "~n": "ñ", "/o": "ø", "oa": "å", "ae": "æ", "r!": "¡",
    "r?": "¿", "Po": "£", "ct": "¢", "*a": "α", "*b": "β", "*p": "π", "*m": "μ", "*S": "Σ",
}  # fmt: skip
_STRINGS = {"R": "®", "Tm": "™", "lq": "“", "rq": "”", "S": "", "--": "—", "PI": "π", 'C"': '"',
            "L\"": '"', "R\"": '"', "C`": "", "C'": "", "C+": "C++", "Aq": "'"}  # fmt: skip
_ESCAPE = re.compile(
    r"""\\(?:
      (?P<comment>["\#].*)
    | \((?P<two>..) | \[(?P<long>[^\]]{1,40})\] | C'(?P<named>[^']{1,40})'
    | \*(?:\((?P<string2>..)|\[(?P<strings>[^\]]{0,40})\]|(?P<string1>.))
    | (?:f|F|m|M|g|k|n[+-]?)(?:\(..|\[[^\]]{0,40}\]|.)
    | s(?:[+-]?\d{1,2}|[+-]?\(\d\d|[+-]?'[^']{0,9}'|[+-]?\[[^\]]{0,9}\])
    | N'(?P<number>\d{1,7})'
    | [hvwlLDoXYbxHSRZAB]'[^']{0,200}'
    | (?P<one>.)
    | $ )""",
    re.VERBOSE,
)
_ONES = {
    "e": "\\", "\\": "\\", "-": "-", " ": " ", "0": " ", "~": " ", "|": "", "^": "", "&": "",
    ")": "", "%": "", ":": "", "c": "", "/": "", ",": "", "'": "´", "`": "`", ".": ".", "t": "\t",
    "E": "\\", "d": "", "u": "", "p": "", "{": "", "}": "", "!": "", "_": "_", "a": "", "r": "",
    "z": "", "n": "",
}  # fmt: skip
_FONT = re.compile(r"\\f[BRIP1234]")
_ARGUMENT = re.compile(r'"((?:[^"]|"")*)"?|((?:\\.|[^\s\\])+|\\)')


def unescape(text: str) -> str:
    """Return roff text without escapes."""
    text = _shorn(text)
    return _ESCAPE.sub(_escaped, text) if "\\" in text else text


def _shorn(text: str) -> str:
    """Return text without the escapes that most pages are full of: hyphens and changes of font."""
    if "\\" not in text or "\\\\" in text or "\\*\\" in text:
        return text
    text = text.replace("\\-", "-")
    return _FONT.sub("", text) if "\\f" in text else text


def _escaped(found: re.Match[str]) -> str:
    if found["two"] or found["long"] or found["named"]:
        name = found["two"] or found["long"] or found["named"]
        point = re.fullmatch(r"u([0-9A-F]{4,6})(?:_[0-9A-F_]*)?", name)
        if point:
            return _char(int(point[1], 16))
        return _SPECIAL.get(name, "")
    string = found["string2"] or found["strings"] or found["string1"]
    if string:
        return _STRINGS.get(string, "")
    if found["number"]:
        return _char(int(found["number"]))
    return _ONES.get(found["one"], found["one"]) if found["one"] else ""


def _char(point: int) -> str:
    valid = 0 < point <= 0x10FFFF and not 0xD800 <= point <= 0xDFFF
    return chr(point) if valid else ""


def arguments(text: str) -> list[str]:
    """Split what follows a request; quotes hold words together."""
    if '"' not in text and "\\" not in _shorn(text):
        return text.split()
    found = []
    for quoted, bare in _ARGUMENT.findall(text):
        if bare.startswith(('\\"', "\\#")):
            break
        found.append(bare or quoted.replace('""', '"'))
    return found
