"""Repairing: codebases with bugs as environments with tools, judged by hidden tests in fresh boxes.

TRL calls tools and rewards without asyncio; boxes live in a thread of their own. What a tool is
asked wrongly is answered by the toolbox; a box that fails is a fault, and its answer is not paid.
"""

import asyncio
import threading
from collections.abc import Callable, Coroutine, Sequence
from typing import Any, TypeVar

from transformers import PreTrainedModel, PreTrainedTokenizerFast

from etude.errors import ConfigError, EtudeError
from etude.records import AnswerKey, Task, ToolCall
from etude.rollout import Environment, PlayLimits, grade, open_environments
from etude.rollout.environment import open_tree
from etude.rollout.grading import warm
from etude.rollout.toolbox import Toolbox
from etude.sandbox import Sandbox, sandboxes
from etude.store import CodebaseStore, Dataset
from etude.train.job import Job
from etude.train.practising import Ground, Practice
from etude.train.vocabulary import with_tool_calls

ValueT = TypeVar("ValueT")
_LIMITS = PlayLimits(command_s=60.0, observation_chars=4_000)
_SYSTEM = (
    "A project has a bug. Look around with bash, find and read_file, repair it with edit_file or "
    "write_file, and call submit when it is done."
)


class Workbench:
    """The tasks of a run and the thread that their boxes live in."""

    def __init__(
        self, environments: Sequence[Environment], keys: Sequence[AnswerKey], sandbox: Sandbox
    ) -> None:
        """Start the thread.

        Args:
            environments: Tasks.
            keys: Their answers, which no tool can reach.
            sandbox: Where they are opened.
        """
        self.sandbox = sandbox
        self._environments = {one.task.id: one for one in environments}
        self._keys = {key.task_id: key for key in keys}
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever, daemon=True)
        self._thread.start()

    def environment(self, task_id: str) -> Environment:
        """Return one task with its files."""
        return self._environments[task_id]

    def do(self, work: Coroutine[Any, Any, ValueT]) -> ValueT:
        """Wait for something that the thread does."""
        return asyncio.run_coroutine_threadsafe(work, self._loop).result()

    async def score(self, task_id: str, patch: str) -> float | None:
        """Return what hidden tests make of a patch, in fresh boxes; `None` for a fault."""
        found = await grade(self._environments[task_id], self._keys[task_id], patch, self.sandbox)
        return found.score

    def close(self) -> None:
        """End the thread."""
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join()
        self._loop.close()


class _Seat:
    """One attempt: a box from the first call of a tool to the reward."""

    def __init__(self, bench: Workbench, task_id: str) -> None:
        self._bench = bench
        self._task_id = task_id
        self._leaving = asyncio.Event()
        self._tools: asyncio.Future[Toolbox] | None = None
        self._sitting: asyncio.Task[str] | None = None

    async def call(self, call: ToolCall) -> str:
        """Call a tool; the first call opens the box."""
        if self._tools is None:
            self._tools = asyncio.get_running_loop().create_future()
            self._sitting = asyncio.create_task(self._sit(self._tools))
        return await (await self._tools).call(call)

    async def leave(self) -> str:
        """Close the box and return the patch that was left in it; empty where none was opened."""
        if self._sitting is None:
            return ""
        self._leaving.set()
        return await self._sitting

    async def _sit(self, opened: asyncio.Future[Toolbox]) -> str:
        environment = self._bench.environment(self._task_id)
        files: dict[str, str | None] = dict(environment.start_files())
        try:
            async with open_tree(environment.prepared, files, self._bench.sandbox) as box:
                opened.set_result(
                    Toolbox(
                        box,
                        command_s=_LIMITS.command_s,
                        observation_chars=_LIMITS.observation_chars,
                    )
                )
                await self._leaving.wait()
                return await box.diff()
        except EtudeError as fault:
            if not opened.done():
                opened.set_exception(fault)
            raise

    async def reward(self) -> float | None:
        """Return what the attempt is worth; `None` where a box failed."""
        try:
            patch = await self.leave()
            return await self._bench.score(self._task_id, patch) if patch else 0.0
        except EtudeError:
            return None


class CodebaseEnvironment:
    """A codebase with a bug, as TRL plays it: public methods are the tools."""

    def __init__(self, bench: Workbench) -> None:
        self._bench = bench
        self._seat: _Seat | None = None

    def reset(self, task: str, **_columns: object) -> None:
        """Begin a task from its start; whatever was open is closed."""
        self._close()
        self._seat = self._bench.do(_new_seat(self._bench, task))

    def bash(self, command: str) -> str:
        """Runs a shell command in the workspace.

        Args:
            command: The command line, as for bash -c.

        Returns:
            What it printed, and how it ended.
        """
        return self._call("bash", command=command)

    def read_file(self, path: str, first_line: str = "", last_line: str = "") -> str:
        """Shows a text file with line numbers.

        Args:
            path: The file, relative to the workspace or absolute.
            first_line: First line to show, counted from 1.
            last_line: Last line to show.

        Returns:
            The lines.
        """
        return self._call("read_file", path=path, first_line=first_line, last_line=last_line)

    def edit_file(self, path: str, old: str, new: str) -> str:
        """Replaces one piece of a text file.

        Args:
            path: The file, relative to the workspace or absolute.
            old: The exact text to replace; it must be in the file exactly once.
            new: The text to put in its place.

        Returns:
            What was done.
        """
        return self._call("edit_file", path=path, old=old, new=new)

    def write_file(self, path: str, content: str) -> str:
        """Writes a whole text file.

        Args:
            path: The file, relative to the workspace or absolute.
            content: The whole text of the file.

        Returns:
            What was done.
        """
        return self._call("write_file", path=path, content=content)

    def find(self, pattern: str, path: str = "") -> str:
        """Searches the text files of the workspace.

        Args:
            pattern: A regular expression.
            path: File or folder to search; empty for the whole workspace.

        Returns:
            The lines that match.
        """
        return self._call("find", pattern=pattern, path=path)

    def submit(self) -> str:
        """Hands in the workspace as it is now.

        Returns:
            That it was handed in.
        """
        return self._call("submit")

    async def _reward(self) -> float | None:
        seat, self._seat = self._seat, None
        return 0.0 if seat is None else await seat.reward()

    def _call(self, name: str, **arguments: object) -> str:
        if self._seat is None:
            raise ConfigError("no task was begun")
        # A model may give a number where text is meant.
        given = {key: str(value) for key, value in arguments.items()}
        return self._bench.do(self._seat.call(ToolCall(name=name, arguments=given)))

    def _close(self) -> None:
        if self._seat is not None:
            self._bench.do(self._reward())


async def _new_seat(bench: Workbench, task_id: str) -> _Seat:
    return _Seat(bench, task_id)


class CodebaseGround(Ground):
    """Tasks of a data set of `etude swe make`."""

    def __init__(self, job: Job, tokenizer: PreTrainedTokenizerFast, practice: Practice) -> None:
        """Open the tasks.

        Raises:
            ConfigError: There are none, or the sandbox cannot be had here.
        """
        sandbox = sandboxes.make(practice.sandbox)
        sandbox.check()
        with_tool_calls(tokenizer)
        store = CodebaseStore(CodebaseStore.home())
        data = [Dataset.open(path) for path in job.pantry.places("data")]
        environments = [one for held in data for one in open_environments(held, store)]
        keys = [key for held in data for key in held.keys()]
        if not environments:
            raise ConfigError("data: the data sets hold no tasks")
        self.rows = [
            {"prompt": asked_to_repair(one.task), "task": one.task.id} for one in environments
        ]
        self.n_long = 0
        self.figures = {}
        self._job = job
        self._tokenizer = tokenizer
        self._bench = Workbench(environments, keys, sandbox)
        for prepared in {one.task.codebase: one.prepared for one in environments}.values():
            self._bench.do(warm(prepared, sandbox))
        self._made: list[CodebaseEnvironment] = []
        self.environments = self._make

    def _make(self) -> CodebaseEnvironment:
        made = CodebaseEnvironment(self._bench)
        self._made.append(made)
        return made

    def reward(self) -> Callable[..., list[float | None]]:
        """Return the rewards as TRL's trainers ask for them: all attempts are judged at once."""

        def repaired(
            environments: Sequence[CodebaseEnvironment], **_columns: object
        ) -> list[float | None]:
            return self._bench.do(rewards_of(environments))

        return repaired

    def sit(self, done: int, model: PreTrainedModel) -> None:
        """Ask the probe; held-out tasks are played with `etude swe run`."""
        if self._job.probe is not None:
            self._job.log.add(done, "probe", self._job.probe(model, self._tokenizer))

    def close(self) -> None:
        """Close every box and end the thread."""
        for one in self._made:
            one._close()
        self._bench.close()


async def rewards_of(environments: Sequence[CodebaseEnvironment]) -> list[float | None]:
    """Close the boxes of attempts and return what each is worth; `None` where a box failed."""
    gate = asyncio.Semaphore(4)

    async def one(environment: CodebaseEnvironment) -> float | None:
        async with gate:
            return await environment._reward()

    return list(await asyncio.gather(*(one(each) for each in environments)))


def asked_to_repair(task: Task) -> list[dict[str, Any]]:
    """Return how a model is asked to repair a codebase."""
    tests = f" Its tests are run with `{task.test_command}`." if task.test_command else ""
    asked = f"The project {task.project} is in {task.workdir}.{tests}\n\n{task.statement.strip()}"
    return [{"role": "system", "content": _SYSTEM}, {"role": "user", "content": asked}]
