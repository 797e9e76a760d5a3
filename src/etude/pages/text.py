"""Text that strangers wrote made fit for a page, and numbers made fit for a reader."""

import re

import msgspec

_COLOUR = re.compile(r"\x1b\[[0-9;]*m")
_UNSEEN = re.compile(
    "[\x00-\x08\x0b-\x1f\x7f-\x9f\u00ad\u061c\u200b-\u200f\u2028-\u202e\u2060-\u206f\ufeff"
    "\ud800-\udfff\U000e0000-\U000e007f]"
)
_PASSAGE_CHARS = 20_000
_FOLD_LINES = 14
_FOLD_CHARS = 1_400


def visible(text: str) -> str:
    r"""Return `text` with every character that a page would hide or obey written out.

    Colour codes of terminals go; other control characters, direction marks, zero-width
    characters and lone surrogates get a visible stand-in.

    >>> visible("a\x1b[31mb\x1b[0m\x00")
    'ab␀'
    """
    return _UNSEEN.sub(_stand_in, _COLOUR.sub("", text.replace("\r\n", "\n")))


def _stand_in(match: re.Match[str]) -> str:
    code = ord(match[0])
    if code < 0x20:
        return chr(0x2400 + code)
    return "␡" if code == 0x7F else f"⟨U+{code:04X}⟩"


class Passage(msgspec.Struct, frozen=True, kw_only=True):
    """A piece of text, cut when endless and folded when long."""

    text: str
    opening: str
    """Its first line that is not blank, for the fold's handle."""
    n_lines: int
    """Lines of the whole text."""
    n_cut: int
    """Characters left out at the end."""
    folded: bool


def passage(text: str) -> Passage:
    """Return `text` as a passage."""
    text = text.strip("\n")
    shown = text[:_PASSAGE_CHARS]
    n_lines = text.count("\n") + 1 if text else 0
    opening = next((line.strip() for line in shown.split("\n") if line.strip()), "")
    return Passage(
        text=shown,
        opening=opening[:160],
        n_lines=n_lines,
        n_cut=len(text) - len(shown),
        folded=n_lines > _FOLD_LINES or len(text) > _FOLD_CHARS,
    )


def percent(share: float) -> str:
    """Return a share in percent; only a true 0 or 1 is written as such.

    >>> percent(0.999)
    '>99\N{NO-BREAK SPACE}%'
    """
    rounded = round(100 * share)
    if rounded == 100 and share < 1:
        return ">99\N{NO-BREAK SPACE}%"
    if rounded == 0 and share > 0:
        return "<1\N{NO-BREAK SPACE}%"
    return f"{rounded}\N{NO-BREAK SPACE}%"


def duration(seconds: float) -> str:
    """Return seconds for a reader.

    >>> duration(200)
    '3\N{NO-BREAK SPACE}min 20\N{NO-BREAK SPACE}s'
    """
    gap = "\N{NO-BREAK SPACE}"
    if seconds < 9.95:
        return f"{seconds:.1f}{gap}s"
    minutes, rest = divmod(round(seconds), 60)
    return f"{minutes}{gap}min {rest}{gap}s" if minutes else f"{rest}{gap}s"


def size(n_bytes: float) -> str:
    """Return a size for a reader, in powers of 1000.

    >>> size(1536000)
    '1.54\N{NO-BREAK SPACE}MB'
    """
    gap = "\N{NO-BREAK SPACE}"
    for unit in ("bytes", "kB", "MB", "GB", "TB"):
        if n_bytes < 1000 or unit == "TB":
            break
        n_bytes /= 1000
    return f"{n_bytes:.0f}{gap}{unit}" if unit == "bytes" else f"{n_bytes:.3g}{gap}{unit}"
