"""Tools of a project: read from their JSON, and calls of them held against it.

Only what fields on a page can ask for is looked at: types, choices, bounds and what is required.
Patterns are not: they come from others and can take for ever.
"""

from typing import Any

import msgspec

from etude.errors import ConfigError
from etude.models import Tool
from etude.records import ToolCall

MAX_TOOLS = 64
_DEPTH = 6
_TYPES: dict[str, tuple[type, ...]] = {
    "string": (str,),
    "integer": (int,),
    "number": (int, float),
    "boolean": (bool,),
    "array": (list,),
    "object": (dict,),
    "null": (type(None),),
}


class Argument(msgspec.Struct, frozen=True, kw_only=True):
    """One argument of a tool, as its field on the page."""

    name: str
    kind: str
    """Type in JSON's words, such as `string`; `value` where any will do."""
    about: str = ""
    required: bool = False
    choices: tuple[str, ...] = ()
    """What may be given; empty for anything."""
    schema: dict[str, Any] = {}


class ProjectTool(msgspec.Struct, frozen=True, kw_only=True):
    """One tool that a demonstration may call."""

    name: str
    about: str = ""
    arguments: tuple[Argument, ...] = ()


class _Function(msgspec.Struct):
    name: str
    description: str = ""
    parameters: dict[str, Any] = {}


class _Entry(msgspec.Struct):
    function: _Function | None = None
    name: str = ""
    description: str = ""
    parameters: dict[str, Any] = {}


def read_tools(text: str) -> tuple[ProjectTool, ...]:
    """Return the tools in the settings of a project.

    Raises:
        ConfigError: It is no JSON array of functions, or two have the same name.
    """
    if not text.strip():
        return ()
    try:
        entries = msgspec.json.decode(text, type=list[_Entry])
    except (msgspec.MsgspecError, RecursionError, UnicodeError) as error:
        raise ConfigError(f"tools: no JSON array of functions: {error}") from error
    functions = [
        e.function or _Function(name=e.name, description=e.description, parameters=e.parameters)
        for e in entries
    ]
    names = [function.name for function in functions]
    if len(functions) > MAX_TOOLS:
        raise ConfigError(f"tools: {MAX_TOOLS} are the most")
    if not all(names) or len(set(names)) < len(names):
        raise ConfigError("tools: each needs a name of its own")
    return tuple(
        ProjectTool(name=f.name[:100], about=f.description, arguments=_arguments(f))
        for f in functions
    )


def _arguments(function: _Function) -> tuple[Argument, ...]:
    properties = function.parameters.get("properties", {})
    required = function.parameters.get("required", [])
    if not isinstance(properties, dict) or not isinstance(required, list):
        raise ConfigError(f"tools: the parameters of {function.name!r} are no JSON schema")
    return tuple(
        _argument(str(name)[:100], schema if isinstance(schema, dict) else {}, name in required)
        for name, schema in properties.items()
    )


def _argument(name: str, schema: dict[str, Any], required: bool) -> Argument:
    kind = schema.get("type")
    choices = schema.get("enum")
    about = schema.get("description", "")
    texts = [c for c in choices if isinstance(c, str)] if isinstance(choices, list) else []
    return Argument(
        name=name,
        kind=kind if isinstance(kind, str) and kind in _TYPES else "value",
        about=about if isinstance(about, str) else "",
        required=required,
        choices=tuple(texts) if choices and len(texts) == len(choices) else (),
        schema=schema,
    )


def for_model(tools: tuple[ProjectTool, ...]) -> tuple[Tool, ...]:
    """Return tools as a model is told of them."""
    return tuple(
        Tool(
            name=tool.name,
            description=tool.about,
            parameters={a.name: a.about or a.kind for a in tool.arguments},
            required=tuple(a.name for a in tool.arguments if a.required),
        )
        for tool in tools
    )


def wrong_in_call(call: ToolCall, tools: tuple[ProjectTool, ...]) -> list[str]:
    """Return what does not fit the tool that is called."""
    tool = next((tool for tool in tools if tool.name == call.name), None)
    if tool is None:
        return [f"there is no tool {call.name[:40]!r}"]
    known = {argument.name: argument for argument in tool.arguments}
    wrong = [f"{name[:40]!r} is no argument of it" for name in call.arguments if name not in known]
    for argument in tool.arguments:
        if argument.name not in call.arguments:
            if argument.required:
                wrong.append(f"{argument.name} is missing")
            continue
        said = _wrong_value(call.arguments[argument.name], argument)
        if said:
            wrong.append(f"{argument.name} {said}")
    return wrong


def _wrong_value(text: str, argument: Argument) -> str:
    kinds = argument.schema.get("type")
    if kinds is None:
        # Nobody said whether it is text: either reading will do.
        said = _misfit(text, argument.schema, _DEPTH)
        return said if said and _wrong_json(text, argument) else ""
    if kinds == "string" or (isinstance(kinds, list) and "string" in kinds):
        # Text is kept as it is; everything else as its JSON.
        return _misfit(text, argument.schema, _DEPTH)
    return _wrong_json(text, argument)


def _wrong_json(text: str, argument: Argument) -> str:
    try:
        value = msgspec.json.decode(text)
    except (msgspec.MsgspecError, RecursionError, UnicodeError):
        return f"is no {argument.kind} in JSON"
    return _misfit(value, argument.schema, _DEPTH)


def _misfit(value: object, schema: dict[str, Any], depth: int) -> str:
    """Return how a value does not fit a schema; empty when it does."""
    kinds = schema.get("type")
    wanted = [kinds] if isinstance(kinds, str) else kinds if isinstance(kinds, list) else []
    if wanted and not any(_is(value, kind) for kind in wanted):
        return f"is no {' or '.join(map(str, wanted))}"
    choices = schema.get("enum")
    if isinstance(choices, list) and value not in choices:
        return "is none of the choices"
    if isinstance(value, int | float) and not isinstance(value, bool):
        return _out_of_bounds(value, schema)
    return _misfit_inside(value, schema, depth - 1) if depth else ""


def _is(value: object, kind: object) -> bool:
    if isinstance(value, bool):
        return kind == "boolean"
    if kind == "integer" and isinstance(value, float):
        return value.is_integer()
    return not isinstance(kind, str) or isinstance(value, _TYPES.get(kind, (object,)))


def _out_of_bounds(value: float, schema: dict[str, Any]) -> str:
    low, high = schema.get("minimum"), schema.get("maximum")
    if isinstance(low, int | float) and value < low:
        return f"is below {low:g}"
    if isinstance(high, int | float) and value > high:
        return f"is above {high:g}"
    return ""


def _misfit_inside(value: object, schema: dict[str, Any], depth: int) -> str:
    if isinstance(value, list) and isinstance(schema.get("items"), dict):
        said = next((s for v in value if (s := _misfit(v, schema["items"], depth))), "")
        return f"has an entry that {said}" if said else ""
    if not isinstance(value, dict):
        return ""
    required, properties = schema.get("required"), schema.get("properties")
    for name in required if isinstance(required, list) else ():
        if name not in value:
            return f"lacks {str(name)[:40]}"
    for name, inner in properties.items() if isinstance(properties, dict) else ():
        if name in value and isinstance(inner, dict):
            said = _misfit(value[name], inner, depth)
            if said:
                return f"has a {str(name)[:40]} that {said}"
    return ""
