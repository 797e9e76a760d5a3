"""maths: numbers, expressions, sets, equations and matrices, up to equivalence that is proved.

Judged in two layers. Exact rational and algebraic arithmetic decides most answers in microseconds,
in this process. What it leaves open is refuted by values at random points, or proved, by sympy in
a worker that is killed at the time limit. Foreign text is never evaluated: our own parser reads
it, and refuses what has two readings.
"""

from collections.abc import AsyncGenerator
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from typing import Annotated

import msgspec

from etude.errors import ConfigError, GradeError, blame
from etude.records import Reference
from etude.rollout.graders._base import Grader, Judge, Means, Verdict
from etude.rollout.graders._extract import Place, extract
from etude.rollout.graders._maths.equivalence import Finding, Rules, check
from etude.rollout.graders._maths.exchange import Question, Reply
from etude.rollout.graders._pool import OutOfTime, WorkerPool

_WORKER = "etude.rollout.graders._maths.worker:judge"


class MathsGrader(Grader, frozen=True, kw_only=True):
    """Judges mathematical answers up to equivalence."""

    extract: tuple[Place, ...] = ("boxed",)
    """Where in a response its answer stands, in order of trial: `boxed` for the last whole
    `\\boxed{…}`, `phrase` for what stands behind the last `the answer is`, `Answer:` or `####`,
    `last_number`, `whole` for the response itself."""
    omit_units: bool = False
    """Whether a response may leave out the unit of the reference, and percent and degree signs. A
    wrong unit is wrong either way."""
    extra_units: bool = True
    """Whether a response may name a unit, or what was counted, where the reference has none."""
    ordered: bool = False
    """Whether the order of a bare list such as `1, 2` counts. That of a tuple always does, and that
    of a set never."""
    positive: bool = False
    """Whether symbols stand for positive numbers, as lengths do. Then `\\sqrt{ab}` is
    `\\sqrt a \\sqrt b`, which is not so for two negative numbers."""
    tolerance: Annotated[float, msgspec.Meta(ge=0.0, lt=1.0)] = 0.0
    """How far a number may lie from the reference, as a part of the reference; 0 means exact."""
    decimals: Annotated[int, msgspec.Meta(ge=0, le=30)] = 0
    """From how many decimals on a correctly rounded decimal counts as its exact value: with 3,
    `0.333` is right for `1/3`, and `0.33` is not. 0 means never."""
    timeout_s: Annotated[float, msgspec.Meta(gt=0.0)] = 5.0
    """Time limit in seconds for one comparison in a worker; what takes longer is wrong."""

    def __post_init__(self) -> None:
        if not self.extract:
            raise ValueError("extract must name at least one place")

    @property
    def rules(self) -> Rules:
        """What counts as the same."""
        return Rules(
            omit_units=self.omit_units,
            extra_units=self.extra_units,
            ordered=self.ordered,
            tolerance=self.tolerance,
            decimals=self.decimals,
            positive=self.positive,
        )

    def open(self, means: Means) -> AbstractAsyncContextManager[Judge]:
        """Return a context manager that holds a judge.

        Raises:
            ConfigError: There would be no worker.
        """
        if means.jobs < 1:
            raise ConfigError(f"jobs must be 1 or more, got {means.jobs}")
        return _opened(self, means.jobs)

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
            "last_number": "End with the answer as a number.",
            "whole": "Give the answer and nothing else.",
        }[self.extract[0]]


@asynccontextmanager
async def _opened(settings: MathsGrader, jobs: int) -> AsyncGenerator[Judge]:
    async with WorkerPool(_WORKER, jobs=jobs) as pool:
        yield _MathsJudge(settings, pool)


class _MathsJudge(Judge):
    """Decides what it can by itself, and asks a worker for the rest."""

    def __init__(self, settings: MathsGrader, pool: WorkerPool) -> None:
        self._settings = settings
        self._rules = settings.rules
        self._pool = pool

    async def judge(self, response: str, reference: Reference) -> Verdict:
        """Judge one response.

        Raises:
            GradeError: The reference is empty or cannot be read, or a worker cannot be had.
        """
        if not reference.answer.strip():
            raise GradeError(f"the reference of {reference.problem_id} has no answer")
        found = extract(response, self._settings.extract)
        if found.answer is None:
            return Verdict(0.0, found.reason)
        with blame(GradeError, f"comparing an answer to {reference.problem_id}"):
            finding = check(reference.answer, found.answer, self._rules)
        if finding.right is None and not finding.broken:
            finding = await self._ask(reference.answer, found.answer)
        if finding.broken:
            raise GradeError(f"{reference.problem_id}: {finding.note}; mend the reference")
        return Verdict(1.0 if finding.right else 0.0, finding.note)

    async def _ask(self, reference: str, answer: str) -> Finding:
        question = msgspec.json.encode(Question(reference, answer, self._rules))
        try:
            reply = await self._pool.ask(question, timeout_s=self._settings.timeout_s)
        except OutOfTime as cause:
            return Finding(False, f"no proof that it is equivalent: {cause}")
        return Finding(*msgspec.structs.astuple(msgspec.json.decode(reply, type=Reply)))
