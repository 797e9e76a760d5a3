"""The agent that does nothing: what a task is worth when nobody touches it."""

from etude.records import Task, ToolCall, Turn
from etude.rollout._base import Agent, Outcome, PlayLimits
from etude.rollout.toolbox import Toolbox


class NoopAgent(Agent, frozen=True, kw_only=True):
    """Hands in the workspace as it found it."""

    async def play(self, task: Task, tools: Toolbox, limits: PlayLimits, attempt: int) -> Outcome:
        """Submit at once."""
        call = ToolCall(name="submit")
        turn = Turn(text="", calls=(call,), observations=(await tools.call(call),))
        return Outcome(turns=(turn,), ending="submitted")
