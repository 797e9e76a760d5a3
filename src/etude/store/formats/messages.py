"""ChatML: `messages` of `role` and `content` with native calls, and `tools`."""

from functools import partial
from pathlib import Path
from typing import ClassVar

import msgspec

from etude.records import Demonstration, Preference
from etude.store._chat import Wire, holds_calls, write_messages
from etude.store.dataset import Dataset
from etude.store.formats._conversations import (
    ConversationFormat,
    about,
    demonstrations,
    preferences,
    write_lines,
)


class MessagesFormat(ConversationFormat, frozen=True, kw_only=True):
    """Writes `train.jsonl`, which Arrow loads: one schema for every message, arguments as JSON."""

    records: ClassVar[tuple[str, ...]] = ("demonstration", "preference")
    openai: bool = False
    """As OpenAI's fine-tuning takes it: nothing but messages and tools (as a list, not as JSON),
    no keys with null. Arrow may refuse such rows, or fill in what is not there."""

    def write(self, dataset: Dataset, folder: Path) -> None:
        """Write the rows."""
        if dataset.manifest.record == "preference":
            rows = self.fitting(dataset, folder, preferences(dataset), _preference)
        else:
            uniform = not self.openai and holds_calls(r.messages for r in demonstrations(dataset))
            make = _openai if self.openai else partial(_row, uniform=uniform)
            rows = self.fitting(dataset, folder, demonstrations(dataset), make)
        write_lines(folder / "train.jsonl", rows)


def _row(demonstration: Demonstration, *, uniform: bool) -> Wire:
    tools = demonstration.tags.get("tools", "")
    messages = write_messages(demonstration.messages, uniform=uniform, tools=tools)
    return {**about(demonstration), "messages": messages, "tools": tools}


def _openai(demonstration: Demonstration) -> Wire:
    tools = demonstration.tags.get("tools", "")
    row: Wire = {"messages": write_messages(demonstration.messages, tools=tools)}
    return {**row, "tools": msgspec.Raw(tools.encode())} if tools else row


def _preference(preference: Preference) -> Wire:
    return {
        "input": {"messages": write_messages(preference.prompt)},
        "preferred_output": write_messages(preference.chosen),
        "non_preferred_output": write_messages(preference.rejected),
    }
