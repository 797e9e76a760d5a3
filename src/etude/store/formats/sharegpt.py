"""ShareGPT: `conversations` of `from` and `value`, with `system` and `tools` beside them."""

from pathlib import Path
from typing import ClassVar

import msgspec

from etude.records import Demonstration
from etude.store._chat import Wire, argument_types, arguments_json
from etude.store.dataset import Dataset
from etude.store.formats._conversations import (
    ConversationFormat,
    about,
    demonstrations,
    write_lines,
)

_NAMES = {"system": "system", "user": "human", "assistant": "gpt", "tool": "observation"}


class ShareGptFormat(ConversationFormat, frozen=True, kw_only=True):
    """Writes `train.jsonl`. Calls are entries from `function_call`; ids of calls are kept there."""

    records: ClassVar[tuple[str, ...]] = ("demonstration",)

    def write(self, dataset: Dataset, folder: Path) -> None:
        """Write the rows."""
        rows = self.fitting(dataset, folder, demonstrations(dataset), _row)
        write_lines(folder / "train.jsonl", rows)


def _row(demonstration: Demonstration) -> Wire:
    messages = demonstration.messages
    tools = demonstration.tags.get("tools", "")
    types = argument_types(tools)
    system = ""
    if messages and messages[0].role == "system":
        system, messages = messages[0].content, messages[1:]
    entries: list[Wire] = []
    for message in messages:
        if message.content or not message.calls:
            entries.append({"from": _NAMES[message.role], "value": message.content})
        if message.calls:
            calls = [
                {"name": call.name, "arguments": msgspec.Raw(arguments_json(call, types).encode())}
                | ({"id": call.id} if call.id else {})
                for call in message.calls
            ]
            value = msgspec.json.encode(calls[0] if len(calls) == 1 else calls).decode()
            entries.append({"from": "function_call", "value": value})
    return {**about(demonstration), "conversations": entries, "system": system, "tools": tools}
