"""Wrong values written into the code: constants, defaults, members of a fixed set."""

import itertools
from collections.abc import Iterator

import libcst as cst

from etude.stages.swe.bugs._mutations.binding import parameters_of
from etude.stages.swe.bugs._mutations.function import Function, last_name
from etude.stages.swe.bugs._mutations.source import Edit

_TEXTS = {
    "": " ",
    " ": "",
    ",": ";",
    ", ": ",",
    ":": ";",
    ": ": ":",
    "/": "\\\\",
    "\\n": " ",
    "\\r\\n": "\\n",
    "\\t": " ",
    ".": ",",
    "-": "_",
    "_": "-",
    "utf-8": "ascii",
    "utf8": "ascii",
    "strict": "ignore",
    "ignore": "strict",
    "replace": "ignore",
    "rb": "r",
    "wb": "w",
    "r": "rb",
    "w": "a",
    "little": "big",
    "big": "little",
    "left": "right",
    "right": "left",
    "start": "end",
    "end": "start",
    "first": "last",
    "last": "first",
    "&": "|",
    "'": '\\"',
    "(": "[",
    ")": "]",
    "[": "(",
    "]": ")",
    "{": "[",
    "}": "]",
    "<": ">",
    ">": "<",
    "=": ":",
    "+": "-",
    "*": "+",
    "#": ";",
    "?": "&",
}
_NUMBERS = {"1024": "1000", "1000": "1024", "60": "24", "24": "60", "3600": "360", "12": "24"}
_FLIPPED = {"True": "False", "False": "True"}
_INDEXING = (cst.Comparison, cst.ComparisonTarget, cst.Index, cst.Slice)
_TAKES_TUPLE = {"isinstance", "issubclass", "startswith", "endswith"}


def constant(function: Function) -> Iterator[Edit]:
    """Write the wrong flag, number or short text."""
    source = function.source
    for name in function.each(cst.Name):
        if name.value in _FLIPPED and not isinstance(source.parents[name], cst.While):
            yield Edit(*source.span(name), _FLIPPED[name.value])
    for number in function.each(cst.Integer):
        parent = source.parents[number]
        if isinstance(parent, cst.UnaryOperation):
            parent = source.parents[parent]
        if not isinstance(parent, _INDEXING) and not _is_step_of_one(number, parent):
            yield from _other_number(function, number)
    for text in function.each(cst.SimpleString):
        value = text.raw_value
        if value in _TEXTS and len(text.quote) == 1 and not _joined(function, text):
            yield _retold(function, text, _TEXTS[value])
        elif isinstance(source.parents[text], cst.ComparisonTarget):
            for other in _texts_compared(function, text):
                yield _retold(function, text, other)


def default_value(function: Function) -> Iterator[Edit]:
    """Give a parameter the wrong default."""
    source = function.source
    reach = source.span(function.node.body)
    for param in parameters_of(function.node.params):
        default = param.default
        if isinstance(default, cst.Name) and default.value in _FLIPPED:
            yield Edit(*source.span(default), _FLIPPED[default.value], reach)
        elif isinstance(default, cst.Name) and default.value == "None":
            if _tested_for_none(function, param.name.value):
                yield Edit(*source.span(default), "False", reach)
        elif isinstance(default, cst.Integer) and default.value.isdigit():
            value = int(default.value)
            yield Edit(*source.span(default), str(value + 1), reach)
            if value:
                yield Edit(*source.span(default), str(value - 1), reach)
        elif isinstance(default, cst.SimpleString) and default.raw_value in _TEXTS:
            edit = _retold(function, default, _TEXTS[default.raw_value])
            yield edit._replace(reach=reach)


def dropped_element(function: Function) -> Iterator[Edit]:
    """Forget one member of a fixed set that values are compared with or a loop runs over."""
    source = function.source
    fixed: list[cst.Tuple | cst.List | cst.Set] = []
    fixed.extend(function.each(cst.Tuple))
    fixed.extend(function.each(cst.List))
    fixed.extend(function.each(cst.Set))
    for node in fixed:
        values = [source.outer(e.value) for e in node.elements]
        if len(values) < 2 or not _is_fixed_set(function, node):
            continue
        if isinstance(node, cst.Tuple) and len(values) == 2:
            passed = isinstance(source.parents[node], cst.Arg)
            for kept in values:
                code = source.slice(*kept)
                yield Edit(*source.outer(node), code if passed else f"({code},)")
            continue
        yield Edit(values[0][0], values[1][0], "", values[0])
        for before, gone in itertools.pairwise(values):
            yield Edit(before[1], gone[1], "", gone)


def _other_number(function: Function, number: cst.Integer) -> Iterator[Edit]:
    span = function.source.span(number)
    if number.value in _NUMBERS:
        yield Edit(*span, _NUMBERS[number.value])
    elif number.value.isdigit():
        value = int(number.value)
        yield Edit(*span, str(value + 1))
        if value:
            yield Edit(*span, str(value - 1))
    elif number.value[:2].lower() == "0x":
        value = int(number.value, 16)
        yield Edit(*span, f"{number.value[:2]}{value >> 1:0{len(number.value) - 2}X}")


def _is_step_of_one(number: cst.Integer, parent: cst.CSTNode) -> bool:
    return number.value == "1" and isinstance(parent, cst.BinaryOperation)


def _retold(function: Function, text: cst.SimpleString, value: str) -> Edit:
    raw = "r" in text.prefix.lower()
    if raw or (text.quote == "'" and value == '\\"'):
        value = value.replace("\\\\", "\\").replace('\\"', '"')
    code = f"{text.prefix}{text.quote}{value}{text.quote}"
    return Edit(*function.source.span(text), code)


def _joined(function: Function, text: cst.SimpleString) -> bool:
    """Whether the text is a separator of `join`, which `string_format` looks after."""
    parent = function.source.parents[text]
    return isinstance(parent, cst.Attribute) and parent.attr.value == "join"


def _texts_compared(function: Function, text: cst.SimpleString) -> list[str]:
    """Other texts that this function compares something with, at most one, the nearest."""
    others = [
        node.raw_value
        for node in function.each(cst.SimpleString)
        if isinstance(function.source.parents[node], cst.ComparisonTarget)
        and node.prefix == text.prefix
        and node.quote == text.quote
        and node.raw_value != text.raw_value
    ]
    return others[:1]


def _tested_for_none(function: Function, name: str) -> bool:
    return any(
        isinstance(node.left, cst.Name)
        and node.left.value == name
        and isinstance(node.comparisons[0].operator, (cst.Is, cst.IsNot))
        for node in function.each(cst.Comparison)
    )


def _is_fixed_set(function: Function, node: cst.BaseExpression) -> bool:
    parent = function.source.parents[node]
    if isinstance(parent, cst.ComparisonTarget):
        return isinstance(parent.operator, (cst.In, cst.NotIn))
    if isinstance(parent, (cst.For, cst.CompFor)):
        return parent.iter is node
    if isinstance(parent, cst.Arg):
        return last_name(function.source.parents[parent]) in _TAKES_TUPLE
    return False
