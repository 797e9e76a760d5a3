"""Fresh answers: sampled from the project's models when an item without answers is opened.

They are stored in the item once, whoever opens it first, so all raters compare the same. Which
model wrote what stays on the server; a model that fails is named in the project's log.
"""

import asyncio
from collections.abc import Mapping, Sequence
from random import Random

import msgspec

from etude.errors import ConfigError, EtudeError
from etude.models import Completion, Model
from etude.records import Candidate, Comparison, Message
from etude.web.database import Transaction
from etude.web.people import audit
from etude.web.projects.project import Project
from etude.web.queue.item import Item

_TIMEOUT_S = 180.0
_MOST_CHARS = 200_000


class Sampled(msgspec.Struct, frozen=True, kw_only=True):
    """What came of asking the models."""

    comparison: Comparison | None
    """With its answers; `None` when fewer than two models answered."""
    failures: tuple[tuple[str, str], ...] = ()
    """Name of a model and what went wrong."""


def usable(models: Mapping[str, Model], project: Project) -> dict[str, Model]:
    """Return the models that the project names and the app was started with."""
    return {name: models[name] for name in dict.fromkeys(project.settings.models) if name in models}


async def sample(
    models: Mapping[str, Model], project: Project, item: Item, attempt: str = ""
) -> Sampled:
    """Ask models for answers, several at once and each at most once.

    Args:
        models: Those that the app was started with.
        project: Its settings name the models and how many answers are wanted.
        item: What to answer.
        attempt: Varies which models are asked first, so that trying again is not the same.

    Raises:
        ConfigError: Fewer than two of the project's models are there.
    """
    there = usable(models, project)
    if len(there) < 2:
        raise ConfigError(
            "fresh answers need two models or more; ask the lead to name them in the settings"
        )
    comparison = item.comparison()
    prompt = _prompt(comparison.prompt, project)
    names = sorted(there)
    Random(f"{item.id} {attempt}").shuffle(names)
    wanted = min(project.settings.n_answers, len(names))
    found: list[Candidate] = []
    failures: list[tuple[str, str]] = []
    while len(found) < wanted and names:
        asked = [names.pop() for _ in range(min(wanted - len(found), len(names)))]
        answers = await asyncio.gather(*(_answer(there[name], prompt) for name in asked))
        for name, answer in zip(asked, answers, strict=True):
            if isinstance(answer, str):
                failures.append((name, answer))
            else:
                found.append(Candidate(messages=(answer,), source=name))
    # Which answer came first would tell quick models from slow ones.
    found.sort(key=lambda candidate: candidate.source)
    Random(f"{item.id} shown").shuffle(found)
    return Sampled(
        comparison=msgspec.structs.replace(comparison, prompt=prompt, candidates=tuple(found))
        if len(found) >= 2
        else None,
        failures=tuple(failures),
    )


def _prompt(prompt: tuple[Message, ...], project: Project) -> tuple[Message, ...]:
    system = project.settings.system_prompt
    if not system.strip() or prompt[0].role == "system":
        return prompt
    return (Message(role="system", content=system), *prompt)


async def _answer(model: Model, prompt: Sequence[Message]) -> Message | str:
    """Return a model's answer, or what went wrong."""
    try:
        async with asyncio.timeout(_TIMEOUT_S):
            completion = await model.generate(prompt)
    except TimeoutError:
        return f"no answer within {_TIMEOUT_S:g} s"
    except EtudeError as error:
        return str(error)
    return _message(completion)


def _message(completion: Completion) -> Message | str:
    # Lone surrogates, which a provider may send, fit into no database.
    text = completion.text.encode("utf-8", "replace").decode()[:_MOST_CHARS]
    if not text.strip() and not completion.calls:
        return "an empty answer"
    return Message(role="assistant", content=text, calls=completion.calls)


def store(
    tx: Transaction, project: Project, item: Item, sampled: Sampled, *, by: str, now: float
) -> bool:
    """Put answers into an item that has none; name the models that failed in the log.

    Returns:
        Whether the item has answers now: these, or those that someone else got meanwhile.
    """
    for name, why in sampled.failures:
        audit.note(
            tx,
            "model.failed",
            now=now,
            account_id=by,
            project_id=project.id,
            subject=name,
            detail=f"item {item.id}: {why}",
        )
    if sampled.comparison is not None:
        stored = tx.run(
            "UPDATE items SET body = :body WHERE id = :id AND project_id = :project"
            " AND body = :before",
            body=msgspec.json.encode(sampled.comparison).decode(),
            id=item.id,
            project=project.id,
            before=item.body,
        )
        if stored:
            audit.note(
                tx,
                "item.answers",
                now=now,
                account_id=by,
                project_id=project.id,
                subject=item.id,
                detail=f"{len(sampled.comparison.candidates)} answers",
            )
            return True
    bodies = tx.texts(
        "SELECT body FROM items WHERE id = :id AND project_id = :project",
        id=item.id,
        project=project.id,
    )
    return bool(bodies) and bodies[0] != item.body
