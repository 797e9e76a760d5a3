"""Tool calls read out of plain text, for models that do not use the provider's own form.

Forms understood, the first that gives a call wins: <tool_call> tags (JSON or XML-like parameters),
fenced blocks of JSON or of Python calls, bare JSON objects, and one fenced shell command.
"""

import ast
import json
import re
from collections.abc import Callable, Iterator, Sequence
from typing import NamedTuple

from etude.models._base import Tool
from etude.records import ToolCall


class ReadCalls(NamedTuple):
    """What a text says and what it asks for."""

    text: str
    calls: tuple[ToolCall, ...]


class _Found(NamedTuple):
    start: int
    end: int
    calls: list[ToolCall]


_THOUGHTS = re.compile(r"<think(?:ing)?>.*?(?:</think(?:ing)?>|\Z)", re.DOTALL)
_TAG = re.compile(r"<(tool_call|function_call)>(.*?)(?:</\1>|\Z)", re.DOTALL)
_FUNCTION = re.compile(r"<function=([\w.-]+)>(.*?)(?:</function>|\Z)", re.DOTALL)
_PARAMETER = re.compile(r"<parameter=([\w.-]+)>\n?(.*?)\n?</parameter>", re.DOTALL)
_FENCE = re.compile(
    r"^[ \t]*(?P<mark>`{3,}|~{3,})[ \t]*(?P<lang>[\w+-]*)[^\n]*\n(?P<body>.*?)"
    r"(?:^[ \t]*(?P=mark)[ \t]*$|\Z)",
    re.DOTALL | re.MULTILINE,
)
# Anything that can hold a call starts so; brackets in prose and code mostly do not.
_JSON_START = re.compile(r'\{\s*["}]|\[\s*\{\s*"')
_TRIPLE_QUOTED = re.compile(r'"""(.*?)"""', re.DOTALL)
_JSON_FENCES = frozenset({"", "json", "jsonc", "json5", "tool_call", "tool", "tool_code", "xml"})
_CODE_FENCES = frozenset({"", "tool_code", "python", "py"})
_SHELL_FENCES = frozenset({"bash", "sh", "shell", "console", "zsh"})
_NAME_KEYS = ("name", "tool", "tool_name", "function", "action")
_ARGUMENT_KEYS = ("arguments", "parameters", "args", "input", "action_input", "kwargs")
_WRAPPER_KEYS = ("tool_calls", "calls", "call", "tool_call", "function_call", "function")


def read_calls(text: str, tools: Sequence[Tool]) -> ReadCalls:
    """Return the calls that stand in `text`, and the text around them.

    Nothing inside a model's <think> tags counts.
    """
    # Blanked at equal length, so that places in one are places in the other.
    visible = _THOUGHTS.sub(lambda match: " " * len(match[0]), text)
    forms: tuple[Callable[[str, Sequence[Tool]], Iterator[_Found]], ...] = (
        _in_tags,
        _in_fences,
        _in_bare_json,
        _in_shell_fence,
    )
    for form in forms:
        found = [piece for piece in form(visible, tools) if piece.calls]
        if found:
            calls = [call for piece in found for call in piece.calls]
            # Small models repeat themselves until they are cut off: each call counts once.
            once = [call for at, call in enumerate(calls) if call not in calls[:at]]
            return ReadCalls(_without(text, found), tuple(once))
    return ReadCalls(text.strip(), ())


def text_of(value: object) -> str:
    """Return an argument as text: text as it is, anything else as its JSON."""
    return value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)


def _without(text: str, found: Sequence[_Found]) -> str:
    kept, at = [], 0
    for piece in found:
        kept.append(text[at : piece.start].strip())
        at = piece.end
    kept.append(text[at:].strip())
    return "\n".join(part for part in kept if part)


def _in_tags(text: str, tools: Sequence[Tool]) -> Iterator[_Found]:
    for tag in _TAG.finditer(text):
        yield _Found(tag.start(), tag.end(), _from_body(tag[2], tools) or _from_xml(tag[2]))
    if _TAG.search(text) is None:
        for function in _FUNCTION.finditer(text):
            yield _Found(function.start(), function.end(), _from_xml(function[0]))


def _in_fences(text: str, tools: Sequence[Tool]) -> Iterator[_Found]:
    for fence in _FENCE.finditer(text):
        language = fence["lang"].lower()
        calls = _from_body(fence["body"], tools) if language in _JSON_FENCES else []
        if not calls and language in _CODE_FENCES:
            calls = _from_code(fence["body"], tools)
        yield _Found(fence.start(), fence.end(), calls)


def _in_bare_json(text: str, tools: Sequence[Tool]) -> Iterator[_Found]:
    # Braces inside fenced code are the code's own.
    outside = _FENCE.sub(lambda match: " " * len(match[0]), text)
    for start, end, value in _json_values(outside):
        yield _Found(start, end, _from_value(value, tools))


def _in_shell_fence(text: str, tools: Sequence[Tool]) -> Iterator[_Found]:
    if not any(tool.name == "bash" for tool in tools):
        return
    for fence in _FENCE.finditer(text):
        if fence["lang"].lower() in _SHELL_FENCES and fence["body"].strip():
            command = re.sub(r"^\$ ", "", fence["body"].strip(), flags=re.MULTILINE)
            call = ToolCall(name="bash", arguments={"command": command})
            yield _Found(fence.start(), fence.end(), [call])
            # A second block was written without having seen what the first one gives.
            return


def _from_body(body: str, tools: Sequence[Tool]) -> list[ToolCall]:
    values = [value for _, _, value in _json_values(body)]
    if not values:
        try:
            values = [ast.literal_eval(body.strip())]
        except (ValueError, SyntaxError, MemoryError, RecursionError):
            return []
    return [call for value in values for call in _from_value(value, tools)]


def _from_xml(body: str) -> list[ToolCall]:
    return [
        ToolCall(name=name, arguments=dict(_PARAMETER.findall(inside)))
        for name, inside in _FUNCTION.findall(body)
    ]


def _from_code(body: str, tools: Sequence[Tool]) -> list[ToolCall]:
    """Read `read_file("a.py", first_line=3)`: calls of known tools and nothing else."""
    by_name = {tool.name: tool for tool in tools}
    try:
        statements = ast.parse(body.strip()).body
    except (SyntaxError, ValueError, MemoryError, RecursionError):
        return []
    calls = []
    for statement in statements:
        value = statement.value if isinstance(statement, ast.Expr) else None
        if not isinstance(value, ast.Call) or not isinstance(value.func, ast.Name):
            return []
        tool = by_name.get(value.func.id)
        if tool is None or len(value.args) > len(tool.parameters):
            return []
        given = list(zip(tool.parameters, value.args, strict=False))
        given += [(keyword.arg or "", keyword.value) for keyword in value.keywords]
        try:
            arguments = {name: text_of(ast.literal_eval(node)) for name, node in given}
        except (ValueError, TypeError):
            return []
        calls.append(ToolCall(name=tool.name, arguments=arguments))
    return calls


def _json_values(text: str) -> Iterator[tuple[int, int, object]]:
    """Yield each outermost JSON object or list in `text`, with where it stands."""
    # Control characters are let through: models put raw line ends into strings.
    decoder = json.JSONDecoder(strict=False)
    at = 0
    while (match := _JSON_START.search(text, at)) is not None:
        start = match.start()
        try:
            value, end = decoder.raw_decode(text, start)
        except (ValueError, RecursionError):
            value, end = _mended_json(decoder, text, start)
        if end > start:
            yield start, end, value
            at = end
        else:
            at = start + 1


def _mended_json(decoder: json.JSONDecoder, text: str, start: int) -> tuple[object, int]:
    """Read an object whose strings stand in Python's triple quotes; end 0 when there is none."""
    if text[start] != "{" or '"""' not in text[start:]:
        return None, 0
    mended = _TRIPLE_QUOTED.sub(lambda match: json.dumps(match[1]), text[start:])
    try:
        value, end = decoder.raw_decode(mended)
    except (ValueError, RecursionError):
        return None, 0
    # What follows the object was not mended differently, so its length says where it begins.
    return value, len(text) - len(_unmended_rest(text[start:], end))


def _unmended_rest(text: str, end: int) -> str:
    """Return what of `text` stands behind the first `end` characters of its mended form."""
    shift = 0
    for match in _TRIPLE_QUOTED.finditer(text):
        replacement = json.dumps(match[1])
        if match.start() + shift + len(replacement) > end:
            break
        shift += len(replacement) - len(match[0])
    return text[end - shift :]


def _from_value(value: object, tools: Sequence[Tool]) -> list[ToolCall]:
    if isinstance(value, list):
        return [call for item in value for call in _from_value(item, tools)]
    if not isinstance(value, dict):
        return []
    call = _from_table({str(key): item for key, item in value.items()}, tools)
    if call is not None:
        return [call]
    for key in _WRAPPER_KEYS:
        if isinstance(value.get(key), dict | list):
            return _from_value(value[key], tools)
    return []


def _from_table(table: dict[str, object], tools: Sequence[Tool]) -> ToolCall | None:
    known = {tool.name for tool in tools}
    name = next((table[key] for key in _NAME_KEYS if isinstance(table.get(key), str)), None)
    arguments = next((table[key] for key in _ARGUMENT_KEYS if key in table), None)
    if name is None and len(table) == 1:
        # The tool's name is the one key, its arguments are the value.
        name, arguments = next(iter(table.items()))
        if name not in known:
            return None
    if not isinstance(name, str):
        return None
    if arguments is None:
        if name not in known:
            return None
        # The arguments stand beside the name.
        parameters = next(tool.parameters for tool in tools if tool.name == name)
        arguments = {key: item for key, item in table.items() if key in parameters}
    return _call(name, arguments, tools)


def _call(name: str, arguments: object, tools: Sequence[Tool]) -> ToolCall | None:
    if isinstance(arguments, str):
        try:
            arguments = json.loads(arguments, strict=False)
        except ValueError:
            tool = next((tool for tool in tools if tool.name == name), None)
            if tool is None or len(tool.required) != 1:
                return None
            arguments = {tool.required[0]: arguments}
    if not isinstance(arguments, dict):
        return None
    # An argument left null is an argument not given.
    texts = {str(key): text_of(item) for key, item in arguments.items() if item is not None}
    return ToolCall(name=name, arguments=texts)
