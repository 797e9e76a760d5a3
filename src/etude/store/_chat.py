"""Chat messages with native calls, as other programs write them: read and written here only."""

import json
from collections.abc import Iterable, Mapping, Sequence
from typing import Literal, cast

import msgspec

from etude.records import Message, ToolCall

Role = Literal["system", "user", "assistant", "tool"]
Wire = dict[str, object]
"""A value that is written as a JSON object."""

ROLES: Mapping[str, Role] = {
    "system": "system",
    "developer": "system",
    "user": "user",
    "human": "user",
    "prompter": "user",
    "assistant": "assistant",
    "gpt": "assistant",
    "chatgpt": "assistant",
    "model": "assistant",
    "bot": "assistant",
    "function_call": "assistant",
    "tool": "tool",
    "function": "tool",
    "observation": "tool",
    "function_response": "tool",
}
"""What others call a role, in lower case."""


class UnfitError(Exception):
    """A row is no record, or a record does not fit a layout; says why in a few words."""


def read_json(value: object, what: str) -> object:
    """Return what a text holds as JSON; anything but a text as it is.

    Raises:
        UnfitError: The text is no JSON.
    """
    if not isinstance(value, str):
        return value
    try:
        return msgspec.json.decode(value)
    except (msgspec.DecodeError, UnicodeError, RecursionError) as error:
        raise UnfitError(f"{what} is no JSON") from error


def read_messages(value: object, what: str = "messages") -> tuple[Message, ...]:
    """Return a conversation: a list of objects with role and content, or from and value.

    A call that stands in an entry of its own, as ShareGPT has it, joins the text before it.

    Raises:
        UnfitError: It is no such list, or is empty.
    """
    items = read_json(value, what)
    if not isinstance(items, list) or not items:
        raise UnfitError(f"{what} is no list of messages, or an empty one")
    read: list[Message] = []
    for item in items:
        if not isinstance(item, dict):
            raise UnfitError(f"{what} holds something that is no message")
        message = _read_message(item)
        last = read[-1] if read else None
        own_entry = item.get("from") == "function_call"
        if own_entry and last is not None and last.role == "assistant" and not last.calls:
            read[-1] = msgspec.structs.replace(last, calls=message.calls)
        else:
            read.append(message)
    return tuple(read)


def _read_message(item: Wire) -> Message:
    said = item.get("role", item.get("from"))
    role = ROLES.get(said.lower()) if isinstance(said, str) else None
    if role is None:
        raise UnfitError(f"nobody knows the role {str(said)[:40]!r}")
    content = item.get("content", item.get("value"))
    if said == "function_call":
        return Message(role="assistant", content="", calls=_read_calls(read_json(content, "call")))
    calls = _read_calls(item.get("tool_calls") or item.get("function_call"))
    if content is None and not calls:
        raise UnfitError(f"a message of the {role} has no content")
    if calls and role != "assistant":
        raise UnfitError(f"a message of the {role} holds a call")
    call_id = item.get("tool_call_id")
    return Message(
        role=role,
        content=_text(content),
        calls=calls,
        call_id=call_id if role == "tool" and isinstance(call_id, str) else "",
    )


def _text(content: object) -> str:
    """Return the text of a message, which may come in parts."""
    if content is None or isinstance(content, str):
        return content or ""
    if not isinstance(content, list):
        raise UnfitError("the content of a message is no text")
    parts = []
    for part in content:
        text = part.get("text") if isinstance(part, dict) else part
        if not isinstance(text, str):
            kind = part.get("type") if isinstance(part, dict) else type(part).__name__
            raise UnfitError(f"a message holds {str(kind)[:40]}; only text is read")
        parts.append(text)
    return "".join(parts)


def _read_calls(value: object) -> tuple[ToolCall, ...]:
    items = value if isinstance(value, list) else [value] if value is not None else []
    return tuple(_read_call(item) for item in items)


def _read_call(item: object) -> ToolCall:
    if not isinstance(item, dict):
        raise UnfitError("a call is no object")
    inner = item.get("function")
    table = inner if isinstance(inner, dict) else item
    name, call_id = table.get("name"), item.get("id")
    if not isinstance(name, str) or not name:
        raise UnfitError("a call has no name")
    given = read_json(table.get("arguments") or {}, "arguments of a call")
    if not isinstance(given, dict):
        raise UnfitError("arguments of a call are no object")
    # Arrow fills the arguments of every other call in with null; those were never given.
    arguments = {str(k): _argument(v) for k, v in given.items() if v is not None}
    return ToolCall(name=name, arguments=arguments, id=call_id if isinstance(call_id, str) else "")


def _argument(value: object) -> str:
    return value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)


def read_tools(value: object) -> str:
    """Return definitions of tools as the JSON of a list; empty when there are none.

    Raises:
        UnfitError: They are no list.
    """
    tools = _pruned(read_json(value, "tools")) if value else None
    if not tools:
        return ""
    if not isinstance(tools, list):
        raise UnfitError("tools is no list")
    return msgspec.json.encode(tools).decode()


def _pruned(value: object) -> object:
    """Return a value without the null fields that Arrow fills in."""
    if isinstance(value, dict):
        return {key: _pruned(item) for key, item in value.items() if item is not None}
    return [_pruned(item) for item in value] if isinstance(value, list) else value


def holds_calls(conversations: Iterable[Sequence[Message]]) -> bool:
    """Whether any message of several conversations calls a tool or is what one gave back."""
    return any(m.calls or m.role == "tool" for messages in conversations for m in messages)


def write_messages(
    messages: Sequence[Message], *, uniform: bool = False, tools: str = ""
) -> list[Wire]:
    """Return a conversation as chat messages.

    Args:
        messages: The conversation.
        uniform: Give every message the same keys, those that it does not need with null. Arrow
            needs that in a data set in which any message holds a call.
        tools: Definitions of the tools, as JSON: they say which arguments are no text.
    """
    types = _types(tools)
    names: dict[str, str] = {}
    written = []
    for message in messages:
        names |= {call.id: call.name for call in message.calls if call.id}
        row: Wire = {"role": message.role, "content": message.content}
        if message.calls or uniform:
            row["tool_calls"] = [_write_call(call, types) for call in message.calls] or None
        if message.call_id or uniform:
            row["tool_call_id"] = message.call_id or None
            row["name"] = names.get(message.call_id)
        written.append(row)
    return written


def _write_call(call: ToolCall, types: Mapping[tuple[str, str], str]) -> Wire:
    function: Wire = {"name": call.name, "arguments": arguments_json(call, types)}
    return {"id": call.id or None, "type": "function", "function": function}


def arguments_json(call: ToolCall, types: Mapping[tuple[str, str], str]) -> str:
    """Return the arguments of a call as JSON text; numbers and lists as the tool declares them."""
    given: Wire = {}
    for name, text in call.arguments.items():
        given[name] = text
        if types.get((call.name, name), "string") != "string":
            try:
                value = json.loads(text)
            except (ValueError, RecursionError):
                continue
            if value is not None and not isinstance(value, str) and _comes_back(value, text):
                given[name] = value
    return json.dumps(given, ensure_ascii=False)


def _comes_back(value: object, text: str) -> bool:
    """Whether a value is read as this text again: not NaN, nor a number of too many digits."""
    try:
        return _argument(msgspec.json.decode(text)) == text == _argument(value)
    except (msgspec.DecodeError, UnicodeError, RecursionError):
        return False


def argument_types(tools: str) -> dict[tuple[str, str], str]:
    """Return the declared type of each argument, by names of tool and argument."""
    return _types(tools)


class _Property(msgspec.Struct):
    type: object = None


class _Parameters(msgspec.Struct):
    properties: dict[str, _Property] = {}


class _Function(msgspec.Struct):
    name: str = ""
    parameters: _Parameters | None = None


class _Tool(msgspec.Struct):
    name: str = ""
    function: _Function | None = None
    parameters: _Parameters | None = None


def _types(tools: str) -> dict[tuple[str, str], str]:
    if not tools:
        return {}
    try:
        read = msgspec.json.decode(tools, type=list[_Tool])
    except (msgspec.MsgspecError, RecursionError):
        return {}
    found = {}
    for tool in read:
        function = tool.function or _Function(name=tool.name, parameters=tool.parameters)
        for name, about in (function.parameters or _Parameters()).properties.items():
            found[function.name, name] = str(about.type or "string")
    return found


def as_wire(value: object) -> Wire:
    """Return a decoded JSON object.

    Raises:
        UnfitError: It is something else.
    """
    if not isinstance(value, dict):
        raise UnfitError("no JSON object")
    return cast("Wire", value)
