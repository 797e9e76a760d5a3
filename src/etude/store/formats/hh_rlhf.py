r"""HH-RLHF: `chosen` and `rejected` as transcripts of `\n\nHuman:` and `\n\nAssistant:`."""

import gzip
import re
from pathlib import Path
from typing import ClassVar

import msgspec

from etude.records import Message, Preference
from etude.store._chat import UnfitError, Wire
from etude.store.dataset import Dataset
from etude.store.formats._conversations import ConversationFormat, plain, preferences

_NAMES = {"user": "Human", "assistant": "Assistant"}
_TURN = re.compile(r"\n\n(?:Human|Assistant):")


class HhRlhfFormat(ConversationFormat, frozen=True, kw_only=True):
    """Writes `train.jsonl.gz`. Holds no calls, no system prompt, no text that looks like a turn."""

    records: ClassVar[tuple[str, ...]] = ("preference",)

    def write(self, dataset: Dataset, folder: Path) -> None:
        """Write the rows."""
        rows = self.fitting(dataset, folder, preferences(dataset), _row)
        with (
            (folder / "train.jsonl.gz").open("wb") as stored,
            gzip.GzipFile(filename="", fileobj=stored, mode="wb", mtime=0) as file,
        ):
            file.writelines(msgspec.json.encode(row) + b"\n" for row in rows)


def _row(preference: Preference) -> Wire:
    return {
        "chosen": _transcript(preference.prompt + preference.chosen),
        "rejected": _transcript(preference.prompt + preference.rejected),
    }


def _transcript(messages: tuple[Message, ...]) -> str:
    plain(messages)
    turns = []
    for message in messages:
        if message.role not in _NAMES:
            raise UnfitError("it holds a system prompt")
        turn = f"\n\n{_NAMES[message.role]}: {message.content}"
        if len(_TURN.findall(turn)) > 1:
            raise UnfitError("a message holds what looks like a turn")
        turns.append(turn)
    text = "".join(turns)
    if len(_TURN.findall(text)) != len(messages):
        raise UnfitError("a message holds what looks like a turn")
    return text
