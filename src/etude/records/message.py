"""Message and ToolCall: one turn of a conversation, as chat templates know it."""

from typing import Literal

import msgspec


class ToolCall(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A call of one tool, as a model asked for it."""

    name: str
    arguments: dict[str, str] = {}
    """Arguments by name; values that are not text are kept as their JSON."""
    id: str = ""
    """The provider's id of the call; empty when the call was read out of plain text."""


class Message(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """One message of a conversation."""

    role: Literal["system", "user", "assistant", "tool"]
    content: str
    calls: tuple[ToolCall, ...] = ()
    """Tool calls of an assistant message."""
    call_id: str = ""
    """For a tool message: the id of the call it answers."""
