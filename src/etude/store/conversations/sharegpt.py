"""ShareGPT: `conversations` of `from` and `value`; calls in entries of their own."""

from typing import ClassVar

from etude.records import Demonstration, Message, Origin
from etude.store._chat import read_messages, read_tools
from etude.store.conversations._base import Item, Layout
from etude.store.conversations._rows import Row


class ShareGptLayout(Layout, frozen=True, kw_only=True):
    """Reads conversations. The wire has no ids of calls, unless the call itself holds one."""

    fields: ClassVar[tuple[str, ...]] = ("conversations", "conversation")

    def items(self, row: Row, origin: Origin) -> list[Item]:
        """Return the demonstration of a row."""
        said = row.fields.get("conversations", row.fields.get("conversation"))
        messages = read_messages(said, "conversations")
        if system := row.maybe("system"):
            messages = (Message(role="system", content=system), *messages)
        tools = read_tools(row.fields.get("tools"))
        return [
            Demonstration(
                id=row.id,
                origin=origin,
                messages=messages,
                language=row.maybe("language", "lang"),
                tags={"tools": tools} if tools else {},
            )
        ]
