"""Edits of names: variables, arguments, methods, exceptions, and copies that were forgotten."""

import ast
from collections.abc import Iterator
from itertools import pairwise

from etude.rollout.agents._search.scope import Site
from etude.rollout.agents._search.source import Edit

_NEIGHBOURS: tuple[tuple[str, ...], ...] = (
    ("strip", "lstrip", "rstrip"),
    ("find", "rfind"),
    ("index", "rindex"),
    ("split", "rsplit"),
    ("partition", "rpartition"),
    ("startswith", "endswith"),
    ("removeprefix", "removesuffix"),
    ("lower", "upper", "casefold"),
    ("ljust", "rjust"),
    ("isdigit", "isalpha", "isalnum", "isnumeric"),
    ("append", "extend", "appendleft"),
    ("extend", "extendleft"),
    ("pop", "popleft", "get"),
    ("keys", "values", "items"),
    ("update", "setdefault"),
    ("add", "discard", "remove"),
    ("union", "intersection", "difference", "symmetric_difference"),
    ("issubset", "issuperset"),
    ("match", "search", "fullmatch"),
    ("group", "groups"),
    ("start", "end"),
    ("min", "max"),
    ("any", "all"),
    ("floor", "ceil"),
    ("isinstance", "issubclass"),
    ("hasattr", "getattr"),
    ("sorted", "reversed"),
    ("list", "tuple"),
    ("set", "frozenset"),
    ("str", "repr"),
    ("bytes", "bytearray"),
    ("int", "float"),
    ("read", "readline", "readlines"),
    ("write", "writelines"),
    ("first", "last"),
    ("next", "prev", "previous"),
    ("left", "right"),
    ("key", "value"),
    ("encode", "decode"),
)
_EXCEPTIONS: tuple[tuple[str, ...], ...] = (
    ("KeyError", "IndexError", "LookupError"),
    ("ValueError", "TypeError", "KeyError"),
    ("AttributeError", "TypeError", "KeyError"),
    ("StopIteration", "IndexError", "ValueError"),
    ("UnicodeDecodeError", "UnicodeEncodeError", "UnicodeError", "ValueError"),
    ("OSError", "IOError", "ValueError"),
    ("ZeroDivisionError", "ValueError", "ArithmeticError"),
    ("RuntimeError", "ValueError", "TypeError"),
    ("NotImplementedError", "TypeError", "AttributeError"),
    ("ImportError", "AttributeError", "ModuleNotFoundError"),
)
_TYPES = {"str": "bytes", "bytes": "str", "list": "tuple", "tuple": "list", "int": "float"}
_COPIES = ("list", "dict", "set")
_MAX_OTHERS = 6
"""Other variables tried in one place."""


def attribute(site: Site) -> Iterator[Edit]:
    """Use a neighbouring method, function or attribute."""
    node, source = site.node, site.source
    if isinstance(node, ast.Attribute):
        end = source.span(node)[1]
        span, name = (end - len(node.attr.encode()), end), node.attr
        own = _own_neighbours(site, node)
    elif isinstance(node, ast.Name) and isinstance(node.ctx, ast.Load):
        span, name, own = source.span(node), node.id, []
    else:
        return
    listed = [other for group in _NEIGHBOURS if name in group for other in group]
    for other in dict.fromkeys(listed + own):
        if other != name:
            yield Edit(*span, other)


def unused_variable(site: Site) -> Iterator[Edit]:
    """Read a variable that the function never reads."""
    if _is_read(site.node) and isinstance(site.node, ast.Name):
        for name in site.scope.unused:
            yield Edit(*site.source.span(site.node), name)


def variable(site: Site) -> Iterator[Edit]:
    """Read another variable of the function."""
    node, scope = site.node, site.scope
    if not _is_read(node) or not isinstance(node, ast.Name) or node.id in {"self", "cls"}:
        return
    if node.id in scope.variables:
        at = scope.variables.index(node.id)
        # The nearest in order of appearance are the likeliest to be taken for one another.
        near = sorted(
            (name for name in scope.variables if name not in {node.id, "self", "cls"}),
            key=lambda name: abs(scope.variables.index(name) - at),
        )
        for name in near[:_MAX_OTHERS]:
            yield Edit(*site.source.span(node), name)


def swapped_arguments(site: Site) -> Iterator[Edit]:
    """Swap two arguments, or two parts of a returned tuple, that stand next to each other."""
    node, source = site.node, site.source
    listed: list[ast.expr] = []
    if isinstance(node, ast.Call):
        listed = node.args
    elif isinstance(node, ast.Return | ast.Yield) and isinstance(node.value, ast.Tuple):
        listed = node.value.elts
    if any(isinstance(part, ast.Starred) for part in listed):
        return
    for left, right in pairwise(listed):
        texts = source.text_of(left), source.text_of(right)
        between = source.slice(source.span(left)[1], source.span(right)[0])
        if texts[0] != texts[1]:
            start, end = source.span(left)[0], source.span(right)[1]
            yield Edit(start, end, texts[1] + between + texts[0])


def exception(site: Site) -> Iterator[Edit]:
    """Raise or catch another exception."""
    node, source = site.node, site.source
    caught: list[ast.expr] = []
    if isinstance(node, ast.ExceptHandler) and node.type is not None:
        caught = node.type.elts if isinstance(node.type, ast.Tuple) else [node.type]
    elif isinstance(node, ast.Raise) and node.exc is not None:
        caught = [node.exc.func if isinstance(node.exc, ast.Call) else node.exc]
    for kind in caught:
        if isinstance(kind, ast.Name):
            groups = [group for group in _EXCEPTIONS if kind.id in group]
            for other in dict.fromkeys(name for group in groups for name in group):
                if other != kind.id:
                    yield Edit(*source.span(kind), other)


def missing_copy(site: Site) -> Iterator[Edit]:
    """Copy what is now shared."""
    node, source = site.node, site.source
    value: ast.expr | None = None
    if isinstance(node, ast.For):
        value = node.iter
    elif isinstance(node, ast.Assign) or (
        isinstance(node, ast.Return) and isinstance(node.value, ast.Attribute)
    ):
        value = node.value
    if not isinstance(value, ast.Name | ast.Attribute) or source.text_of(value) in {"self", "cls"}:
        return
    for wrapper in _COPIES[:1] if isinstance(node, ast.For) else _COPIES:
        yield Edit(*source.span(value), f"{wrapper}({source.text_of(value)})")


def key_default(site: Site) -> Iterator[Edit]:
    """Look a key up without failing."""
    node, source = site.node, site.source
    if not isinstance(node, ast.Subscript) or not isinstance(node.ctx, ast.Load):
        return
    if isinstance(node.slice, ast.Name | ast.Constant | ast.Attribute):
        key = source.text_of(node.slice)
        yield Edit(*source.span(node), f"{source.text_of(node.value)}.get({key})")


def type_check(site: Site) -> Iterator[Edit]:
    """Let a second type through an isinstance check."""
    node, source = site.node, site.source
    if not isinstance(node, ast.Call) or not isinstance(node.func, ast.Name):
        return
    if node.func.id == "isinstance" and len(node.args) == 2:
        kind = node.args[1]
        if isinstance(kind, ast.Name) and kind.id in _TYPES:
            yield Edit(*source.span(kind), f"({kind.id}, {_TYPES[kind.id]})")


def awaited(site: Site) -> Iterator[Edit]:
    """Await a call that was only made."""
    node, source = site.node, site.source
    if not isinstance(site.scope.function, ast.AsyncFunctionDef):
        return
    if isinstance(node, ast.Call) and not isinstance(source.parents.get(node), ast.Await):
        yield Edit(*source.span(node), f"(await {source.text_of(node)})")


def _is_read(node: ast.AST) -> bool:
    return isinstance(node, ast.Name) and isinstance(node.ctx, ast.Load)


def _own_neighbours(site: Site, node: ast.Attribute) -> list[str]:
    """Return other attributes of `self` that the same function uses."""
    if not isinstance(node.value, ast.Name) or node.value.id != "self":
        return []
    parent = site.source.parents.get(node)
    called = isinstance(parent, ast.Call) and parent.func is node
    names = [
        other.attr
        for other in site.scope.nodes
        if isinstance(other, ast.Attribute)
        and isinstance(other.value, ast.Name)
        and other.value.id == "self"
        and other.attr != node.attr
        and _is_called(site, other) == called
    ]
    return list(dict.fromkeys(names))[:_MAX_OTHERS]


def _is_called(site: Site, node: ast.Attribute) -> bool:
    parent = site.source.parents.get(node)
    return isinstance(parent, ast.Call) and parent.func is node
