"""Where in a response its answer stands. Linear in the response, whatever it holds.

Only the end of a response is searched: an answer that long text follows is no final answer.
"""

import re
from typing import Literal, NamedTuple

Place = Literal["boxed", "phrase", "last_number", "whole"]

WINDOW = 1 << 16
"""How many characters of a response's end are searched."""

_BOX = re.compile(r"\\(?:boxed|fbox)\s{0,8}\{|\\[^a-zA-Z]|\\[a-zA-Z]+|[{}]", re.DOTALL)
_ANY_BOX = re.compile(r"\\(?:boxed|fbox)(?![a-zA-Z])")
_PHRASE = re.compile(
    r"####|\b(?:final |correct )?answer(?: is\b|\*{0,2}:\*{0,2}| is:)", re.IGNORECASE
)
_GOES_ON = re.compile(r"[.!?]\s+(?=[A-Z*])")
_NUMBER = re.compile(
    r"(?<![\w.,/])(?:(?<![)\]}])-)?(?:\d{1,3}(?:,\d{3})+(?!\d)|\d+)?(?:\.\d+|(?<=\d))"
    r"(?:/\d+(?![.\d]))?(?:\s?\\?%)?",
    re.ASCII,
)


class Extraction(NamedTuple):
    """The answer of a response."""

    answer: str | None
    """`None` where there is none."""
    reason: str = ""
    """Why there is none."""


def extract(response: str, places: tuple[Place, ...]) -> Extraction:
    """Return the answer of a response from the first of `places` that holds one."""
    tail = response[-WINDOW:]
    reason = "no answer in the form that was asked for"
    for place in places:
        found = _FINDERS[place](tail)
        if found.answer is not None:
            return found
        reason = found.reason or reason
    return Extraction(None, reason)


def _boxed(text: str) -> Extraction:
    """Return what the last whole box holds; of boxes in boxes, the outermost one."""
    at = text.rfind("\\boxed{")
    if at >= 0:
        end = text.find("}", at)
        # Far the most usual: one box with nothing nested, and no other one near it.
        inner = text[at + 7 : end]
        if end > 0 and "{" not in inner and "\\" not in inner and not _other_box(text, at, end):
            return _filled(inner)
    elif not _ANY_BOX.search(text):
        return Extraction(None, "no \\boxed{} in the response")
    return _balanced(text)


def _other_box(text: str, at: int, end: int) -> bool:
    return _ANY_BOX.search(text, 0, at) is not None or _ANY_BOX.search(text, end) is not None


def _balanced(text: str) -> Extraction:
    """Find the box that ends last among those whose braces balance."""
    opened: list[int] = []
    last: tuple[int, int] | None = None
    for match in _BOX.finditer(text):
        token = match[0]
        if token == "{":  # noqa: S105  # no password
            opened.append(-1)
        elif token == "}":  # noqa: S105
            if opened and (start := opened.pop()) >= 0:
                last = (start, match.start())
        elif token[-1] == "{" and len(token) > 2:
            opened.append(match.end())
    if last is None:
        return Extraction(None, "a \\boxed{} that does not end")
    return _filled(text[last[0] : last[1]])


def _filled(inner: str) -> Extraction:
    if not inner.strip():
        return Extraction(None, "the box is empty")
    return Extraction(inner)


def _phrase(text: str) -> Extraction:
    """Return what stands behind the last `the answer is`, `Answer:` or `####`, on its line."""
    last = None
    for match in _PHRASE.finditer(text):
        last = match
    if last is None:
        return Extraction(None, "no phrase such as 'the answer is' in the response")
    line = text[last.end() :].lstrip(" \t:").partition("\n")[0]
    sentences = _GOES_ON.split(line, maxsplit=1)
    if len(sentences) > 1 and any(c.isdigit() for c in sentences[1]):
        return Extraction(None, "the response goes on with other numbers behind its answer")
    inner = sentences[0].strip(" \t\r*").removesuffix(".").strip(" *")
    if _ANY_BOX.search(inner):
        return _boxed(inner)
    return Extraction(inner) if inner else Extraction(None, "nothing behind the phrase")


def _last_number(text: str) -> Extraction:
    found = None
    for match in _NUMBER.finditer(text):
        if match[0]:
            found = match[0]
    return Extraction(found, "no number in the response")


def _whole(text: str) -> Extraction:
    stripped = text.strip()
    return Extraction(stripped or None, "the response is empty")


_FINDERS = {"boxed": _boxed, "phrase": _phrase, "last_number": _last_number, "whole": _whole}
