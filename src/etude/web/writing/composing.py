"""Composing: what a writer was given, and the demonstration that it and a draft come to."""

import msgspec

from etude import __version__
from etude.records import Demonstration, Message, Origin
from etude.web.writing.differences import edits
from etude.web.writing.drafts import Draft, to_messages
from etude.web.writing.tools import ProjectTool

MADE_BY = f"etude.web.writing {__version__}"


class Ground(msgspec.Struct, frozen=True, kw_only=True):
    """What does not change while someone writes."""

    project: str
    """The project's name."""
    item_id: str
    prompt: tuple[Message, ...] = ()
    """What the conversation begins with, its system prompt included."""
    tools: tuple[ProjectTool, ...] = ()
    tools_json: str = ""
    tags: dict[str, str] = {}
    begun_from: tuple[Message, ...] = ()
    """The model's draft that the writer chose to start from."""
    source: str = ""
    """What wrote that draft."""


def compose(ground: Ground, draft: Draft) -> Demonstration:
    """Return the demonstration; who wrote it and how long it took are for the caller."""
    written = to_messages(draft.turns)
    n_prompt = len(ground.prompt)
    tags = {**ground.tags, "n_prompt": str(n_prompt)}
    asked_back = [str(n_prompt + n) for n, turn in enumerate(draft.turns) if turn.clarifies]
    if asked_back:
        tags["clarifications"] = ",".join(asked_back)
    if ground.tools_json:
        tags["tools"] = ground.tools_json
    if ground.begun_from and ground.source:
        tags["draft_source"] = ground.source
    return Demonstration(
        id="draft",
        origin=Origin(source=f"item:{ground.item_id}", made_by=MADE_BY),
        project=ground.project,
        messages=(*ground.prompt, *written),
        draft=ground.begun_from,
        edits=edits(ground.begun_from, written),
        language=draft.language,
        tags=tags,
    )
