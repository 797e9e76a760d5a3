r"""reasoning_gym: reasoning-gym's own scorers, in processes that are killed when they hang.

The reference's `data` holds the data set, its level and the entry, as the family of the same name
writes it. The last `\boxed{…}` of a response is the answer.
"""

import math
import re
from collections.abc import AsyncGenerator
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from importlib.util import find_spec

import msgspec

from etude.errors import ConfigError, GradeError, blame
from etude.records import Reference
from etude.rollout.graders._base import Grader, Judge, Means, Verdict
from etude.rollout.graders._extract import extract
from etude.rollout.graders._pool import OutOfTime, WorkerPool

MEMORY_BYTES = 4 << 30
_TEXT = re.compile(r"\\(?:text|texttt|textbf|mathrm|mbox)\{(.*)\}", re.DOTALL)
_HEDGE = re.compile(r"\b(?:or|not|maybe|either|neither|anything)\b", re.IGNORECASE)
"""Many scorers look for the answer anywhere in what they are given."""
_ESCAPED = re.compile(r"\\([#$%&_{}])")


class ReasoningGymGrader(Grader, frozen=True, kw_only=True):
    """Has reasoning-gym score a response, and pays what is entirely right."""

    partial: bool = False
    """Whether to pay what the scorer gives to answers that are not right. Many scorers give
    something to rubbish."""
    timeout_s: float = 10.0
    """How long a scorer may take for one answer, in seconds."""

    def open(self, means: Means) -> AbstractAsyncContextManager[Judge]:
        """Hold a judge with a pool of workers.

        Raises:
            ConfigError: reasoning-gym is not installed.
        """
        if find_spec("reasoning_gym") is None:
            raise ConfigError(
                "the grader 'reasoning_gym' needs the package 'reasoning-gym'; "
                "pip install 'etude[reasoning-gym]'"
            )
        return self._hold(means)

    @asynccontextmanager
    async def _hold(self, means: Means) -> AsyncGenerator[Judge]:
        function = "etude.rollout.graders._reasoning_gym:score"
        async with WorkerPool(function, jobs=means.jobs, memory_bytes=MEMORY_BYTES) as pool:
            yield _Scorer(pool, self)

    def present(self, answer: str) -> str:
        """Return the answer in a box."""
        return f"\\boxed{{{answer}}}"

    @property
    def instruction(self) -> str:
        """What whoever answers is told."""
        return (
            "Put your final answer, in the form that is asked for and with nothing else, inside "
            "\\boxed{}."
        )


class _Scorer(Judge):
    """Asks the workers."""

    def __init__(self, pool: WorkerPool, settings: ReasoningGymGrader) -> None:
        self._pool = pool
        self._settings = settings

    async def judge(self, response: str, reference: Reference) -> Verdict:
        answer, reason = extract(response, ("boxed",))
        if answer is None:
            return Verdict(0.0, reason)
        if _hedges(answer) - _hedges(reference.answer):
            return Verdict(0.0, "hedges instead of answering")
        asked = {"data": reference.data, "answers": _readings(answer)}
        try:
            payload = msgspec.json.encode(asked)
        except UnicodeEncodeError:
            return Verdict(0.0, "the answer is no text that can be written down")
        try:
            said = await self._pool.ask(payload, timeout_s=self._settings.timeout_s)
        except OutOfTime as spent:
            return Verdict(0.0, f"the scorer {spent}")
        with blame(GradeError, "reading what the scorer said"):
            scored = msgspec.json.decode(said, type=_Scored)
        if scored.fault:
            raise GradeError(scored.fault)
        return self._verdict(scored.score, scored.note)

    def _verdict(self, paid: float, note: str) -> Verdict:
        if paid == 1.0 or (self._settings.partial and math.isfinite(paid)):
            return Verdict(min(max(paid, 0.0), 1.0), note or f"reasoning-gym pays {paid:g}")
        return Verdict(0.0, note or f"reasoning-gym pays {paid:g} of 1")


class _Scored(msgspec.Struct, forbid_unknown_fields=True):
    """What a worker answers."""

    score: float
    note: str
    fault: str


def _readings(answer: str) -> list[str]:
    r"""Return what a box may mean as plain text: as it is, without spaces, `\text` or escapes."""
    stripped = answer.strip()
    inner = _TEXT.fullmatch(stripped)
    plain = inner[1].strip() if inner else stripped
    if len(plain) > 2 and plain[0] == plain[-1] == "$":
        plain = plain[1:-1]
    return list(dict.fromkeys([answer, stripped, plain, _ESCAPED.sub(r"\1", plain)]))


def _hedges(text: str) -> set[str]:
    """Return the words of a text by which it says less than an answer."""
    return {word.casefold() for word in _HEDGE.findall(text)}
