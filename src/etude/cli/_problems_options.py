"""Options that several `etude problems` commands share."""

import asyncio
import functools
from collections.abc import Callable, Sequence
from typing import TypeVar

import click

from etude.errors import ConfigError, TaskError
from etude.rollout.graders import Means
from etude.sandbox import Sandbox
from etude.stages.swe.prepare import prepare
from etude.store import CodebaseStore, Prepared

ReturnT = TypeVar("ReturnT")
ENGINE_JOBS = click.option(
    "--jobs",
    type=click.IntRange(min=0),
    default=0,
    show_default="one a core",
    help="How many processes.",
)


def names_of(text: str) -> tuple[str, ...]:
    """Return the names in a list with commas between."""
    return tuple(name.strip() for name in text.split(",") if name.strip())


def means_of(sandbox: Sandbox, jobs: int) -> Means:
    """Return what judges may use here."""
    return Means(sandbox=sandbox, codebases=CodebaseStore(CodebaseStore.home()), jobs=jobs)


def model_options(command: Callable[..., ReturnT]) -> Callable[..., ReturnT]:
    """Add the options that choose a model; the command gets its settings table as `model`."""

    @functools.wraps(command)
    def bundled(**values: object) -> ReturnT:
        table = {
            "use": "openai",
            "name": values.pop("model"),
            "base_url": values.pop("base_url"),
            "key_env": values.pop("key_env"),
            "temperature": values.pop("temperature"),
            "seed": values.pop("model_seed"),
            "max_tokens": values.pop("max_tokens"),
        }
        return command(model=table, **values)

    for option in reversed(
        [
            click.option("--model", required=True, help="What the provider calls the model."),
            click.option("--base-url", default="", help="An OpenAI-compatible address."),
            click.option("--key-env", default="OPENAI_API_KEY", show_default=True),
            click.option("--temperature", type=float, default=0.8, show_default=True),
            click.option("--model-seed", type=int, help="Grows with each question."),
            click.option(
                "--max-tokens", type=click.IntRange(min=1), default=1024, show_default=True
            ),
        ]
    ):
        option(bundled)
    return bundled


def prepare_all(specs: Sequence[str], means: Means, tell: Callable[[str], None]) -> list[Prepared]:
    """Prepare codebases, and leave out with one line those that cannot be.

    Raises:
        ConfigError: There is no sandbox, or none could be prepared; the message is that of the
            first.
        SandboxError: A box failed.
    """
    sandbox = means.need_sandbox("codebase")
    store = means.codebases or CodebaseStore(CodebaseStore.home())
    prepared, failures = [], []
    for spec in dict.fromkeys(specs):
        tell(spec)
        try:
            prepared.append(asyncio.run(prepare(spec, sandbox, store)))
        except (ConfigError, TaskError) as error:
            failures.append(error)
            click.echo(f"etude: {spec} left out: {error}", err=True)
    if not prepared:
        raise ConfigError(str(failures[0]))
    return prepared
