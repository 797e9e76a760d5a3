"""Programs, run against hidden tests in boxes that know nothing of what is wanted.

What a program must print or return is compared outside its box. Tests that are code run in a
process of their own, whose memory the kernel keeps from the program, and only plain values cross
over to it.

Not caught is what the tests do not ask: a program that is right on their inputs alone, or a test
that any value passes, such as one that is only not to be `None`. Tests that hand functions of
their own to the program are refused; those that use operators on objects of the program's own
types fail whatever it does.
"""

import marshal
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from typing import Literal

from etude.errors import SandboxError
from etude.records import Reference
from etude.rollout.graders._base import Grader, Judge, Means, Verdict
from etude.rollout.graders._code.boxes import bounded, program_image, start_command
from etude.rollout.graders._code.in_box.supervise import STARTED
from etude.rollout.graders._code.literals import Likeness, Types
from etude.rollout.graders._code.plan import Plan, Run, batches, plan_tests, write_exam
from etude.rollout.graders._code.printed import Printed
from etude.rollout.graders._code.report import (
    NOT_RUN,
    broken_exam,
    judge_run,
    read_exam,
    read_runs,
)
from etude.rollout.graders._code.response import Place, find_program
from etude.sandbox import Box, Image, Pool, Result

_PATIENCE_S = 20.0
"""How long a box may take beside what its programs take."""
_KILLED = {
    "timeout": "took too long",
    "memory": "used too much memory",
    "output": "printed too much",
}


class CodeGrader(Grader, frozen=True, kw_only=True):
    """Runs the program of a response against the hidden tests of the reference."""

    language: Literal["python"] = "python"
    """What programs are written in; it runs on the interpreter that Etude runs on."""
    place: Place = "last"
    """Where the program stands: `last` is the last fenced block of the language, `whole` all of
    the response."""
    printed: Printed = "tokens"
    """How what a program printed is compared: `exact` but for line breaks at the end; `tokens`
    word by word, whatever white space there is; `numbers` as well, with numbers that are not whole
    on both sides compared within the tolerance."""
    types: Types = "python"
    """How values that calls gave are compared: `exact` tells `True`, `1` and `1.0` apart and a
    list from a tuple, at any depth; `python` as `==` does; `loose` takes a list, a tuple and an
    iterator of the same items for the same."""
    tolerance: float = 1e-9
    """Largest difference of two numbers that are not both whole, absolute or as a share of the
    larger one; 0 asks for equality."""
    time_s: float = 5.0
    """CPU time of one test in seconds; by the clock it may take twice that and one second more.
    The published evaluations of HumanEval and APPS allow 3 and 4 seconds by the clock."""
    total_s: float = 60.0
    """Time of all tests of a response by the clock, in seconds."""
    memory_bytes: int = 512 << 20
    """Address space of a program."""
    output_bytes: int = 1 << 20
    """What a program may print, or twice what is wanted where that is more; also the size of the
    values that it may hand to a test that is code."""
    partial: bool = False
    """Pay the share of tests that pass; otherwise all of them, or nothing."""
    stop: bool = True
    """Stop at the first failure; without effect where the share is paid."""

    def present(self, answer: str) -> str:
        """Return a program as a response."""
        if self.place == "whole":
            return answer
        fence = "```"
        while fence in answer:
            fence += "`"
        return f"{fence}{self.language}\n{answer.rstrip()}\n{fence}"

    @property
    def instruction(self) -> str:
        """What whoever answers is told of the form of a response."""
        if self.place == "whole":
            return "Answer with the program in Python and nothing else."
        return "Put the whole program into one fenced block that opens with ```python."

    @asynccontextmanager
    async def open(self, means: Means) -> AsyncIterator[Judge]:
        """Hold a judge with boxes kept open ahead.

        Raises:
            ConfigError: There is no sandbox.
        """
        sandbox = bounded(means.need_sandbox("code"), self.memory_bytes)
        with program_image() as image:
            jobs = max(1, means.jobs)
            async with Pool(sandbox, n_ready=jobs, n_boxes=jobs) as pool:
                pool.prepare(image)
                yield CodeJudge(self, pool, image)


class CodeJudge(Judge):
    """Judges programs, each in a box that nothing else has seen."""

    def __init__(self, grader: CodeGrader, pool: Pool, image: Image) -> None:
        self._grader = grader
        self._pool = pool
        self._image = image
        self._likeness = Likeness(grader.types, grader.tolerance)

    async def judge(self, response: str, reference: Reference) -> Verdict:
        """Run the program of a response against all tests.

        Raises:
            GradeError: The reference has no tests, or broken ones.
            SandboxError: A box failed.
        """
        grader = self._grader
        plan = plan_tests(reference, grader.output_bytes)
        program = find_program(response, grader.language, grader.place)
        if program is None:
            return Verdict(0.0, f"the response holds no closed block of {grader.language}")
        async with self._pool.open(self._image) as box:
            paper = _Paper(grader, plan, self._likeness, program)
            # First, while nothing of the program has been in the box.
            if plan.codes:
                await paper.examine(box, reference)
            for batch in batches(plan.runs, stop=paper.stop):
                if not paper.over:
                    await paper.run(box, batch)
        return paper.verdict()


class _Paper:
    """One response while it is judged."""

    def __init__(self, grader: CodeGrader, plan: Plan, likeness: Likeness, program: str) -> None:
        self.stop = grader.stop and not grader.partial
        self._grader = grader
        self._plan = plan
        self._likeness = likeness
        self._program = program
        self._left_s = grader.total_s
        self._failures: dict[int, str] = {}
        self._tampered = False

    @property
    def over(self) -> bool:
        """Whether nothing can change the verdict any more."""
        failed = any(self._failures.values())
        return self._tampered or (self.stop and failed) or self._left_s <= 0

    async def examine(self, box: Box, reference: Reference) -> None:
        """Run the tests that are code.

        Raises:
            GradeError: One of them is broken.
            SandboxError: The box failed.
        """
        exam = write_exam(self._plan, reference, stop=self.stop)
        await box.write(exam.secret, exam.content)
        outline = {"exam": exam.secret, "value_bytes": self._grader.output_bytes}
        result = await self._command(box, "examine", outline, len(self._plan.codes) + 1)
        examined = read_exam(result.report, exam)
        broken_exam(examined, reference)
        self._tampered = examined.tampered
        for number, _ in self._plan.codes:
            self._note(number, examined.failures.get(number, self._why_not(result)))

    async def run(self, box: Box, runs: Sequence[Run]) -> None:
        """Run tests whose outcome is compared here.

        Raises:
            SandboxError: The box failed.
        """
        tests = [(run.kind, run.given, run.limit_bytes) for run in runs]
        result = await self._command(
            box, "supervise", {"tests": tests, "stop": self.stop}, len(runs)
        )
        came = read_runs(result.report)
        for place, run in enumerate(runs):
            why = judge_run(run, came.get(place), self._grader.printed, self._likeness)
            self._note(run.number, self._why_not(result) if why == NOT_RUN else why)

    def _note(self, number: int, why: str) -> None:
        # What was not reached because an earlier test failed is no failure of its own.
        if not (self.over and why == NOT_RUN):
            self._failures[number] = why

    def _why_not(self, result: Result) -> str:
        return _KILLED.get(result.killed, NOT_RUN)

    async def _command(
        self, box: Box, module: str, asked: dict[str, object], n_tests: int
    ) -> Result:
        grader = self._grader
        wall_s = 2 * grader.time_s + 1
        job = {
            "program": self._program,
            "cpu_s": grader.time_s,
            "wall_s": wall_s,
            "memory_bytes": grader.memory_bytes,
            **asked,
        }
        timeout_s = min(n_tests * wall_s, self._left_s) + _PATIENCE_S
        result = await box.run(start_command(module), timeout_s=timeout_s, stdin=marshal.dumps(job))
        self._left_s -= result.duration_s
        if not result.stdout.startswith(STARTED.decode()):
            raise _not_started(result)
        return result

    def verdict(self) -> Verdict:
        """Return what all of it is worth."""
        n_tests = self._plan.n_tests
        if self._tampered:
            return Verdict(0.0, "tampered: a test that must fail passed")
        n_passed = sum(not why for why in self._failures.values())
        if n_passed == n_tests:
            return Verdict(1.0, f"passes all {n_tests} tests")
        wrong = [(number, why) for number, why in sorted(self._failures.items()) if why]
        number, why = wrong[0] if wrong else (n_passed, "took too long")
        note = f"test {number + 1} of {n_tests}: {why}"
        return Verdict(n_passed / n_tests if self._grader.partial else 0.0, note)


def _not_started(result: Result) -> SandboxError:
    said = (result.stderr or result.stdout).strip().splitlines()[-1:]
    last = said[0][:300] if said else f"exit {result.exit}, {result.killed or 'no output'}"
    return SandboxError(f"the runner of programs did not start in the box: {last}")
