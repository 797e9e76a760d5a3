"""The answer breaks off: open code, open brackets, or a sentence without its end."""

import re

from etude.records import Demonstration
from etude.stages.demos.checks._base import Check, Finding, shown
from etude.stages.demos.texts import words

_FENCE = re.compile(r"^[ \t]*+(?:```|~~~)", re.MULTILINE)
_ENDS = (".", "!", "?", "…", ":", "。", "！", "？", "।", "؟")  # noqa: RUF001 - marks of other scripts
_CLOSERS = "\"'”’)]}>*_`»"  # noqa: RUF001 - typographic quotes
_LINE_OF_ITS_OWN = re.compile(r"\s*+(?:[-*+•|#>$]|\d{1,3}[.)]\s|\\\]|\\end)")
_OPEN_WORDS = set(
    "a an and are as at because but by for from if in into is of on or so than that the their then "  # noqa: SIM905 - a list of words
    "this to was were when where which while who with".split()
)
_MIN_WORDS = 25


class TruncatedCheck(Check, frozen=True, kw_only=True):
    """Looks at how each answer ends."""

    def check(self, demonstration: Demonstration) -> list[Finding]:
        """Return at most one finding for each answer."""
        found = []
        for place, message in enumerate(demonstration.messages):
            text = message.content.rstrip()
            if message.role != "assistant" or message.calls or not text:
                continue
            if len(_FENCE.findall(text)) % 2:
                what = "code is opened and never closed"
                found.append(Finding(place=place, what=what, severity="error"))
            elif what := _open_end(text):
                excerpt = shown(text[-60:])
                found.append(Finding(place=place, what=what, severity="warning", excerpt=excerpt))
        return found


def _open_end(text: str) -> str:
    """Return how an answer breaks off; empty when it does not."""
    last_line = text[text.rfind("\n") + 1 :]
    bare = text.rstrip(_CLOSERS)
    if bare.endswith((",", ";", "-", "–", "(")):  # noqa: RUF001 - a dash
        return "it ends in the middle of a sentence"
    if bare.endswith(_ENDS) or _LINE_OF_ITS_OWN.match(last_line) or not bare[-1:].isalpha():
        return ""
    said = words(text)
    if said and said[-1] in _OPEN_WORDS and len(said) > 3:
        return "it ends in the middle of a sentence"
    # Short answers are often no sentences.
    return "its last sentence has no end" if len(said) >= _MIN_WORDS else ""
