r"""HH-RLHF: `chosen` and `rejected` as whole transcripts of `\n\nHuman:` and `\n\nAssistant:`."""

import re
from typing import ClassVar

from etude.records import Message, Origin
from etude.store._chat import UnfitError
from etude.store.conversations._base import Item, Layout
from etude.store.conversations._rows import Row
from etude.store.conversations._votes import parted, preferred

_TURN = re.compile(r"\n\n(Human|Assistant):")
_MOST_TURNS = 500


class HhRlhfLayout(Layout, frozen=True, kw_only=True):
    """Reads pairs of transcripts that begin alike."""

    fields: ClassVar[tuple[str, ...]] = ("chosen", "rejected")

    def items(self, row: Row, origin: Origin) -> list[Item]:
        """Return the preference of a row."""
        chosen, rejected = _turns(row.text("chosen")), _turns(row.text("rejected"))
        prompt, (better, worse) = parted([chosen, rejected])
        return [preferred(row.id, origin, prompt, better, worse)]


def _turns(text: str) -> tuple[Message, ...]:
    parts = _TURN.split(text)
    if parts[0].strip() or len(parts) < 3:
        raise UnfitError("no transcript: it does not begin with a turn")
    if len(parts) > 2 * _MOST_TURNS:
        raise UnfitError(f"more than {_MOST_TURNS} turns")
    messages = []
    for who, said in zip(parts[1::2], parts[2::2], strict=True):
        if who == "Human":
            messages.append(Message(role="user", content=said.removeprefix(" ")))
        else:
            messages.append(Message(role="assistant", content=said.removeprefix(" ")))
    return tuple(messages)
