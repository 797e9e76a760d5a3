"""Pose problems on what real calls return, and on which call returns a given value."""

import asyncio
import hashlib
from collections import Counter
from collections.abc import Mapping, Sequence
from random import Random
from typing import NamedTuple

import msgspec

from etude.errors import ConfigError, TaskError
from etude.records import Problem, Reference
from etude.rollout.calling import Call, CallTarget, run_calls
from etude.rollout.graders import Judge, Means, graders
from etude.rollout.graders.call import CallJudge, WantedValue
from etude.rollout.graders.codebase import fenced
from etude.rollout.graders.literal import canonical_text
from etude.rollout.splicing import Unfit, code_of, splice
from etude.stages.problems.from_code.calls import RecordedCall, record_calls
from etude.stages.problems.from_code.project import Project
from etude.stages.problems.from_code.proving import Mutants, origin_of
from etude.stages.problems.from_code.pure import PredictionGates, PureFunction, choose_pure
from etude.stages.problems.from_code.unit import CALLS, Made, Refused, Unit, UnitMade

OUTPUT, INPUT = "code/output", "code/input"
MAX_CALLS = 16
"""Calls of one function that are looked at."""
MUTANTS_TRIED = 6
_LEVELS = (500, 1000, 1800, 3200)
"""Characters shown up to which a problem is of level 1, 2, 3 and 4."""
_GUESSED = {canonical_text(text) for text in ("0", "1", "-1", "''", "b''", "[]", "()", "{}", "0.0")}


class _Known(NamedTuple):
    """A call whose value is sure."""

    call: Call
    value: str
    canonical: str


class Predictor:
    """Makes problems of the calls of one codebase."""

    def __init__(
        self,
        project: Project,
        judges: Mapping[str, Judge],
        means: Means,
        mutants: Mutants,
        gates: PredictionGates,
    ) -> None:
        if means.sandbox is None:
            raise ConfigError("calls are recorded and made in a sandbox; name one")
        self.project = project
        self.judges = judges
        self.sandbox = means.sandbox
        self.mutants = mutants
        self.gates = gates
        self.functions, self.reasons = choose_pure(project, gates)
        self._recording: asyncio.Task[dict[tuple[str, str], list[RecordedCall]]] | None = None

    def units(self, seed: int) -> list[Unit]:
        """Return the functions to be judged, in an order of chance."""
        functions = list(self.functions)
        Random(f"{seed}:{self.project.prepared.codebase.id}:calls").shuffle(functions)
        return [self._unit(function, seed) for function in functions]

    def _unit(self, function: PureFunction, seed: int) -> Unit:
        async def make() -> UnitMade:
            return await self.make(function, seed)

        return Unit(CALLS, f"{function.file.path}:{function.found.name}", make)

    async def make(self, function: PureFunction, seed: int) -> UnitMade:
        """Return the problems that the calls of one function make.

        Raises:
            Refused: There are none; the message says why.
            GradeError: There was no verdict.
            SandboxError: A box failed.
        """
        rng = Random(f"{seed}:{function.file.path}:{function.found.name}")
        target, calls = await self._sure_calls(function, rng)
        changed = await self._changed(function, target, calls, seed)
        made: list[Made] = []
        refused: Counter[str] = Counter()
        outputs = [k for k in calls if len(changed[k.canonical]) >= self.gates.n_mutants]
        if not outputs:
            refused["calls: mistakes change too little"] += 1
        asked = outputs[: self.gates.n_outputs]
        for known in asked:
            maker = self._output(function, target, known, changed[known.canonical])
            await self._keep(maker, "literal", _output_stubs(known), made, refused)
        # Those that were asked for their output come last.
        left = [*(k for k in calls if k not in asked), *reversed(asked)]
        for known in left[: self.gates.n_inputs]:
            others = [k for k in calls if k.canonical != known.canonical]
            if len(others) < self.gates.n_mutants:
                refused["calls: too few different results"] += 1
                break
            maker = self._input(function, target, known, others)
            name = target.function
            stubs = [Call(arguments=(known.value,)).written(name), Call().written(name)]
            await self._keep(maker, "call", stubs, made, refused)
        return UnitMade(made=tuple(made), refused=dict(refused))

    async def _sure_calls(
        self, function: PureFunction, rng: Random
    ) -> tuple[CallTarget, list[_Known]]:
        """Return some calls with results of their own, which two fresh processes give again."""
        if self._recording is None:
            recording = record_calls(self.project.prepared, self.functions, self.sandbox)
            self._recording = asyncio.create_task(recording)
        recorded = (await self._recording).get((function.file.path, function.found.name), [])
        rng.shuffle(recorded)
        if not recorded:
            raise Refused("calls: none with plain values")
        module = recorded[0].module
        target = CallTarget(module=module, function=function.found.name, listed=function.yields)
        recorded = [one for one in recorded if one.module == module]
        if function.yields:
            recorded = await self._filled(target, recorded[: 2 * MAX_CALLS])
        known: dict[str, _Known] = {}
        for one in recorded:
            if _bare(one.call.written(one.function)) in _bare(function.shown):
                continue
            if (found := self._known(one)) is not None:
                known.setdefault(found.canonical, found)
        calls = list(known.values())[:MAX_CALLS]
        if not calls:
            raise Refused("calls: none with plain values")
        for hash_seed in (1, 2):
            returned = await run_calls(
                self.project.prepared,
                target,
                [known.call for known in calls],
                self.sandbox,
                hash_seed=hash_seed,
            )
            pairs = zip(calls, returned, strict=True)
            calls = [k for k, r in pairs if _canonical(r.value) == k.canonical]
        if not calls:
            raise Refused("calls: results differ from run to run")
        return target, calls

    async def _filled(
        self, target: CallTarget, recorded: Sequence[RecordedCall]
    ) -> list[RecordedCall]:
        """Return the calls with their values, which the recorder could not see."""
        calls = [one.call for one in recorded]
        returned = await run_calls(self.project.prepared, target, calls, self.sandbox)
        return [
            msgspec.structs.replace(one, value=got.value)
            for one, got in zip(recorded, returned, strict=True)
        ]

    def _known(self, recorded: RecordedCall) -> _Known | None:
        """Return a call when it is worth asking for; `None` when its result is given away."""
        call, value = recorded.call, recorded.value
        arguments = [*call.arguments, *call.named.values()]
        canonical = _canonical(value)
        if not canonical or canonical in _GUESSED or not arguments:
            return None
        if canonical in map(_canonical, arguments):
            return None
        longest = self.gates.max_value_chars
        if len(value) > longest or sum(map(len, arguments)) > longest:
            return None
        return _Known(call, value, canonical)

    async def _changed(
        self, function: PureFunction, target: CallTarget, calls: Sequence[_Known], seed: int
    ) -> dict[str, list[str]]:
        """Return what mistakes in the function make of each call: nothing for an error."""
        node, text = function.found.node, function.file.text
        code = code_of(text, node)
        lines = frozenset(range(1, len(code.splitlines()) + 1))
        changed: dict[str, list[str]] = {known.canonical: [] for known in calls}
        proposed = self.mutants(code, lines, seed)
        for _ in range(MUTANTS_TRIED):
            enough = all(len(values) >= self.gates.n_mutants for values in changed.values())
            if enough or (mutant := next(proposed, None)) is None:
                break
            try:
                broken = splice(text, function.found.name, node.lineno, mutant)
            except (Unfit, TaskError):
                continue
            returned = await run_calls(
                self.project.prepared,
                target,
                [known.call for known in calls],
                self.sandbox,
                files={function.file.path: broken},
            )
            for known, got in zip(calls, returned, strict=True):
                if _canonical(got.value) != known.canonical:
                    changed[known.canonical].append(got.value)
        return changed

    def _output(
        self, function: PureFunction, target: CallTarget, known: _Known, wrong: Sequence[str]
    ) -> Made:
        call = target.written(known.call)
        statement = f"{self._shown(function)}\n\nWhat does this return?\n\n{fenced(call)}"
        problem = self._problem(function, OUTPUT, statement, "literal", call)
        values = [value for value in dict.fromkeys(wrong) if _canonical(value)]
        reference = Reference(
            problem_id=problem.id,
            answer=known.value,
            grader='{"use":"literal"}',
            near_misses=tuple(values[:5]),
        )
        return Made(problem=problem, reference=reference)

    def _input(
        self, function: PureFunction, target: CallTarget, known: _Known, others: Sequence[_Known]
    ) -> Made:
        name = function.found.name
        what = f"with which `list({name}(…))` is" if target.listed else "that returns"
        statement = (
            f"{self._shown(function)}\n\nFind a call of `{name}` {what} exactly this value."
            f"\n\n{fenced(known.value)}"
        )
        problem = self._problem(function, INPUT, statement, "call", known.value)
        card = self.project.prepared.codebase
        wanted = WantedValue(
            codebase=card.id, source=card.origin.source, target=target, wanted=known.value
        )
        reference = Reference(
            problem_id=problem.id,
            answer=known.call.written(name),
            grader='{"use":"call"}',
            entry=name,
            near_misses=tuple(o.call.written(name) for o in others[: self.gates.n_mutants]),
            data=msgspec.json.encode(wanted).decode(),
        )
        return Made(problem=problem, reference=reference)

    async def _keep(
        self,
        made: Made,
        grader: str,
        stubs: Sequence[str],
        kept: list[Made],
        refused: Counter[str],
    ) -> None:
        """Judge a problem's answer, stubs and near misses; keep it when all is as it must be."""
        judge, present = self.judges[grader], graders.make(grader).present
        reference = made.reference
        texts = [reference.answer, *stubs, *reference.near_misses]
        responses = [present(text) for text in texts]
        if isinstance(judge, CallJudge):
            right, *wrong = await judge.judge_all(responses, reference)
        else:
            right, *wrong = [await judge.judge(one, reference) for one in responses]
        if right.score < 1:
            refused["calls: the answer is refused"] += 1
        elif any(verdict.score > 0 for verdict in wrong):
            refused["calls: guessed without thought"] += 1
        else:
            kept.append(made)

    def _shown(self, function: PureFunction) -> str:
        return (
            f"From `{function.file.path}` of the Python project {self.project.title}, the function "
            f"`{function.found.name}` and what it uses:\n\n{fenced(function.shown)}"
        )

    def _problem(
        self, function: PureFunction, topic: str, statement: str, grader: str, key: str
    ) -> Problem:
        card = self.project.prepared.codebase
        text = f"{card.id}:{topic}:{function.file.path}:{function.found.name}:{key}"
        return Problem(
            id=f"{card.name.lower()}-{hashlib.sha256(text.encode()).hexdigest()[:12]}",
            origin=origin_of(self.project, function.file.path),
            statement=statement,
            instruction=graders.make(grader).instruction,
            topic=topic,
            family=self.project.title,
            level=1 + sum(len(function.shown) > most for most in _LEVELS),
        )


def _bare(text: str) -> str:
    return "".join(text.split())


def _output_stubs(known: _Known) -> list[str]:
    """Return answers that take no thought: nothing, the arguments themselves."""
    return ["None", "''", "[]", *known.call.arguments, *known.call.named.values()]


def _canonical(text: str) -> str:
    """Return the canonical text of a literal; empty when it is none."""
    try:
        return canonical_text(text)
    except Unfit:
        return ""
