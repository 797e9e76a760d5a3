"""call: find arguments with which a function of a real project returns a given value."""

import ast
import asyncio
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager

import msgspec

from etude.errors import ConfigError, GradeError, blame
from etude.records import Reference
from etude.rollout.calling import Call, CallTarget, Returned, run_calls
from etude.rollout.graders._base import Grader, Judge, Means, Verdict
from etude.rollout.graders._blocks import fenced
from etude.rollout.graders._literals import (
    MAX_CHARS,
    answer_in,
    canonical,
    canonical_text,
    value_of,
)
from etude.rollout.splicing import Unfit, parse
from etude.sandbox import Sandbox
from etude.store import CodebaseStore


class WantedValue(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Which function of which codebase is to be called, and what it must return."""

    codebase: str
    """Digest of the prepared codebase."""
    source: str
    """What it can be prepared from."""
    target: CallTarget
    wanted: str
    """The value as a Python literal."""


class CallGrader(Grader, frozen=True, kw_only=True):
    """Calls the healthy function in a box with the literals that were given."""

    timeout_s: float = 10.0
    """Wall time of one call, the start of Python included."""

    @asynccontextmanager
    async def open(self, means: Means) -> AsyncIterator[Judge]:
        """Hold a judge.

        Raises:
            ConfigError: There is no sandbox, or no store of codebases.
        """
        if means.sandbox is None or means.codebases is None:
            raise ConfigError("functions are called in a sandbox and with prepared codebases")
        yield CallJudge(self, means.sandbox, means.codebases, means.jobs)

    def present(self, answer: str) -> str:
        """Return the call in a fenced block."""
        return fenced(answer)

    @property
    def instruction(self) -> str:
        """What is told of the form."""
        return (
            "Answer with one call of the function, its arguments written as Python literals, in "
            "one fenced block of Python; the last such block counts."
        )


class CallJudge(Judge):
    """Runs calls, a few at a time, each in a fresh box."""

    def __init__(
        self, grader: CallGrader, sandbox: Sandbox, codebases: CodebaseStore, jobs: int
    ) -> None:
        self.grader = grader
        self.sandbox = sandbox
        self.codebases = codebases
        self._gate = asyncio.Semaphore(jobs)

    async def judge(self, response: str, reference: Reference) -> Verdict:
        """Judge one response by calling the function.

        Raises:
            GradeError: The reference is broken, or its codebase is not prepared here.
            SandboxError: A box failed.
        """
        (verdict,) = await self.judge_all([response], reference)
        return verdict

    async def judge_all(self, responses: Sequence[str], reference: Reference) -> list[Verdict]:
        """Judge responses to one problem in one box, each call in a process of its own.

        For responses of ours: calls of strangers could leave files for the ones after them.

        Raises:
            GradeError: The reference is broken, or its codebase is not prepared here.
            SandboxError: A box failed.
        """
        with blame(GradeError, f"reading what judges {reference.problem_id}"):
            goal = msgspec.json.decode(reference.data, type=WantedValue)
        prepared = self.codebases.find(goal.codebase)
        if prepared is None:
            raise GradeError(
                f"the codebase {goal.codebase[:16]} is not prepared here; prepare it with "
                f"`etude swe prepare {goal.source}`, or unpack it from the data set"
            )
        try:
            wanted = canonical_text(goal.wanted)
        except Unfit as broken:
            raise GradeError(f"{reference.problem_id}: its value: {broken}") from broken
        verdicts: dict[int, Verdict] = {}
        calls: dict[int, Call] = {}
        for number, response in enumerate(responses):
            try:
                calls[number] = read_call(answer_in(response), goal.target)
            except Unfit as refused:
                verdicts[number] = Verdict(0.0, str(refused))
        async with self._gate:
            returned = await run_calls(
                prepared,
                goal.target,
                list(calls.values()),
                self.sandbox,
                timeout_s=self.grader.timeout_s,
            )
        for number, got in zip(calls, returned, strict=True):
            verdicts[number] = _compared(got, wanted)
        return [verdicts[number] for number in range(len(responses))]


def _compared(returned: Returned, wanted: str) -> Verdict:
    if returned.error:
        return Verdict(0.0, f"the call fails: {returned.error[:200]}")
    try:
        same = canonical_text(returned.value) == wanted
    except Unfit:
        same = False
    return Verdict(1.0, "equal") if same else Verdict(0.0, "returns another value")


def read_call(text: str, target: CallTarget) -> Call:
    """Return the arguments of a call of a function whose arguments are literals.

    Raises:
        Unfit: It is no such call.
    """
    if len(text) > MAX_CHARS:
        raise Unfit(f"the answer is longer than {MAX_CHARS} characters")
    try:
        body = parse(text).body
    except SyntaxError as cause:
        raise Unfit(f"the answer is not valid Python: {str(cause)[:200]}") from cause
    if len(body) != 1 or not isinstance(body[0], ast.Expr):
        raise Unfit("the answer must be one call")
    call = body[0].value
    if target.listed and isinstance(call, ast.Call) and isinstance(call.func, ast.Name):
        # Whether the call itself is meant or the list of what it yields makes no difference.
        call = call.args[0] if call.func.id == "list" and len(call.args) == 1 else call
    if not isinstance(call, ast.Call) or not isinstance(call.func, ast.Name):
        raise Unfit("the answer must be one call")
    if call.func.id != target.function:
        raise Unfit(f"the answer must call {target.function}")
    values = [value_of(node) for node in call.args]
    named = {k.arg or "": value_of(k.value) for k in call.keywords}
    if "" in named or len(named) < len(call.keywords):
        raise Unfit("arguments must be given one by one")
    for value in [*values, *named.values()]:
        canonical(value)
    try:
        arguments = [repr(value) for value in values]
        return Call(arguments=tuple(arguments), named={k: repr(v) for k, v in named.items()})
    except ValueError as cause:
        raise Unfit("a number in the answer is too large") from cause
