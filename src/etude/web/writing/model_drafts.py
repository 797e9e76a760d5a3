"""Model drafts: what a model wrote for a writer to start from, kept where no form can change it."""

import asyncio
from collections.abc import Sequence

import msgspec

from etude.errors import ModelError
from etude.models import Model, Tool
from etude.records import Message, ToolCall
from etude.web.database import Transaction, new_id

MOST = 5
"""Drafts that may be sampled for one piece of work."""
TIMEOUT_S = 90
_MAX_CHARS = 100_000


class ModelDraft(msgspec.Struct, frozen=True, kw_only=True):
    """One sampled draft."""

    id: str
    assignment_id: str
    source: str
    """The model's name."""
    body: str
    created_at: float

    def messages(self) -> tuple[Message, ...]:
        """Return what the model wrote."""
        return msgspec.json.decode(self.body, type=tuple[Message, ...])


async def sample(
    model: Model, prompt: Sequence[Message], tools: Sequence[Tool]
) -> tuple[Message, ...]:
    """Ask a model to answer a prompt, as long as a writer can be expected to wait.

    Raises:
        ModelError: It could not answer, or not in time.
    """
    try:
        async with asyncio.timeout(TIMEOUT_S):
            answer = await model.generate(prompt, tools)
    except TimeoutError as error:
        raise ModelError(f"{model.name} gave no answer within {TIMEOUT_S} s") from error
    calls = tuple(
        ToolCall(name=call.name, arguments=call.arguments, id=f"call_{number}")
        for number, call in enumerate(answer.calls[:8], 1)
    )
    text = answer.text.replace("\0", "").encode("utf-8", "replace").decode()[:_MAX_CHARS]
    if not text.strip() and not calls:
        raise ModelError(f"{model.name} said nothing; try again, or write without a draft")
    return (Message(role="assistant", content=text, calls=calls),)


def keep(
    tx: Transaction,
    project_id: str,
    assignment_id: str,
    account_id: str,
    draft: tuple[str, tuple[Message, ...]],
    now: float,
) -> ModelDraft:
    """Keep what a model, named first, wrote."""
    made = ModelDraft(
        id=new_id(),
        assignment_id=assignment_id,
        source=draft[0],
        body=msgspec.json.encode(draft[1]).decode().replace("\\u0000", ""),
        created_at=now,
    )
    tx.run(
        "INSERT INTO model_drafts (id, project_id, assignment_id, account_id, source, body,"
        " created_at) VALUES (:id, :project, :assignment, :account, :source, :body, :now)",
        id=made.id,
        project=project_id,
        assignment=assignment_id,
        account=account_id,
        source=made.source,
        body=made.body,
        now=now,
    )
    return made


def by_id(tx: Transaction, assignment_id: str, draft_id: str) -> ModelDraft | None:
    """Return a draft that was sampled for a piece of work."""
    return tx.one(
        ModelDraft,
        "SELECT id, assignment_id, source, body, created_at FROM model_drafts"
        " WHERE id = :id AND assignment_id = :assignment",
        id=draft_id,
        assignment=assignment_id,
    )


def n_sampled(tx: Transaction, assignment_id: str) -> int:
    """Return how many drafts were sampled for a piece of work."""
    return int(
        tx.number(
            "SELECT COUNT(*) FROM model_drafts WHERE assignment_id = :assignment",
            assignment=assignment_id,
        )
    )
