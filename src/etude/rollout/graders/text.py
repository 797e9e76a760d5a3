"""text: words and strings, after their spelling is levelled as the settings say."""

# ruff: noqa: RUF001  # look-alikes are what it is about

import re
import unicodedata
from collections.abc import AsyncGenerator
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from typing import Annotated

import msgspec

from etude.errors import GradeError
from etude.records import Reference
from etude.rollout.graders._base import Grader, Judge, Means, Verdict
from etude.rollout.graders._extract import Place, extract

_WRAPPED = re.compile(
    r"\\(?:text|textbf|textit|textrm|textnormal|texttt|mathrm|mathbf|mathit|mbox|operatorname)"
    r"\s*\{([^{}\\]*+)\}"
)
_ESCAPED = re.compile(r"\\([#$%&_{}])")
_SPACING = re.compile(r"\\[,;:! ]|~")
_INVISIBLE = dict.fromkeys(map(ord, "\u200b\u200c\u200d\u2060\ufeff\u200e\u200f\u00ad"))
_QUOTES = str.maketrans("‘’‚“”„«»−–—", '\'\'\'"""""---')
_ARTICLE = re.compile(r"(?:the|a|an) ", re.IGNORECASE)


class TextGrader(Grader, frozen=True, kw_only=True):
    """Judges answers that are words."""

    extract: tuple[Place, ...] = ("boxed",)
    """Where in a response its answer stands, in order of trial; see `maths`."""
    ignore_case: bool = True
    """Whether capitals do not count."""
    ignore_punctuation: bool = True
    """Whether punctuation does not count, apart from what stands inside of a word or a number."""
    ignore_spaces: bool = False
    """Whether spaces do not count at all. How many there are never does."""
    ignore_accents: bool = False
    """Whether accents do not count."""
    ignore_articles: bool = False
    """Whether `the`, `a` or `an` at the beginning does not count."""
    max_chars: Annotated[int, msgspec.Meta(ge=1)] = 20_000
    """Characters of an answer; a longer one is wrong."""

    def __post_init__(self) -> None:
        if not self.extract:
            raise ValueError("extract must name at least one place")

    def open(self, means: Means) -> AbstractAsyncContextManager[Judge]:
        """Return a context manager that holds a judge."""
        return _opened(self)

    def present(self, answer: str) -> str:
        """Return the smallest response that gives `answer` in the form that is read first."""
        first = self.extract[0]
        if first == "boxed":
            return f"\\boxed{{{answer}}}"
        return f"The answer is {answer}" if first == "phrase" else answer

    @property
    def instruction(self) -> str:
        """What whoever answers is told of the form of a response."""
        return {
            "boxed": "Put the final answer, and nothing else, into \\boxed{}.",
            "phrase": "End with a line that says: The answer is ANSWER",
        }.get(self.extract[0], "Give the answer and nothing else.")

    def level(self, text: str) -> str:
        """Return what two spellings of the same answer have in common."""
        text = unicodedata.normalize("NFKC", text.translate(_INVISIBLE)).translate(_QUOTES)
        if "\\" in text or "$" in text:
            text = _without_latex(text)
        if self.ignore_accents:
            apart = unicodedata.normalize("NFD", text)
            text = "".join(c for c in apart if not unicodedata.combining(c))
        text = " ".join(text.split())
        if self.ignore_punctuation:
            text = _without_punctuation(text)
        if self.ignore_articles:
            text = _ARTICLE.sub("", text, count=1) if _ARTICLE.match(text) else text
        if self.ignore_case:
            text = text.casefold()
        return text.replace(" ", "") if self.ignore_spaces else text


def _without_latex(text: str) -> str:
    for _ in range(3):
        text = _WRAPPED.sub(r"\1", text)
    text = _SPACING.sub(" ", text).strip()
    if len(text) > 2 and text[0] == text[-1] == "$":
        text = text.strip("$")
    return _ESCAPED.sub(r"\1", text)


def _without_punctuation(text: str) -> str:
    """Return a text without punctuation at the edges of its words; signs of numbers stay."""
    words = (_trimmed(word) for word in text.split())
    return " ".join(word for word in words if word)


def _trimmed(word: str) -> str:
    start, end = 0, len(word)
    while start < end and _is_punctuation(word[start]) and word[start] not in "-+.":
        start += 1
    while end > start and _is_punctuation(word[end - 1]) and word[end - 1] not in "%+":
        end -= 1
    if word[start:end].strip("-+.") == "":
        return ""
    return word[start:end]


def _is_punctuation(c: str) -> bool:
    return unicodedata.category(c)[0] == "P"


@asynccontextmanager
async def _opened(settings: TextGrader) -> AsyncGenerator[Judge]:
    yield _TextJudge(settings)


class _TextJudge(Judge):
    """Compares texts."""

    def __init__(self, settings: TextGrader) -> None:
        self._settings = settings

    async def judge(self, response: str, reference: Reference) -> Verdict:
        """Judge one response; what the reference has as other spellings is right as well.

        Raises:
            GradeError: The reference has nothing that could be compared.
        """
        accepted = (reference.answer, *reference.spellings)
        wanted = {self._settings.level(text) for text in accepted} - {""}
        if not wanted:
            raise GradeError(f"the reference of {reference.problem_id} has no answer")
        found = extract(response, self._settings.extract)
        if found.answer is None:
            return Verdict(0.0, found.reason)
        if len(found.answer) > self._settings.max_chars:
            return Verdict(0.0, f"longer than {self._settings.max_chars} characters")
        if self._settings.level(found.answer) in wanted:
            return Verdict(1.0, "the same text")
        return Verdict(0.0, "another text")
