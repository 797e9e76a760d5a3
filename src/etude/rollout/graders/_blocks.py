"""Find the fenced blocks and boxes of a response; every look at it takes linear time."""

from collections.abc import Iterator
from typing import NamedTuple

PYTHON = {"", "py", "python", "python3", "python3.11"}
_BOXES = ("\\boxed{", "\\fbox{")


class Block(NamedTuple):
    """Some of a response, set apart."""

    at: int
    """Where it starts."""
    text: str


def last_block(response: str, languages: set[str] | None = None) -> Block | None:
    """Return the last closed fenced block, of those with one of the given info words.

    A fence closes with at least as many marks as it opened with, as in CommonMark.
    """
    wanted = PYTHON if languages is None else languages
    found = None
    for language, block in _fenced(response):
        if language in wanted:
            found = block
    return found


def _fenced(response: str) -> Iterator[tuple[str, Block]]:
    mark, language, start, at = "", "", 0, 0
    for line in response.split("\n"):
        text = line.strip()
        ticks = len(text) - len(text.lstrip("`"))
        tildes = len(text) - len(text.lstrip("~"))
        fence = text[: max(ticks, tildes)] if max(ticks, tildes) >= 3 else ""
        if mark:
            if fence == text and fence.startswith(mark):
                yield language, Block(start, response[start : max(start, at - 1)])
                mark = ""
        elif fence and "`" not in text[len(fence) :]:
            mark, start = fence, at + len(line) + 1
            language = text[len(fence) :].strip().partition(" ")[0].lower()
        at += len(line) + 1


def last_box(response: str) -> Block | None:
    r"""Return what the last `\boxed{…}` holds, braces matched; `None` when none is closed."""
    at = max(response.rfind(box) for box in _BOXES)
    if at < 0:
        return None
    start = response.index("{", at) + 1
    depth = 1
    for place in range(start, len(response)):
        depth += (response[place] == "{") - (response[place] == "}")
        if depth == 0:
            return Block(at, response[start:place])
    return None


def fenced(text: str) -> str:
    """Return Python code as a fenced block that nothing in it can close."""
    longest = n = 0
    for character in text:
        n = n + 1 if character == "`" else 0
        longest = max(longest, n)
    mark = "`" * max(3, longest + 1)
    return f"{mark}python\n{text}\n{mark}"
