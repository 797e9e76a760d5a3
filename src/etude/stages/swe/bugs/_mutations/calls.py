"""Mistakes in calls: an argument, a conversion, a copy, a default or an `await` forgotten."""

from collections.abc import Iterator

import libcst as cst

from etude.stages.swe.bugs._mutations.function import Function, is_text, last_name
from etude.stages.swe.bugs._mutations.source import Edit, Source

_KNOWN_KEYWORDS = {
    "sorted": {"key", "reverse"},
    "sort": {"key", "reverse"},
    "max": {"key", "default"},
    "min": {"key", "default"},
    "split": {"maxsplit"},
    "rsplit": {"maxsplit"},
    "enumerate": {"start"},
    "zip": {"strict"},
    "dumps": {"sort_keys", "indent", "default", "ensure_ascii", "separators", "cls"},
    "encode": {"errors"},
    "decode": {"errors"},
    "compile": {"flags"},
    "sub": {"count", "flags"},
    "splitlines": {"keepends"},
}
_CONVERSIONS = {"str", "int", "float", "tuple", "sorted", "reversed", "abs", "frozenset", "bytes"}
_CLEANING = {"strip", "rstrip", "lstrip", "lower", "upper", "casefold", "splitlines", "title"}
_COPIES = {"list", "dict", "set", "bytearray", "deque", "OrderedDict"}
_COPIERS = {"copy", "deepcopy"}
_NOT_MAPPINGS = {"session", "client", "requests", "http", "app", "router", "queue"}
_NEEDS_NO_CONVERSION = (cst.Expr, cst.FormattedStringExpression)
_PLACES = (cst.Name, cst.Attribute, cst.Subscript)


def dropped_argument(function: Function) -> Iterator[Edit]:
    """Leave out an argument that has a default, or the `**options` passed on."""
    source = function.source
    defaults = function.facts.defaults
    for call in function.each(cst.Call):
        name = last_name(call)
        known = defaults.get(name, {})
        for i, arg in enumerate(call.args):
            if arg.star == "**" and isinstance(arg.value, cst.Name):
                yield without_argument(function, call, i)
            elif arg.keyword is not None:
                keyword = arg.keyword.value
                default = known.get(keyword)
                if keyword in _KNOWN_KEYWORDS.get(name, ()) or (
                    default is not None and default != source.code(arg.value)
                ):
                    yield without_argument(function, call, i)


def dropped_call(function: Function) -> Iterator[Edit]:
    """Forget a call: a whole statement, or a conversion around a value."""
    source = function.source
    for node in function.each(cst.SimpleStatementLine):
        only = node.body[0] if len(node.body) == 1 else None
        calls = isinstance(only, cst.Expr) and isinstance(only.value, (cst.Call, cst.Await))
        if calls and removable(function, node):
            yield removal(function, node)
    for call in function.each(cst.Call):
        value = _converted(call)
        if value is None or isinstance(source.parents[call], _NEEDS_NO_CONVERSION):
            continue
        if not _compared_with(function, call, source.code(value)):
            yield Edit(*source.outer(call), source.code(value))


def missing_copy(function: Function) -> Iterator[Edit]:
    """Share a collection where the code makes a copy of it."""
    source = function.source
    for call in function.each(cst.Call):
        value = _copied(call)
        if value is not None and not _only_looped_over(function, call):
            yield Edit(*source.outer(call), source.code(value))
    for node in function.each(cst.Subscript):
        whole = node.slice[0].slice
        if (
            isinstance(whole, cst.Slice)
            and len(node.slice) == 1
            and whole.lower is whole.upper is whole.step is None
            and not isinstance(source.parents[node], (cst.AssignTarget, cst.Del))
        ):
            yield Edit(*source.outer(node), source.code(node.value))


def missing_key_default(function: Function) -> Iterator[Edit]:
    """Forget what to do when a key, an attribute or a next item is not there."""
    source = function.source
    for call in function.each(cst.Call):
        if any(a.star or a.keyword for a in call.args):
            continue
        name, n_args = last_name(call), len(call.args)
        if isinstance(call.func, cst.Attribute):
            mapping = call.func.value
            if not isinstance(mapping, _PLACES) or source.code(mapping) == function.receiver:
                continue
            if last_name(mapping).lower().strip("_") in _NOT_MAPPINGS:
                continue
            if (name == "get" and n_args in {1, 2}) or (name == "setdefault" and n_args == 2):
                if isinstance(source.parents[call], cst.Expr):
                    continue
                key = source.code(call.args[0].value)
                yield Edit(*source.span(call), f"{source.code(mapping)}[{key}]")
            elif name == "pop" and n_args == 2:
                yield without_argument(function, call, 1)
        elif (name, n_args) in {("getattr", 3), ("next", 2)}:
            yield without_argument(function, call, n_args - 1)


def dropped_await(function: Function) -> Iterator[Edit]:
    """Forget to wait for a coroutine."""
    source = function.source
    for node in function.each(cst.Await):
        yield Edit(source.span(node)[0], source.outer(node.expression)[0], "")


def _compared_with(function: Function, node: cst.CSTNode, code: str) -> bool:
    """Whether `node` is one side of a comparison whose other side reads `code`."""
    source = function.source
    parent = source.parents[node]
    if isinstance(parent, cst.ComparisonTarget):
        parent = source.parents[parent]
    if not isinstance(parent, cst.Comparison):
        return False
    return code in {
        source.code(s) for s in (parent.left, *(c.comparator for c in parent.comparisons))
    }


def removable(function: Function, node: cst.CSTNode) -> bool:
    """Whether a statement can go: others stay beside it and no name goes missing."""
    block = function.source.parents[node]
    if not isinstance(block, cst.IndentedBlock):
        return False
    others = [s for s in block.body if s is not node and not is_text(s)]
    return bool(others) and not all(_is_pass(s) for s in others) and function.droppable(node)


def removal(function: Function, node: cst.CSTNode, body: cst.CSTNode | None = None) -> Edit:
    """Take out the lines of a statement, the comment right above them included.

    A comment that stayed behind would tell what is missing.

    Args:
        function: The function it is in.
        node: The statement.
        body: The part of it that must be covered; the whole when `None`.
    """
    source = function.source
    end = source.line_end(source.span(node)[1] - 1)
    return Edit(source.first_byte(node), end, "", source.span(body or node))


def _is_pass(node: cst.CSTNode) -> bool:
    return isinstance(node, cst.SimpleStatementLine) and isinstance(node.body[0], cst.Pass)


def without_argument(function: Function, call: cst.Call, index: int) -> Edit:
    """Take one argument out, with its comma."""
    source, args = function.source, call.args
    if index:
        return Edit(_arg_end(source, args[index - 1]), _arg_end(source, args[index]), "")
    end = source.span(args[1])[0] if len(args) > 1 else _arg_end(source, args[0])
    return Edit(source.span(args[0])[0], end, "")


def _arg_end(source: Source, arg: cst.Arg) -> int:
    return source.outer(arg.value)[1]


def _converted(call: cst.Call) -> cst.BaseExpression | None:
    """The value that the call only converts or cleans; `None` when it does more."""
    if isinstance(call.func, cst.Attribute):
        cleans = call.func.attr.value in _CLEANING and not call.args
        return call.func.value if cleans else None
    if last_name(call) not in _CONVERSIONS or len(call.args) != 1:
        return None
    arg = call.args[0]
    plain = not arg.star and arg.keyword is None and isinstance(arg.value, (*_PLACES, cst.Call))
    return arg.value if plain else None


def _copied(call: cst.Call) -> cst.BaseExpression | None:
    """What the call makes a copy of; `None` when it makes none."""
    name = last_name(call)
    if isinstance(call.func, cst.Attribute) and name == "copy" and not call.args:
        return call.func.value
    if len(call.args) != 1 or call.args[0].star or call.args[0].keyword:
        return None
    value = call.args[0].value
    copies = name in _COPIERS or (isinstance(call.func, cst.Name) and name in _COPIES)
    return value if copies and isinstance(value, _PLACES) else None


def _only_looped_over(function: Function, call: cst.Call) -> bool:
    parent = function.source.parents[call]
    return isinstance(parent, cst.CompFor)
