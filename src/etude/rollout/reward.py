"""Reward: graders as a plain function, for trainers that know nothing of asyncio."""

import asyncio
import atexit
import threading
from collections.abc import Callable, Mapping, Sequence
from contextlib import AbstractAsyncContextManager

import msgspec

from etude.errors import GradeError, RecordError
from etude.records import Grade, Reference
from etude.rollout.bench import Bench, open_bench
from etude.rollout.graders import Means

Completion = str | Sequence[Mapping[str, object]]
"""What a model said: a text, or the messages of a conversation."""


class Reward:
    """Grades responses from any thread; its judges stay open until `close`, or the program's end.

    A reward is the grade's score, and `None` where there is no verdict: trainers leave such a row
    out of their averages instead of taking it for a wrong answer.
    """

    def __init__(self, means: Means | None = None) -> None:
        """Start the thread that judges work in.

        Args:
            means: What judges may use; without any, nothing that needs a sandbox can be judged.
        """
        self._means = means or Means()
        self._lock = threading.Lock()
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever, daemon=True)
        self._thread.start()
        self._bench: Bench | None = None
        self._holder: AbstractAsyncContextManager[Bench] = open_bench(self._means)
        atexit.register(self.close)

    def grades(self, responses: Sequence[str], references: Sequence[Reference]) -> list[Grade]:
        """Return the grade of each response.

        Raises:
            ConfigError: A grader cannot be had here.
            GradeError: It was closed.
            ValueError: There are not as many references as responses.
        """
        if len(responses) != len(references):
            raise ValueError(f"{len(responses)} responses and {len(references)} references")
        with self._lock:
            if self._loop.is_closed():
                raise GradeError("this reward was closed; make another one")
            work = self._grade_all(responses, references)
            return asyncio.run_coroutine_threadsafe(work, self._loop).result()

    def __call__(
        self, responses: Sequence[str], references: Sequence[Reference | str]
    ) -> list[float | None]:
        """Return the score of each response; references may also be given as their JSON.

        Raises:
            ConfigError: A grader cannot be had here.
            GradeError: It was closed.
            RecordError: A reference is not one.
            ValueError: There are not as many references as responses.
        """
        read = [r if isinstance(r, Reference) else read_reference(r) for r in references]
        return [grade.score for grade in self.grades(responses, read)]

    def close(self) -> None:
        """Close the judges; does nothing when they are closed."""
        with self._lock:
            if self._loop.is_closed():
                return
            asyncio.run_coroutine_threadsafe(self._shut(), self._loop).result()
            self._loop.call_soon_threadsafe(self._loop.stop)
            self._thread.join()
            self._loop.close()
            atexit.unregister(self.close)

    async def _grade_all(
        self, responses: Sequence[str], references: Sequence[Reference]
    ) -> list[Grade]:
        if self._bench is None:
            self._bench = await self._holder.__aenter__()
        bench = self._bench
        gate = asyncio.Semaphore(4 * self._means.jobs)

        async def one(response: str, reference: Reference) -> Grade:
            async with gate:
                return await bench.grade(response, reference)

        pairs = zip(responses, references, strict=True)
        return list(await asyncio.gather(*(one(*pair) for pair in pairs)))

    async def _shut(self) -> None:
        if self._bench is not None:
            await self._holder.__aexit__(None, None, None)


def make_reward_function(
    sandbox: str = "bubblewrap", *, jobs: int = 2
) -> Callable[..., list[float | None]]:
    """Return a reward function as TRL's trainers call it, `etude_reward`.

    It takes `completions`, as texts or as conversations, and the column `reference`, and ignores
    every other column. Nothing is opened before the first call.

    Args:
        sandbox: Name of the sandbox that programs run in; used only where an answer is a program.
        jobs: How many responses are judged side by side.
    """
    held: list[Reward] = []
    lock = threading.Lock()

    def etude_reward(
        completions: Sequence[Completion], reference: Sequence[str], **_columns: object
    ) -> list[float | None]:
        with lock:
            if not held:
                held.append(Reward(Means.here(sandbox, jobs=jobs)))
        return held[0]([text_of(completion) for completion in completions], reference)

    return etude_reward


def text_of(completion: Completion) -> str:
    """Return what a completion says last: a text as it is, of a conversation its last message."""
    if isinstance(completion, str):
        return completion
    said = completion[-1].get("content") if completion else ""
    if isinstance(said, str):
        return said
    parts = said if isinstance(said, list) else []
    return "".join(str(part.get("text", "")) for part in parts if isinstance(part, dict))


def read_reference(text: str) -> Reference:
    """Read a reference from its JSON, as shipped rows hold it.

    Raises:
        RecordError: It is not one.
    """
    try:
        return msgspec.json.decode(text, type=Reference)
    except msgspec.DecodeError as cause:
        raise RecordError(f"this is no reference of a problem: {cause}: {text[:80]}") from cause
