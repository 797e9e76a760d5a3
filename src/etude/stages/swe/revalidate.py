"""Validate a data set again from nothing: only what it ships is used, on this machine, now."""

import asyncio
import tempfile
from collections.abc import Callable
from pathlib import Path

import msgspec

from etude.errors import EtudeError
from etude.records import AnswerKey
from etude.rollout.environment import Environment, open_environments
from etude.rollout.grading import grade, run_tests, warm
from etude.sandbox import Sandbox
from etude.store import CodebaseStore, Dataset


class TaskCheck(msgspec.Struct, frozen=True, kw_only=True):
    """What one task did when it was judged again."""

    task_id: str
    oracle: tuple[float | None, ...]
    """Score of the solution patch in each repeat; `None` for a fault."""
    noop: tuple[float | None, ...]
    """Score of an empty patch in each repeat."""
    visible: str
    """Why the suite in the agent's tree is not green; empty when it is."""

    @property
    def problems(self) -> tuple[str, ...]:
        """What is wrong with the task, in words; empty when all holds."""
        found = []
        if None in self.oracle + self.noop:
            found.append("no verdict")
        if any(score not in (1.0, None) for score in self.oracle):
            found.append("the solution does not score 1")
        if any(score not in (0.0, None) for score in self.noop):
            found.append("an empty patch does not score 0")
        if len(set(self.oracle)) > 1 or len(set(self.noop)) > 1:
            found.append("the verdict flakes")
        if self.visible:
            found.append(self.visible)
        return tuple(found)


Tell = Callable[[TaskCheck, int, int], None]


async def revalidate(
    dataset: Dataset,
    sandbox: Sandbox,
    *,
    repeats: int = 2,
    jobs: int = 2,
    tell: Tell = lambda check, n_done, n_all: None,
) -> list[TaskCheck]:
    """Judge every task's solution and an empty patch again, `repeats` times each.

    The codebases are unpacked from the data set into a store of their own.

    Raises:
        ConfigError: The answer keys were withheld.
        RecordError: The data set is damaged.
    """
    sandbox.check()
    keys = {key.task_id: key for key in dataset.keys()}
    gate = asyncio.Semaphore(jobs)
    n_done = 0
    with tempfile.TemporaryDirectory(prefix="etude-") as folder:
        environments = list(open_environments(dataset, CodebaseStore(Path(folder))))
        for prepared in {e.task.codebase: e.prepared for e in environments}.values():
            await warm(prepared, sandbox)

        async def one(environment: Environment) -> TaskCheck:
            nonlocal n_done
            async with gate:
                check = await _check(environment, keys[environment.task.id], sandbox, repeats)
            n_done += 1
            tell(check, n_done, len(environments))
            return check

        async with asyncio.TaskGroup() as group:
            running = [group.create_task(one(environment)) for environment in environments]
    return [task.result() for task in running]


async def _check(
    environment: Environment, key: AnswerKey, sandbox: Sandbox, repeats: int
) -> TaskCheck:
    oracle, noop = [], []
    for _ in range(repeats):
        oracle.append((await grade(environment, key, key.oracle_patch, sandbox)).score)
        noop.append((await grade(environment, key, "", sandbox)).score)
    return TaskCheck(
        task_id=environment.task.id,
        oracle=tuple(oracle),
        noop=tuple(noop),
        visible=await _visible(environment, key, sandbox),
    )


async def _visible(environment: Environment, key: AnswerKey, sandbox: Sandbox) -> str:
    """Run the suite that is left in the agent's tree; say why it is not green."""
    files: dict[str, str | None] = dict(environment.start_files())
    try:
        run = await run_tests(environment.prepared, files, sandbox)
    except EtudeError as error:
        return f"the visible suite gave no verdict: {error}"
    hidden = set(key.hidden)
    for test in environment.prepared.codebase.tests:
        result = run.results.get(test.id)
        if (result is None) != (test.id in hidden):
            return f"the visible suite differs at {test.id}"
        if result is not None and result.outcome != test.outcome:
            return f"the visible suite is not green: {test.id}"
    return ""
