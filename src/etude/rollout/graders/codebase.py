"""codebase: a function written anew for a real project, judged by the project's own tests."""

import ast
import asyncio
import re
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager

import msgspec

from etude.errors import ConfigError, GradeError, TaskError, blame
from etude.records import Reference
from etude.rollout.graders._base import Grader, Judge, Means, Verdict
from etude.rollout.graders._blocks import fenced, last_block
from etude.rollout.grading import TAMPERED, Canaried, cut_short, reason_to_drop, warm
from etude.rollout.splicing import Unfit, find_function, parse, splice
from etude.sandbox import Sandbox
from etude.store import CodebaseStore, Prepared

__all__ = ["CodebaseGrader", "FunctionHole", "fenced"]


_WORD = re.compile(r"\w+")
TRICKS = {
    "pytest", "_pytest", "unittest", "mock", "doctest", "gc", "ctypes", "marshal", "settrace",
    "setprofile", "__eq__", "__ne__", "__instancecheck__", "__subclasscheck__", "_getframe",
    "f_back", "f_locals", "tb_frame", "__subclasses__", "__code__", "__bases__",
}  # fmt: skip
"""Names that a function has no use for but to reach into its tests, or to be equal to all."""


class FunctionHole(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Which function of which codebase is to be written, and what judges it."""

    codebase: str
    """Digest of the prepared codebase."""
    source: str
    """What it can be prepared from, such as `pypi:h11==0.16.0`."""
    path: str
    """The function's file, relative to the codebase root."""
    function: str
    """Its qualified name, such as `Book.balance`."""
    first_line: int
    """The line it starts on, decorators included, counted from 1."""
    tests: tuple[str, ...]
    """Ids of the hidden tests; all of them must pass."""


class CodebaseGrader(Grader, frozen=True, kw_only=True):
    """Puts the function into the healthy project and runs hidden tests of the project on it.

    The function's header, decorators and docstring stay the project's; only the body is taken.
    """

    partial: bool = False
    """Pay the share of the hidden tests that pass, instead of nothing unless all do. Nothing is
    paid in any case when a test that must fail passes."""

    @asynccontextmanager
    async def open(self, means: Means) -> AsyncIterator[Judge]:
        """Hold a judge.

        Raises:
            ConfigError: There is no sandbox, or no store of codebases.
        """
        if means.sandbox is None:
            raise ConfigError("functions of a codebase are judged in a sandbox; name one")
        if means.codebases is None:
            raise ConfigError("functions of a codebase are judged with prepared codebases")
        yield CodebaseJudge(self, means.sandbox, means.codebases, means.jobs)

    def present(self, answer: str) -> str:
        """Return the function in a fenced block."""
        return fenced(answer)

    @property
    def instruction(self) -> str:
        """What is told of the form."""
        return (
            "Answer with the whole function, from its `def` line to its end, in one fenced block "
            "of Python; the last such block counts. Nothing else may stand in the block: keep the "
            "name and the parameters, and put imports and helpers inside the function."
        )


class CodebaseJudge(Judge):
    """Judges functions, a few at a time, each in a fresh box."""

    def __init__(
        self, grader: CodebaseGrader, sandbox: Sandbox, codebases: CodebaseStore, jobs: int
    ) -> None:
        self.grader = grader
        self.sandbox = sandbox
        self.codebases = codebases
        self._gate = asyncio.Semaphore(jobs)
        self._prepared: dict[str, Prepared] = {}
        self._finding = asyncio.Lock()

    async def judge(self, response: str, reference: Reference) -> Verdict:
        """Judge one response by the hidden tests.

        Raises:
            GradeError: The reference is broken, or its codebase is not prepared here.
            SandboxError: A box failed.
        """
        with blame(GradeError, f"reading what judges {reference.problem_id}"):
            hole = msgspec.json.decode(reference.data, type=FunctionHole)
        if not hole.tests:
            raise GradeError(f"{reference.problem_id}: no test judges it")
        prepared = await self._find(hole)
        healthy = _read(prepared, hole)
        block = last_block(response)
        if block is None:
            return Verdict(0.0, "there is no fenced block of Python")
        try:
            text = splice(healthy, hole.function, hole.first_line, block.text)
            _refuse_trickery(text, healthy, hole)
        except Unfit as refused:
            return Verdict(0.0, str(refused))
        except TaskError as broken:
            raise GradeError(f"{reference.problem_id}: {broken}") from broken
        async with self._gate:
            return await self._run(prepared, hole, text)

    async def _run(self, prepared: Prepared, hole: FunctionHole, text: str) -> Verdict:
        judge = Canaried(
            prepared,
            {hole.path: text},
            self.sandbox,
            hole.tests,
            give_up_after=0 if self.grader.partial else 1,
        )
        run = await judge.run(hole.tests)
        n_passed = sum(run.passed(test) for test in hole.tests)
        if judge.tampered:
            return Verdict(0.0, TAMPERED)
        if n_passed == len(hole.tests) and run.complete:
            return Verdict(1.0, f"passes {n_passed} hidden tests")
        note = cut_short(run) or f"passes {n_passed} of {len(hole.tests)} hidden tests"
        score = n_passed / len(hole.tests) if self.grader.partial and run.complete else 0.0
        return Verdict(score, note)

    async def _find(self, hole: FunctionHole) -> Prepared:
        async with self._finding:
            if hole.codebase in self._prepared:
                return self._prepared[hole.codebase]
            found = self.codebases.find(hole.codebase)
            if found is None:
                raise GradeError(
                    f"the codebase {hole.codebase[:16]} is not prepared here; prepare it with "
                    f"`etude swe prepare {hole.source}`, or unpack it from the data set"
                )
            # One that was unpacked from a data set brings no bytecode along.
            await warm(found, self.sandbox)
            self._prepared[hole.codebase] = found
            return found


def _refuse_trickery(text: str, healthy: str, hole: FunctionHole) -> None:
    """Refuse a function that speaks of the test run, where its own file does not.

    No wall, only a hedge: a name can be put together at run time.

    Raises:
        Unfit: It does.
    """
    node = find_function(parse(text), hole.function, hole.first_line).node
    spoken = {word for statement in node.body for word in _words(statement)}
    if found := sorted((TRICKS & spoken) - set(_WORD.findall(healthy))):
        raise Unfit(f"the function speaks of {', '.join(found)}, as its file does not")


def _words(statement: ast.stmt) -> Iterator[str]:
    """Yield the words of a statement's names and strings, but not of its comments."""
    for node in ast.walk(statement):
        for field in ("id", "attr", "name", "asname", "arg", "module", "value"):
            said = getattr(node, field, None)
            if isinstance(said, str):
                yield from _WORD.findall(said)


def _read(prepared: Prepared, hole: FunctionHole) -> str:
    """Return the healthy file of a function.

    Raises:
        GradeError: There is no such file among the project's own source.
    """
    path = prepared.source / hole.path
    inside = path.resolve() == prepared.source.resolve() / hole.path
    if not inside or reason_to_drop(hole.path, prepared.codebase) or not path.is_file():
        raise GradeError(f"{hole.path!r} is no source file of {prepared.codebase.name}")
    with blame(GradeError, f"reading {hole.path}"):
        return path.read_bytes().decode()
