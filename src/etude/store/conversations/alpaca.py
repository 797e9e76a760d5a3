"""Alpaca: `instruction`, `input`, `output`; `system` and `history` where they are there."""

from typing import ClassVar

from etude.records import Demonstration, Message, Origin
from etude.store._chat import UnfitError, read_json
from etude.store.conversations._base import Item, Layout
from etude.store.conversations._rows import Row
from etude.store.conversations._votes import assistant


class AlpacaLayout(Layout, frozen=True, kw_only=True):
    """Reads one turn a row, after those of `history`. An input follows its instruction."""

    fields: ClassVar[tuple[str, ...]] = ("instruction",)

    def items(self, row: Row, origin: Origin) -> list[Item]:
        """Return the demonstration of a row."""
        asked = row.text("instruction")
        if given := row.maybe("input"):
            asked = f"{asked}\n\n{given}"
        messages: list[Message] = []
        if system := row.maybe("system"):
            messages.append(Message(role="system", content=system))
        messages += _history(row.fields.get("history"))
        messages.append(Message(role="user", content=asked))
        messages += assistant(row.text("output"))
        return [Demonstration(id=row.id, origin=origin, messages=tuple(messages))]


def _history(value: object) -> list[Message]:
    turns = read_json(value, "history") if value else []
    if not isinstance(turns, list):
        raise UnfitError("history is no list")
    messages = []
    for turn in turns:
        if not isinstance(turn, list) or len(turn) != 2:
            raise UnfitError("history holds something else than question and answer")
        question, answer = turn
        if not isinstance(question, str) or not isinstance(answer, str):
            raise UnfitError("history holds what is no text")
        messages += [Message(role="user", content=question), *assistant(answer)]
    return messages
