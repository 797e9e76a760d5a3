"""Options that several `etude swe` commands share."""

import functools
import os
from collections.abc import Callable
from pathlib import Path
from typing import TypeVar

import click
import msgspec

from etude.errors import ConfigError
from etude.rollout import Agent
from etude.rollout.agents import agents
from etude.sandbox import Sandbox, sandboxes
from etude.store import Dataset

ReturnT = TypeVar("ReturnT")


def _sandbox(ctx: click.Context, option: click.Parameter, name: str) -> Sandbox:
    return sandboxes.make(name)


DATASET = click.argument("dataset", type=click.Path(path_type=Path))
JSON = click.option("--json", "as_json", is_flag=True, help="Print JSON, for machines.")
JOBS = click.option(
    "--jobs",
    type=click.IntRange(min=1),
    default=os.cpu_count() or 1,
    show_default="one a core",
    help="How many boxes at a time.",
)
SANDBOX = click.option(
    "--sandbox",
    default="bubblewrap",
    show_default=True,
    callback=_sandbox,
    help="Where code runs. `local` isolates nothing: never use it on a stranger's code.",
)


class AgentChoice(msgspec.Struct, frozen=True, kw_only=True):
    """Who plays, as the command line says it."""

    agent: str
    model: str | None
    base_url: str
    key_env: str
    calling: str
    temperature: float
    model_seed: int | None
    max_tokens: int
    context_tokens: int


def agent_options(command: Callable[..., ReturnT]) -> Callable[..., ReturnT]:
    """Add the options that choose an agent; the command gets them as `choice`."""

    @functools.wraps(command)
    def bundled(**values: object) -> ReturnT:
        fields = {name: values.pop(name) for name in AgentChoice.__struct_fields__}
        return command(choice=msgspec.convert(fields, AgentChoice), **values)

    for option in reversed(
        [
            click.option("--agent", required=True, help=f"One of: {', '.join(agents.names())}."),
            click.option("--model", help="For chat: what the provider calls the model."),
            click.option("--base-url", default="", help="For chat: an OpenAI-compatible address."),
            click.option("--key-env", default="OPENAI_API_KEY", show_default=True),
            click.option(
                "--calling",
                type=click.Choice(["auto", "tools", "json"]),
                default="auto",
                show_default=True,
                help="How the model calls tools: natively, as constrained JSON, or as it answers.",
            ),
            click.option("--temperature", type=float, default=0.0, show_default=True),
            click.option("--model-seed", type=int, help="Grows by one with each attempt."),
            click.option(
                "--max-tokens", type=click.IntRange(min=1), default=2048, show_default=True
            ),
            click.option(
                "--context-tokens",
                type=click.IntRange(min=1000),
                default=24_000,
                show_default=True,
                help="For chat: room for the conversation; keep it under the model's own.",
            ),
        ]
    ):
        option(bundled)
    return bundled


def choose_agent(choice: AgentChoice, dataset: Dataset) -> Agent:
    """Return the agent that was chosen; the oracle is told the answers.

    Raises:
        ConfigError: There is no such agent, or its settings do not fit it.
    """
    if choice.agent == "oracle":
        patches = {key.task_id: key.oracle_patch for key in dataset.keys()}
        return agents.make({"use": "oracle", "patches": patches})
    if choice.agent != "chat":
        return agents.make(choice.agent)
    if choice.model is None:
        raise ConfigError("--agent chat needs --model NAME (and --base-url for your own server)")
    model: dict[str, object] = {
        "use": "openai",
        "name": choice.model,
        "base_url": choice.base_url,
        "key_env": choice.key_env,
        "calling": choice.calling,
        "temperature": choice.temperature,
        "seed": choice.model_seed,
        "max_tokens": choice.max_tokens,
    }
    return agents.make({"use": "chat", "model": model, "context_tokens": choice.context_tokens})
