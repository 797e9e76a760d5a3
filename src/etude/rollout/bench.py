"""Bench: every judge that a data set of problems needs, opened when first asked for."""

import asyncio
import time
from collections.abc import AsyncGenerator
from contextlib import AsyncExitStack, asynccontextmanager

import msgspec

from etude.errors import ConfigError, EtudeError, GradeError, blame
from etude.records import Grade, Reference
from etude.rollout.graders import Judge, Means, graders


class Bench:
    """Grades responses to problems, each by the grader that its reference names."""

    def __init__(self, means: Means, stack: AsyncExitStack) -> None:
        self._means = means
        self._stack = stack
        self._judges: dict[str, asyncio.Task[Judge]] = {}

    async def grade(self, response: str, reference: Reference, *, episode_id: str = "") -> Grade:
        """Judge one response. A failure that is not the response's is a fault in the grade.

        Raises:
            ConfigError: The grader cannot be had here: unknown, an extra or a sandbox is missing.
        """
        started = time.monotonic()
        score, note, fault = None, "", ""
        try:
            judge = await self._judge(reference.grader)
            score, note = await judge.judge(response, reference)
        except ConfigError:
            raise
        except EtudeError as error:
            fault = f"{type(error).__name__}: {error}"
        return Grade(
            episode_id=episode_id or f"{reference.problem_id}-answer",
            task_id=reference.problem_id,
            score=score,
            fault=fault,
            note=note,
            duration_s=round(time.monotonic() - started, 6),
        )

    async def _judge(self, grader: str) -> Judge:
        if grader not in self._judges:
            self._judges[grader] = asyncio.create_task(self._open(grader))
        return await self._judges[grader]

    async def _open(self, grader: str) -> Judge:
        with blame(GradeError, f"reading the grader {grader!r}"):
            settings = msgspec.json.decode(grader, type=dict[str, object])
        made = graders.make(settings)
        return await self._stack.enter_async_context(made.open(self._means))


@asynccontextmanager
async def open_bench(means: Means | None = None) -> AsyncGenerator[Bench]:
    """Hold a bench; its judges close with it.

    Args:
        means: What judges may use; without any, nothing that needs a sandbox can be judged.
    """
    async with AsyncExitStack() as stack:
        yield Bench(means or Means(), stack)
