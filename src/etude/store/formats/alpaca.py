"""Alpaca: `instruction`, `input`, `output`, with `system` and `history`."""

from pathlib import Path
from typing import ClassVar

from etude.records import Demonstration
from etude.store._chat import UnfitError, Wire
from etude.store.dataset import Dataset
from etude.store.formats._conversations import (
    ConversationFormat,
    about,
    demonstrations,
    only_text,
    plain,
    write_lines,
)


class AlpacaFormat(ConversationFormat, frozen=True, kw_only=True):
    """Writes `train.jsonl`. Holds no calls, and only turns of a user and then the assistant."""

    records: ClassVar[tuple[str, ...]] = ("demonstration",)

    def write(self, dataset: Dataset, folder: Path) -> None:
        """Write the rows."""
        rows = self.fitting(dataset, folder, demonstrations(dataset), _row)
        write_lines(folder / "train.jsonl", rows)


def _row(demonstration: Demonstration) -> Wire:
    plain(demonstration.messages)
    messages = demonstration.messages
    system = messages[0].content if messages and messages[0].role == "system" else ""
    turns = messages[1:] if messages and messages[0].role == "system" else messages
    roles = [message.role for message in turns]
    if not turns or roles != ["user", "assistant"] * (len(turns) // 2):
        raise UnfitError("it is no sequence of questions and answers")
    said = [message.content for message in turns]
    if not said[-2].strip() or not said[-1].strip():
        raise UnfitError("its last question or answer is empty")
    return {
        **about(demonstration),
        "instruction": said[-2],
        "input": "",
        "output": only_text(turns[-1:]),
        "system": system,
        "history": [list(pair) for pair in zip(said[:-2:2], said[1:-2:2], strict=True)],
    }
