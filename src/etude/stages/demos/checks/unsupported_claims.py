"""Numbers, dates and sources that stand in an answer and nowhere before it: to be looked up."""

import re
from collections.abc import Iterator

from etude.records import Demonstration
from etude.stages.demos.checks._base import Check, Finding, shown

_CODE = re.compile(r"```[^`]*+(?:`{1,2}(?!`)[^`]*+)*+(?:```|\Z)|`[^`\n]*+`")
_LIST_MARK = re.compile(r"^[ \t]*+\d{1,3}[.)](?=\s)", re.MULTILINE)
_NUMBER = re.compile(
    r"(?<![\w.])\d{1,3}(?:[, ]\d{3})++(?:\.\d++)?+(?!\w)|(?<![\w.])\d++(?:[.:]\d++)*+"
)
_URL = re.compile(r"https?://[^\s)>\]\"']{4,2000}+|\b10\.\d{4,9}/[^\s\"']{2,200}+")
_CITED = re.compile(
    r"\b(?:[Aa]ccording to|[Aa]s reported by|[Rr]esearch(?:ers)? (?:by|at|from)|"
    r"[Ss]tud(?:y|ies) (?:by|at|from|in)|[Pp]ublished (?:by|in))\s+"
    r"(?:the |a |an )?([A-Z][\w&.'-]{1,40}(?:\s+(?:of |the |and |for )?[A-Z][\w&.'-]{1,40}){0,5})"
)
_ET_AL = re.compile(r"\b([A-Z][\w'-]{1,40})\s+et\s+al\b")
_EQUALS = re.compile(r"[=≈≃][ $€£\\a-z{(-]{0,12}+([\d.,]{1,24}+)")
_MONTH = "(January|February|March|April|May|June|July|August|September|October|November|December)"
_DAY = re.compile(
    rf"\b(\d{{1,2}})(?:st|nd|rd|th)? (?:of )?{_MONTH}\b|\b{_MONTH} (\d{{1,2}})(?:st|nd|rd|th)?\b"
)
_SMALL = 12


class UnsupportedClaimsCheck(Check, frozen=True, kw_only=True):
    """Compares each answer with everything before it: prompt, user, tools. Code is left out.

    Numbers that follow a sign of equality are taken as computed. It cannot know what is true, so
    each finding is a note, for review.
    """

    numbers: bool = True
    """Look for numbers and dates; those up to twelve are let pass."""
    sources: bool = True
    """Look for links, and for names after words such as `according to`."""
    most: int = 10
    """Findings of one answer that are told, the first ones; 0 for all."""

    def check(self, demonstration: Demonstration) -> list[Finding]:
        """Return a note for each claim."""
        found: list[Finding] = []
        before: list[str] = []
        for place, message in enumerate(demonstration.messages):
            if message.role == "assistant":
                found += self._claims(place, _CODE.sub(" ", message.content), "\n".join(before))
            before.append(message.content)
        return found

    def _claims(self, place: int, text: str, before: str) -> list[Finding]:
        claims: dict[str, str] = {}
        if self.sources:
            folded = before.casefold()
            for source in _sources(text):
                if source.casefold() not in folded:
                    claims[source] = "a source that was not given"
            text = _URL.sub(" ", text)
        if self.numbers:
            given_days = {day for day, _ in _days(before)}
            for day, written in _days(text):
                if day not in given_days:
                    claims[written] = "a date that was not given"
            text = _DAY.sub(" ", text)
            given = {value for value, _ in _numbers(before)} | set(_computed(text))
            for value, written in _numbers(text):
                if value not in given and value not in _SAFE:
                    year = re.fullmatch(r"1[0-9]{3}|20[0-9]{2}", written)
                    what = "a year" if year else "a number"
                    claims.setdefault(written, f"{what} that was not given")
        told = list(claims.items())[: self.most or None]
        return [
            Finding(place=place, what=what, severity="note", excerpt=shown(claim))
            for claim, what in told
        ]


def _numbers(text: str) -> Iterator[tuple[str, str]]:
    """Yield each number in one spelling, and as it is written."""
    for found in _NUMBER.finditer(_LIST_MARK.sub(" ", text)):
        written = found[0]
        plain = written.replace(",", "").replace(" ", "").lstrip("0") or "0"
        if "." in plain and ":" not in plain and plain.count(".") == 1:
            plain = plain.rstrip("0").rstrip(".")
        yield plain, written


def _days(text: str) -> Iterator[tuple[tuple[int, str], str]]:
    """Yield each day of a month, and as it is written."""
    for found in _DAY.finditer(text):
        yield (int(found[1] or found[4]), found[2] or found[3]), found[0]


def _computed(text: str) -> Iterator[str]:
    """Yield each number that stands right of a sign of equality, in one spelling."""
    for found in _EQUALS.finditer(text):
        yield from (value for value, _ in _numbers(found[1]))


def _sources(text: str) -> Iterator[str]:
    for link in _URL.finditer(text):
        yield link[0].rstrip(".,;:")
    for cited in _CITED.finditer(text):
        yield " ".join(cited[1].split()).rstrip(".")
    for author in _ET_AL.finditer(text):
        yield author[1]


_SAFE = {str(number) for number in range(_SMALL + 1)}
