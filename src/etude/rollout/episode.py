"""Let an agent attempt a task in a box of its own, and keep every turn."""

import time
from pathlib import PurePosixPath

import msgspec

from etude.errors import AgentError, blame
from etude.records import Episode, Origin
from etude.rollout._base import Agent, Outcome, PlayLimits
from etude.rollout.environment import Environment, open_tree
from etude.rollout.toolbox import Toolbox
from etude.sandbox import Sandbox

MADE_BY = "etude.rollout"
SECRET_FIELDS = {"patches"}
"""Settings of an agent that are never written down."""


async def run_episode(
    environment: Environment,
    agent: Agent,
    sandbox: Sandbox,
    *,
    limits: PlayLimits | None = None,
    attempt: int = 0,
) -> Episode:
    """Let `agent` attempt a task in a fresh box, and read the patch it left from the box.

    Raises:
        SandboxError: The box failed.
        AgentError: The agent program failed by itself.
    """
    limits = limits or PlayLimits()
    started = time.monotonic()
    task = environment.task
    files: dict[str, str | None] = dict(environment.start_files())
    async with open_tree(environment.prepared, files, sandbox) as box:
        tools = Toolbox(box, command_s=limits.command_s, observation_chars=limits.observation_chars)
        with blame(AgentError, f"agent {agent_name(agent)} on task {task.id}"):
            outcome = await agent.play(task, tools, limits, attempt)
        patch = await box.diff()
    return _episode(environment, agent, attempt, outcome, patch, time.monotonic() - started)


def _episode(
    environment: Environment,
    agent: Agent,
    attempt: int,
    outcome: Outcome,
    patch: str,
    duration_s: float,
) -> Episode:
    task, name = environment.task, agent_name(agent)
    return Episode(
        id=f"{task.id}-{name}-{attempt}",
        origin=Origin(source=f"task:{task.id}", made_by=MADE_BY, parents=(task.id,)),
        task_id=task.id,
        agent=describe(agent),
        model=outcome.model,
        attempt=attempt,
        turns=outcome.turns,
        patch=patch,
        ending=outcome.ending,
        error=outcome.error,
        duration_s=round(duration_s, 3),
    )


def agent_name(agent: Agent) -> str:
    """Return the agent's name: that of its plug-in file."""
    return PurePosixPath(type(agent).__module__.replace(".", "/")).name


def describe(agent: Agent) -> str:
    """Return the agent's name and settings as JSON, answers left out."""
    settings = {
        name: value
        for name, value in msgspec.to_builtins(agent).items()
        if name not in SECRET_FIELDS
    }
    return msgspec.json.encode({"use": agent_name(agent), **settings}).decode()
