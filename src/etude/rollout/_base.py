"""Agent and Play: who plays, and the one handle on a task that it gets."""

from abc import abstractmethod

import msgspec

from etude.plugins import Spec
from etude.records import Ending, Task, Turn
from etude.rollout.toolbox import Toolbox


class PlayLimits(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What one attempt may use."""

    n_turns: int = 50
    time_s: float = 1800.0
    """Wall time of the whole attempt."""
    command_s: float = 120.0
    """Wall time of one command."""
    n_tokens: int = 2_000_000
    """Prompt and completion tokens of all calls together."""
    cost_usd: float = 5.0
    observation_chars: int = 16_000
    """Of what one call may give back; the middle is cut."""


class Outcome(msgspec.Struct, frozen=True, kw_only=True):
    """How an agent says its attempt went. The patch is read from the box, never from the agent."""

    turns: tuple[Turn, ...]
    ending: Ending
    model: str = ""
    error: str = ""


class Agent(Spec, frozen=True, kw_only=True):
    """Plays a task with a toolbox. Never receives an answer key."""

    @abstractmethod
    async def play(self, task: Task, tools: Toolbox, limits: PlayLimits, attempt: int) -> Outcome:
        """Attempt the task once; `attempt` counts from 0 and is the only source of chance.

        Raises:
            ModelError: The model could not answer.
            SandboxError: The box failed.
        """
        raise NotImplementedError
