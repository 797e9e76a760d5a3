"""ChatML: `messages` of `role` and `content` with native calls, and `tools`."""

from functools import partial
from pathlib import Path
from typing import ClassVar

import msgspec
import pyarrow as pa

from etude.errors import ConfigError
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
from etude.store.formats._trl_conversations import chat_type, write_parquet


class MessagesFormat(ConversationFormat, frozen=True, kw_only=True):
    """Writes `train.jsonl`, which Arrow loads: one schema for every message, arguments as JSON."""

    records: ClassVar[tuple[str, ...]] = ("demonstration", "preference")
    openai: bool = False
    """As OpenAI's fine-tuning takes it: nothing but messages and tools (as a list, not as JSON),
    no keys with null. Arrow may refuse such rows, or fill in what is not there."""
    parquet: bool = False
    """Write demonstrations as `train.parquet`. JSON Lines say no types: a loader that guesses them
    from its first rows may refuse a first id of a call that comes much later."""

    def __post_init__(self) -> None:
        """Check what no type can say.

        Raises:
            ConfigError: Both ways to write were asked for.
        """
        if self.openai and self.parquet:
            raise ConfigError("messages: OpenAI takes no Parquet; set openai or parquet")

    def write(self, dataset: Dataset, folder: Path) -> None:
        """Write the rows."""
        if dataset.manifest.record == "preference":
            rows = self.fitting(dataset, folder, preferences(dataset), _preference)
        else:
            calls = holds_calls(r.messages for r in demonstrations(dataset))
            make = _openai if self.openai else partial(_row, uniform=calls)
            rows = self.fitting(dataset, folder, demonstrations(dataset), make)
            if self.parquet:
                columns = {"messages": chat_type(calls=calls), "tools": pa.string()}
                write_parquet(rows, columns, folder / "train.parquet")
                return
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
