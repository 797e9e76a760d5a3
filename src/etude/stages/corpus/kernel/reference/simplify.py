"""Text as datatrove simplifies it before it compares documents, and as exact digests fold it."""

import functools
import re

from etude.stages.corpus.kernel.reference._tables import changes, char_set, classes

_SIGMA, _SMALL, _FINAL = "\u03a3", "\u03c3", "\u03c2"
_SYLLABLES = range(0xAC00, 0xD7A4)


@functools.cache
def _numbers() -> re.Pattern[str]:
    digits = f"[{char_set('NUMBER')}]+"
    return re.compile(f"{digits}(?:[.,\u060c\u066b\u2396-\u2398]{digits})?")


def simplify(text: str) -> str:
    """Return the text in lower case, numbers as 0, without punctuation and diacritics.

    Blanks are single, and none stands at the ends.
    """
    if _SIGMA in text:
        text = _lower_sigmas(text)
    text = _numbers().sub("0", text)
    out: list[str] = []
    run: list[str] = []  # characters that combine, which have a canonical order
    blank = True
    for char in text:
        kinds = classes(char)
        if not {"MARK", "REORDERS"} <= kinds:
            for part in _changed(char):
                if part == " " and blank:
                    continue
                if part not in changes().order:
                    out += _ordered(run)
                    run = []
                    out.append(part)
                else:
                    run.append(part)
            if "MARK" in kinds:
                out += _ordered(run)
                run = []
        blank = _changed(char) == " "
    return "".join([*out, *_ordered(run)]).strip(" ")


def _changed(char: str) -> str:
    if ord(char) in _SYLLABLES:
        index = ord(char) - _SYLLABLES.start
        tail = index % 28
        parts = [0x1100 + index // 588, 0x1161 + index % 588 // 28, *([0x11A7 + tail] * (tail > 0))]
        return "".join(map(chr, parts))
    if "MARK" in classes(char):
        return ""
    return changes().strings.get(char, char)


def _ordered(run: list[str]) -> list[str]:
    return sorted(run, key=changes().order.__getitem__)


def _lower_sigmas(text: str) -> str:
    return "".join(
        (_FINAL if _is_final(text, place) else _SMALL) if char == _SIGMA else char
        for place, char in enumerate(text)
    )


def _is_final(text: str, place: int) -> bool:
    """Whether the sigma there is after a cased letter and not before one."""
    before, after = place - 1, place + 1
    while before >= 0 and "IGNORABLE" in classes(text[before]):
        before -= 1
    while after < len(text) and "IGNORABLE" in classes(text[after]):
        after += 1
    if before < 0 or "CASED" not in classes(text[before]):
        return False
    return after == len(text) or "CASED" not in classes(text[after])


def fold(text: str, how: str) -> str:
    """Return the text without differences of "space", of "case", of "both", or as it is ("")."""
    if how in {"case", "both"}:
        lower = changes().lower
        text = "".join(lower.get(char, char) for char in text)
    if how in {"space", "both"}:
        blanks = "".join(" " if "SPACE" in classes(char) else char for char in text)
        text = " ".join(word for word in blanks.split(" ") if word)
    return text
