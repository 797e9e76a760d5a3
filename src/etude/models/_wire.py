"""Conversations as the chat-completions wire knows them, and back."""

import json
from collections.abc import Sequence

from etude.models._base import Tool
from etude.records import Message, ToolCall

JsonValue = str | int | float | bool | None | Sequence["JsonValue"] | dict[str, "JsonValue"]
JsonTable = dict[str, JsonValue]


def native_tools(tools: Sequence[Tool]) -> list[JsonTable]:
    """Return the tools as function definitions."""
    return [
        {
            "type": "function",
            "function": {
                "name": tool.name,
                "description": tool.description,
                "parameters": _parameters(tool, tool.required),
            },
        }
        for tool in tools
    ]


def native_messages(messages: Sequence[Message]) -> list[JsonTable]:
    """Return a conversation with native calls; calls read out of text go back as text."""
    rendered: list[JsonTable] = []
    for message in messages:
        if message.role == "tool" and not message.call_id:
            _add_plain(rendered, "user", f"<tool_response>\n{message.content}\n</tool_response>")
        elif message.role == "tool":
            answer = {"role": "tool", "tool_call_id": message.call_id, "content": message.content}
            rendered.append({**answer})
        elif message.role == "assistant":
            rendered.append(_assistant(message))
        else:
            _add_plain(rendered, message.role, message.content)
    return rendered


def json_messages(messages: Sequence[Message], tools: Sequence[Tool]) -> list[JsonTable]:
    """Return a conversation in which every call is an object that `moves_schema` describes."""
    rendered: list[JsonTable] = []
    if tools:
        _add_plain(rendered, "system", _explained(tools))
    for message in messages:
        if message.role == "tool":
            _add_plain(rendered, "user", f"Result:\n{message.content}")
        elif message.role == "assistant" and message.calls:
            for number, call in enumerate(message.calls):
                thought = "" if number else message.content
                _add_plain(rendered, "assistant", _move(thought, call))
        elif message.role == "system" and rendered:
            # The user's own words come first; how to answer stands right before the work.
            rendered[0]["content"] = f"{message.content}\n\n{rendered[0]['content']}"
        else:
            _add_plain(rendered, message.role, message.content)
    return rendered


_THOUGHT_CHARS = 400


def moves_schema(tools: Sequence[Tool]) -> JsonTable:
    """Return a response format that lets through one thought and one well-formed call."""
    moves: list[JsonTable] = [
        _object(
            {"tool": {"type": "string", "enum": [tool.name]}, "arguments": _parameters(tool, None)}
        )
        for tool in tools
    ]
    # Small models think until their tokens run out and never come to the call.
    thought: JsonTable = {"type": "string", "maxLength": _THOUGHT_CHARS}
    schema = _object({"thought": thought, "call": {"anyOf": moves}})
    return {
        "type": "json_schema",
        "json_schema": {"name": "move", "strict": True, "schema": schema},
    }


def without_empty_options(call: ToolCall, tools: Sequence[Tool]) -> ToolCall:
    """Return a constrained call without the optional arguments that it had to leave empty."""
    required = {name for tool in tools if tool.name == call.name for name in tool.required}
    kept = {key: text for key, text in call.arguments.items() if text or key in required}
    return ToolCall(name=call.name, arguments=kept)


def _object(properties: JsonTable) -> JsonTable:
    return {
        "type": "object",
        "properties": properties,
        "required": list(properties),
        "additionalProperties": False,
    }


def _parameters(tool: Tool, required: Sequence[str] | None) -> JsonTable:
    """Return a tool's parameters as a schema; all are required when `required` is None."""
    table = _object(
        {
            name: {"type": "string", "description": meaning}
            for name, meaning in tool.parameters.items()
        }
    )
    return table if required is None else {**table, "required": list(required)}


def _assistant(message: Message) -> JsonTable:
    native = [call for call in message.calls if call.id]
    plain = [call for call in message.calls if not call.id]
    parts = [message.content] if message.content else []
    for call in plain:
        body = json.dumps({"name": call.name, "arguments": call.arguments}, ensure_ascii=False)
        parts.append(f"<tool_call>\n{body}\n</tool_call>")
    rendered: JsonTable = {"role": "assistant", "content": "\n".join(parts)}
    if native:
        rendered["tool_calls"] = [
            {
                "id": call.id,
                "type": "function",
                "function": {
                    "name": call.name,
                    "arguments": json.dumps(call.arguments, ensure_ascii=False),
                },
            }
            for call in native
        ]
    return rendered


def _add_plain(rendered: list[JsonTable], role: str, content: str) -> None:
    """Append a message; one of the same role as the last is joined to it.

    Many chat templates refuse two messages of one role in a row.
    """
    last = rendered[-1] if rendered else {}
    if last.get("role") == role and "tool_calls" not in last:
        last["content"] = f"{last['content']}\n\n{content}"
    else:
        rendered.append({"role": role, "content": content})


def _move(thought: str, call: ToolCall) -> str:
    move = {"thought": thought, "call": {"tool": call.name, "arguments": call.arguments}}
    return json.dumps(move, ensure_ascii=False)


def _explained(tools: Sequence[Tool]) -> str:
    lines = [
        "Answer with one JSON object and nothing else:",
        '{"thought": "a sentence or two", "call": {"tool": "name", "arguments": {...}}}',
        "Exactly one tool is called each time; its result is in the next message. All arguments "
        "are strings; an optional one may be empty. The tools:",
    ]
    for tool in tools:
        lines.append(f"- {tool.name}: {tool.description}")
        for name, meaning in tool.parameters.items():
            optional = "" if name in tool.required else " (optional)"
            lines.append(f"    {name}{optional}: {meaning}")
    return "\n".join(lines)
