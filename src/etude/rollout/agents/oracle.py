"""The agent that knows the answer: proof that a task can be solved and graded."""

import shlex

import msgspec

from etude.errors import RecordError, TaskError
from etude.records import Task, ToolCall, Turn, apply_patch, parse_patch
from etude.rollout._base import Agent, Outcome, PlayLimits
from etude.rollout.toolbox import Toolbox


class OracleAgent(Agent, frozen=True, kw_only=True):
    """Applies the known repair and submits. Its settings are answers: never ship them."""

    patches: dict[str, str] = msgspec.field(default_factory=dict)
    """Task id -> unified diff; given by whoever holds the answer keys."""

    async def play(self, task: Task, tools: Toolbox, limits: PlayLimits, attempt: int) -> Outcome:
        """Apply the task's patch and submit.

        Raises:
            TaskError: There is no patch for the task, or it does not apply.
            SandboxError: A file to repair cannot be read, or the box is gone.
        """
        if task.id not in self.patches:
            raise TaskError(f"the oracle was given no patch for task {task.id}")
        changed = await _repaired(task.id, self.patches[task.id], tools)
        calls = [_call(path, text) for path, text in sorted(changed.items())]
        calls.append(ToolCall(name="submit"))
        observations = [await tools.call(call) for call in calls]
        turn = Turn(text="", calls=tuple(calls), observations=tuple(observations))
        return Outcome(turns=(turn,), ending="submitted")


async def _repaired(task_id: str, patch: str, tools: Toolbox) -> dict[str, str | None]:
    try:
        parts = parse_patch(patch)
        old = [part.path for part in parts if part.kind != "new"]
        return apply_patch({path: await tools.read_text(path) for path in old}, parts)
    except RecordError as cause:
        raise TaskError(f"the oracle patch of task {task_id} does not hold: {cause}") from cause


def _call(path: str, text: str | None) -> ToolCall:
    if text is None:
        return ToolCall(name="bash", arguments={"command": f"rm -- {shlex.quote(path)}"})
    return ToolCall(name="write_file", arguments={"path": path, "content": text})
