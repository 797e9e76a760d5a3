"""Prove a problem with the grader that will judge it: the original passes, mistakes do not."""

import ast
import hashlib
from collections.abc import Callable, Iterator

import msgspec

from etude import __version__
from etude.errors import TaskError
from etude.records import Origin, Problem, Reference
from etude.rollout.graders import Judge, Means, Verdict, graders
from etude.rollout.graders.codebase import FunctionHole
from etude.rollout.grading import BROKEN_OFF, OUT_OF_TIME, run_tests
from etude.rollout.splicing import Unfit, body_lines, functions_of, parse, splice, split_lines
from etude.rollout.suites import SuiteRun
from etude.stages.problems.from_code.functions import Candidate, FunctionGates
from etude.stages.problems.from_code.project import Project
from etude.stages.problems.from_code.statement import Unclear, write_statement
from etude.stages.problems.from_code.unit import FUNCTION, Made, Refused, Unit, UnitMade

MADE_BY = f"etude.stages.problems.from_code {__version__}"
GRADER = '{"use":"codebase"}'
TOPIC = "code/implement"
MORE_TESTS = 3
"""Tests that are added when those that judge let a mistake pass."""

MAX_OTHERS = 60
"""Further tests that are asked when those that judge let a mistake pass, fastest first."""

Mutants = Callable[[str, frozenset[int], int], Iterator[str]]
"""Proposes mistakes: from the code of one function, which of its lines tests run (counted from 1)
and a seed to the codes of functions that differ from it by one small mistake each."""


class FunctionProver:
    """Makes problems of the functions of one codebase."""

    def __init__(
        self, project: Project, judge: Judge, means: Means, mutants: Mutants, gates: FunctionGates
    ) -> None:
        self.project = project
        self.judge = judge
        self.means = means
        self.mutants = mutants
        self.gates = gates

    def unit(self, candidate: Candidate, seed: int) -> Unit:
        """Return the proving of a function as something to be done."""

        async def make() -> UnitMade:
            return UnitMade(made=(await self.prove(candidate, seed),))

        key = f"{candidate.file.path}:{candidate.name}:{candidate.first_line}"
        return Unit(FUNCTION, key, make)

    async def prove(self, candidate: Candidate, seed: int) -> Made:
        """Turn a function into a proved problem.

        Raises:
            Refused: It is none; the message says why.
            GradeError: There was no verdict.
            SandboxError: A box failed.
        """
        try:
            statement = write_statement(candidate, self.project)
        except Unclear as cause:
            raise Refused(str(cause)) from cause
        problem = self._problem(candidate, statement, seed)
        reference = self._reference(candidate, problem.id)
        caught: list[str] = []
        for mutant in self._mutants(candidate, seed):
            verdict = await self._judged(reference, mutant)
            if verdict.score > 0:
                reference = await self._sharpen(candidate, reference, mutant)
            elif verdict.note in (OUT_OF_TIME, BROKEN_OFF):
                continue  # It may be the machine that is slow: this proves nothing.
            caught.append(mutant)
            if len(caught) == self.gates.n_mutants:
                break
        if len(caught) < self.gates.n_mutants:
            raise Refused("too few mistakes can be put into it")
        for stub in stubs(candidate.code):
            if await self._passes(reference, stub):
                raise Refused("tests too weak: a stub passes")
        # Last, because by then it may be judged by more tests; most are refused before.
        if not await self._passes(reference, candidate.code):
            raise Refused("the original is refused")
        reference = msgspec.structs.replace(reference, near_misses=tuple(caught))
        return Made(problem=problem, reference=reference)

    async def _judged(self, reference: Reference, code: str) -> Verdict:
        response = graders.make({"use": "codebase"}).present(code)
        return await self.judge.judge(response, reference)

    async def _passes(self, reference: Reference, code: str) -> bool:
        return (await self._judged(reference, code)).score > 0

    def _mutants(self, candidate: Candidate, seed: int) -> Iterator[str]:
        original = ast.dump(parse(candidate.code))
        proposed = self.mutants(candidate.code, candidate.covered, seed)
        return (code for code in proposed if ast.dump(parse(code)) != original)

    async def _sharpen(self, candidate: Candidate, reference: Reference, mutant: str) -> Reference:
        """Add tests that refuse a mistake which passes.

        Raises:
            Refused: No test that reaches the function does.
        """
        others = [test for test in candidate.reaching if test not in _hole(reference).tests]
        others = others[:MAX_OTHERS]
        if not others or self.means.sandbox is None:
            raise Refused("tests too weak: a mistake passes")
        try:
            text = splice(candidate.file.text, candidate.name, candidate.first_line, mutant)
        except (Unfit, TaskError) as cause:
            raise Refused("a mistake cannot be put into it") from cause
        run = await run_tests(
            self.project.prepared,
            {candidate.file.path: text},
            self.means.sandbox,
            tests=others,
            give_up_after=1,
        )
        failing = [test for test in others if _fails(run, test)]
        if not failing:
            raise Refused("tests too weak: a mistake passes")
        hole = _hole(reference)
        more = msgspec.structs.replace(hole, tests=(*hole.tests, *failing[:MORE_TESTS]))
        sharper = msgspec.structs.replace(reference, data=msgspec.json.encode(more).decode())
        verdict = await self._judged(sharper, mutant)
        if verdict.score > 0 or verdict.note in (OUT_OF_TIME, BROKEN_OFF):
            raise Refused("tests too weak: a mistake passes")
        return sharper

    def _problem(self, candidate: Candidate, statement: str, seed: int) -> Problem:
        card = self.project.prepared.codebase
        key = f"{card.id}:{candidate.file.path}:{candidate.name}:{candidate.first_line}:{seed}"
        return Problem(
            id=f"{card.name.lower()}-{hashlib.sha256(key.encode()).hexdigest()[:12]}",
            origin=origin_of(self.project, candidate.file.path),
            statement=statement,
            instruction=graders.make({"use": "codebase"}).instruction,
            topic=TOPIC,
            family=self.project.title,
            level=candidate.level,
        )

    def _reference(self, candidate: Candidate, problem_id: str) -> Reference:
        card = self.project.prepared.codebase
        hole = FunctionHole(
            codebase=card.id,
            source=card.origin.source,
            path=candidate.file.path,
            function=candidate.name,
            first_line=candidate.first_line,
            tests=candidate.tests,
        )
        return Reference(
            problem_id=problem_id,
            answer=candidate.code,
            grader=GRADER,
            entry=candidate.found.node.name,
            data=msgspec.json.encode(hole).decode(),
        )


def origin_of(project: Project, path: str) -> Origin:
    """Return the origin of a problem that a file of a project gave."""
    card = project.prepared.codebase
    return Origin(
        source=f"{card.origin.source}#{path}",
        licence=card.origin.licence,
        made_by=MADE_BY,
        parents=(card.id,),
    )


def _fails(run: SuiteRun, test: str) -> bool:
    """Whether a test fails, and not for want of time."""
    result = run.results.get(test)
    if result is None or result.outcome == "passed":
        return False
    return result.failure is None or result.failure.exception != "TestTimedOut"


def _hole(reference: Reference) -> FunctionHole:
    return msgspec.json.decode(reference.data, type=FunctionHole)


def stubs(code: str) -> Iterator[str]:
    """Yield a function with empty bodies: one that raises, one that returns nothing, an echo."""
    (found,) = functions_of(parse(code))
    start, _ = body_lines(found.node)
    lines = split_lines(code)
    indent = lines[start - 1][: len(lines[start - 1]) - len(lines[start - 1].lstrip())]
    bodies = ["raise NotImplementedError", "return None"]
    names = [a.arg for a in [*found.node.args.posonlyargs, *found.node.args.args]]
    names = [name for name in names if name not in ("self", "cls")]
    if names:
        bodies.append(f"return {names[0]}")
    head = "".join(lines[: start - 1])
    yield from (f"{head}{indent}{body}" for body in bodies)
