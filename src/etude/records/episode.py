"""Episode and Grade: one attempt at a task, and what it was worth."""

from typing import Literal

import msgspec

from etude.records._base import Record
from etude.records.message import ToolCall

Ending = Literal["submitted", "turn_limit", "time_limit", "token_limit", "cost_limit", "error"]


class Turn(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """One move of the agent and what came back."""

    text: str
    """What the agent said beside its calls; empty when nothing."""
    calls: tuple[ToolCall, ...]
    observations: tuple[str, ...]
    """What each call gave back, in the order of `calls`, cut to the observation limit."""
    n_prompt_tokens: int = 0
    n_completion_tokens: int = 0
    cost_usd: float = 0.0
    duration_s: float = 0.0


class Episode(Record, frozen=True, kw_only=True):
    """One attempt of one agent at one task."""

    task_id: str
    agent: str
    """Name and settings of the agent, as JSON. Never holds a secret."""
    model: str = ""
    """Name of the model that played; empty when none did."""
    attempt: int = 0
    """Counted from 0 for each task and agent."""
    turns: tuple[Turn, ...]
    patch: str
    """Unified diff the agent left behind; empty when it changed nothing."""
    ending: Ending
    error: str = ""
    """What went wrong when `ending` is `error`."""
    duration_s: float = 0.0


class Grade(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The verdict on one episode: a score, or the reason there is none.

    Raises:
        ValueError: It has both a score and a fault, or neither, or a score outside [0, 1].
    """

    episode_id: str
    task_id: str
    score: float | None
    """Between 0.0 and 1.0; 1.0 means solved; `None` when grading reached no verdict."""
    fault: str = ""
    """Why there is no verdict; empty when there is one."""
    n_fail_to_pass: int = 0
    n_fail_to_pass_passed: int = 0
    broken: tuple[str, ...] = ()
    """Pass-to-pass tests that the patch broke (at most the first twenty)."""
    dropped: tuple[str, ...] = ()
    """Paths in the patch that were not applied because they are not the project's source."""
    tampered: bool = False
    """Whether a test that must fail passed: the patch reached into the test run."""
    note: str = ""
    """In one line, why the score is what it is."""
    duration_s: float = 0.0

    def __post_init__(self) -> None:
        if (self.score is None) == (self.fault == ""):
            raise ValueError("a grade has either a score or a fault, and not both")
        if self.score is not None and not 0.0 <= self.score <= 1.0:
            raise ValueError(f"score must lie in [0, 1], got {self.score}")

    @property
    def solved(self) -> bool:
        """Whether every hidden test passes and nothing was broken."""
        return self.score == 1.0
