"""ChatML: `messages` of `role` and `content` with native calls, and OpenAI's own preferences."""

from typing import ClassVar

from etude.records import Demonstration, Origin
from etude.store._chat import as_wire, read_messages, read_tools
from etude.store.conversations._base import Item, Layout
from etude.store.conversations._rows import Row
from etude.store.conversations._votes import preferred


class MessagesLayout(Layout, frozen=True, kw_only=True):
    """Reads conversations, and rows of `input`, `preferred_output`, `non_preferred_output`."""

    fields: ClassVar[tuple[str, ...]] = ("messages", "preferred_output")

    def items(self, row: Row, origin: Origin) -> list[Item]:
        """Return the demonstration or the preference of a row."""
        if "preferred_output" in row.fields:
            asked = as_wire(row.fields.get("input"))
            prompt = read_messages(asked.get("messages"), "input.messages")
            chosen = read_messages(row.fields["preferred_output"], "preferred_output")
            rejected = read_messages(row.fields.get("non_preferred_output"), "non_preferred_output")
            return [preferred(row.id, origin, prompt, chosen, rejected)]
        tools = read_tools(row.fields.get("tools"))
        return [
            Demonstration(
                id=row.id,
                origin=origin,
                messages=read_messages(row.fields.get("messages")),
                language=row.maybe("language", "lang"),
                tags={"tools": tools} if tools else {},
            )
        ]
