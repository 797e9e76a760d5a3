"""literal: the answer is one Python value, compared with its exact types."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from etude.errors import GradeError
from etude.records import Reference
from etude.rollout.graders._base import Grader, Judge, Means, Verdict
from etude.rollout.graders._blocks import fenced
from etude.rollout.graders._literals import answer_in, canonical_text
from etude.rollout.splicing import Unfit

__all__ = ["LiteralGrader", "canonical_text"]


class LiteralGrader(Grader, frozen=True, kw_only=True):
    """Reads a Python literal and runs nothing."""

    @asynccontextmanager
    async def open(self, means: Means) -> AsyncIterator[Judge]:
        """Hold a judge; it needs nothing."""
        yield LiteralJudge()

    def present(self, answer: str) -> str:
        """Return the literal in a fenced block."""
        return fenced(answer)

    @property
    def instruction(self) -> str:
        """What is told of the form."""
        return (
            "Answer with the value as a Python literal, in one fenced block of Python; the last "
            "such block counts. Types must be exact: `1` is neither `1.0` nor `True`, and a list "
            "is no tuple."
        )


class LiteralJudge(Judge):
    """Compares literals."""

    async def judge(self, response: str, reference: Reference) -> Verdict:
        """Judge one response.

        Raises:
            GradeError: The reference's own answer is no literal.
        """
        right = set()
        for answer in (reference.answer, *reference.spellings):
            try:
                right.add(canonical_text(answer))
            except Unfit as broken:
                raise GradeError(f"{reference.problem_id}: its answer: {broken}") from broken
        try:
            given = canonical_text(answer_in(response))
        except Unfit as refused:
            return Verdict(0.0, str(refused))
        return Verdict(1.0, "equal") if given in right else Verdict(0.0, "another value")
