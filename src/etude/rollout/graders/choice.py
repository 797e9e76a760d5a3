"""choice: one letter of several, such as `B`, `(B)`, `B.` or `(B) 42`.

A response that names several letters is wrong, whichever they are.
"""

import re
from collections.abc import AsyncGenerator
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from typing import Annotated

import msgspec

from etude.errors import GradeError
from etude.records import Reference
from etude.rollout.graders._base import Grader, Judge, Means, Verdict
from etude.rollout.graders._extract import Place, extract
from etude.rollout.graders._maths.clean import clean
from etude.rollout.graders._maths.tree import UnreadableError

_ALPHABET = "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
_WORD = re.compile(r"(?:the )?(?:correct )?(?:answer|option|choice)(?: is)?:? ", re.IGNORECASE)
_HEDGES = re.compile(r"\b(?:or|and|not|either|both|neither|any|all|none|except)\b", re.IGNORECASE)
_ALONE = re.compile(r"(?<![A-Za-z0-9'])([A-Za-z])(?![A-Za-z0-9'])")


class ChoiceGrader(Grader, frozen=True, kw_only=True):
    """Judges the choice of one letter of several."""

    extract: tuple[Place, ...] = ("boxed",)
    """Where in a response its answer stands, in order of trial; see `maths`."""
    n_choices: Annotated[int, msgspec.Meta(ge=2, le=26)] = 4
    """How many choices there are, named by the first letters of the alphabet."""
    letters: str = ""
    """The letters of the choices, where they are others; `n_choices` does not count then."""

    def __post_init__(self) -> None:
        if self.letters and (
            not self.letters.isalpha() or len(set(self.letters.upper())) != len(self.letters)
        ):
            raise ValueError("letters must be letters, each of them once")
        if not self.extract or "last_number" in self.extract:
            raise ValueError("extract must name at least one place, and a number is no letter")

    @property
    def names(self) -> str:
        """The letters of the choices, in capitals."""
        return self.letters.upper() or _ALPHABET[: self.n_choices]

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
        which = f"the letter of the right choice, one of {', '.join(self.names)}"
        return {
            "boxed": f"Put {which}, into \\boxed{{}}.",
            "phrase": f"End with a line that says: The answer is LETTER, with {which}.",
        }.get(self.extract[0], f"Give {which}, and nothing else.")

    def letter(self, text: str) -> str | None:
        """Return the letter that a text chooses, in capitals; `None` for none or several."""
        try:
            text = clean(text)
        except UnreadableError:
            return None
        if found := _WORD.match(text):
            text = text[found.end() :]
        text = text.strip().strip("*_").strip()
        match = re.match(r"[(\[{]?\s?([A-Za-z])\s?(?:[)\]}.:]|$)(.*)", text, re.DOTALL)
        if match is None or match[1].upper() not in self.names:
            return None
        rest = match[2].strip(" .")
        if _HEDGES.match(rest) or self._names_another(rest, match[1].upper()):
            return None
        return match[1].upper()

    def _names_another(self, rest: str, chosen: str) -> bool:
        """Whether what stands behind a letter names another one in the form of a choice."""
        marked = re.findall(r"[(\[]\s?([A-Za-z])\s?[)\]]|(?:^|[\s,;/&])([A-Z])(?=[).:,;]|$)", rest)
        letters = {(a or b).upper() for a, b in marked}
        hedged = _HEDGES.search(rest) and {m.upper() for m in _ALONE.findall(rest) if m.isupper()}
        return bool(((letters | (hedged or set())) & set(self.names)) - {chosen})


@asynccontextmanager
async def _opened(settings: ChoiceGrader) -> AsyncGenerator[Judge]:
    yield _ChoiceJudge(settings)


class _ChoiceJudge(Judge):
    """Compares letters."""

    def __init__(self, settings: ChoiceGrader) -> None:
        self._settings = settings

    async def judge(self, response: str, reference: Reference) -> Verdict:
        """Judge one response.

        Raises:
            GradeError: The reference is none of the letters.
        """
        wanted = self._settings.letter(reference.answer)
        if wanted is None:
            raise GradeError(
                f"the reference of {reference.problem_id} must be one of the letters "
                f"{self._settings.names}, it is {reference.answer[:40]!r}"
            )
        found = extract(response, self._settings.extract)
        if found.answer is None:
            return Verdict(0.0, found.reason)
        given = self._settings.letter(found.answer)
        if given is None:
            return Verdict(0.0, "no single letter of a choice")
        if given == wanted:
            return Verdict(1.0, "the right letter")
        return Verdict(0.0, "another letter")
