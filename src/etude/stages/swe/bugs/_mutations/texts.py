"""Mistakes in text that is put together: formats, conversions, separators, lost values."""

import re
from collections.abc import Callable, Iterator

import libcst as cst

from etude.stages.swe.bugs._mutations.function import Function
from etude.stages.swe.bugs._mutations.source import Edit

_SEPARATORS = {
    "": " ",
    " ": "",
    ",": ", ",
    ", ": ",",
    "\\n": "",
    "/": "",
    ".": "",
    "-": "_",
    "_": "-",
    "|": "",
    ";": ",",
    "; ": ";",
    "&": ";",
    "::": ":",
    "\\n\\n": "\\n",
    " | ": "|",
}
_PERCENT = re.compile(r"%(?:\((\w+)\))?([-+ 0#]*)(\d*)(\.\d+)?([srdxXfeg])")
_BRACES = re.compile(r"\{(\w*)(?:!([rsa]))?(?::([^{}]+))?\}")
_SPEC = re.compile(r"^(?:(.)?([<>^]))?([+ -])?(#)?(0)?(\d+)?([,_])?(?:\.(\d+))?([a-zA-Z%])?$")


def string_format(function: Function) -> Iterator[Edit]:
    """Format a value wrongly, lose one, or put the wrong separator between parts."""
    yield from _in_formatted(function)
    yield from _in_separators(function)
    source = function.source
    for text in function.each(cst.SimpleString):
        parent = source.parents[text]
        if len(text.quote) != 1:
            continue
        if isinstance(parent, cst.BinaryOperation) and isinstance(parent.operator, cst.Modulo):
            if parent.left is text:
                yield from _in_pattern(function, text, _PERCENT, _other_percent)
        elif isinstance(parent, cst.Attribute) and parent.attr.value == "format":
            yield from _in_pattern(function, text, _BRACES, _other_braces)


def other_spec(spec: str) -> str | None:
    """A format specification that is nearly right; `None` when there is none."""
    found = _SPEC.match(spec)
    if found is None:
        return None
    align, zero, width, comma, digits, kind = (found[i] for i in (2, 5, 6, 7, 8, 9))
    if zero and width:
        return spec[: found.start(5)] + spec[found.end(5) :]
    if digits is not None:
        return spec[: found.start(8)] + str(max(int(digits) - 1, 0)) + spec[found.end(8) :]
    if align:
        return spec[: found.start(2)] + {"<": ">", ">": "<", "^": "<"}[align] + spec[found.end(2) :]
    if comma:
        return spec[: found.start(7)] + spec[found.end(7) :]
    if kind in {"x", "X"}:
        return spec[: found.start(9)] + kind.swapcase()
    return None


def _in_formatted(function: Function) -> Iterator[Edit]:
    source = function.source
    for node in function.each(cst.FormattedStringExpression):
        whole = source.parents[node]
        if isinstance(whole, cst.FormattedString) and len(whole.parts) > 1:
            yield Edit(*source.span(node), "")
        if node.conversion is not None:
            start = source.outer(node.expression)[1]
            mark = source.data.index(f"!{node.conversion}".encode(), start)
            if node.conversion == "r":
                yield Edit(mark, mark + 2, "")
        only = node.format_spec[0] if node.format_spec and len(node.format_spec) == 1 else None
        if isinstance(only, cst.FormattedStringText):
            other = other_spec(only.value)
            if other is not None:
                yield Edit(*source.span(only), other)


def _in_separators(function: Function) -> Iterator[Edit]:
    source = function.source
    for text in function.each(cst.SimpleString):
        parent = source.parents[text]
        if isinstance(parent, cst.Attribute) and parent.attr.value == "join":
            other = _SEPARATORS.get(text.raw_value)
            if other is not None and len(text.quote) == 1:
                yield Edit(*source.span(text), f"{text.prefix}{text.quote}{other}{text.quote}")


def _in_pattern(
    function: Function,
    text: cst.SimpleString,
    pattern: re.Pattern[str],
    other: Callable[[re.Match[str]], str | None],
) -> Iterator[Edit]:
    value = text.raw_value
    for found in pattern.finditer(value):
        new = other(found)
        if new is not None:
            code = value[: found.start()] + new + value[found.end() :]
            quoted = f"{text.prefix}{text.quote}{code}{text.quote}"
            yield Edit(*function.source.span(text), quoted)


def _other_percent(found: re.Match[str]) -> str | None:
    key = f"({found[1]})" if found[1] else ""
    flags, width, digits, kind = found[2], found[3], found[4] or "", found[5]
    if "0" in flags and width:
        return f"%{key}{flags.replace('0', '')}{width}{digits}{kind}"
    if digits:
        return f"%{key}{flags}{width}.{max(int(digits[1:]) - 1, 0)}{kind}"
    swapped = {"r": "s", "s": "r", "x": "X", "X": "x"}.get(kind)
    return f"%{key}{flags}{width}{swapped}" if swapped is not None else None


def _other_braces(found: re.Match[str]) -> str | None:
    name, conversion, spec = found[1], found[2], found[3]
    tail = f":{spec}" if spec else ""
    if conversion:
        return f"{{{name}{tail}}}"
    if spec:
        changed = other_spec(spec)
        return f"{{{name}:{changed}}}" if changed is not None else None
    other = f"{{{1 if name == '0' else 0}}}"
    return other if name.isdigit() and other in found.string else None
