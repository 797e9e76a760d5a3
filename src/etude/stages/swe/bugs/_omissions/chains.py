"""Chains: one thing and all it is used for - a variable, a parameter, an attribute."""

from collections.abc import Iterator, Sequence

import libcst as cst

from etude.stages.swe.bugs._mutations import Edit, Function
from etude.stages.swe.bugs._mutations.binding import parameters_of
from etude.stages.swe.bugs._mutations.calls import without_argument
from etude.stages.swe.bugs._mutations.function import last_name
from etude.stages.swe.bugs._mutations.source import walk
from etude.stages.swe.bugs._omissions.ground import Ground
from etude.stages.swe.bugs._omissions.pieces import Piece, piece_of
from etude.stages.swe.bugs._omissions.uses import without_statement, without_use

_MAX_USES = 8
_FALSE = {"None", "False", "0", "''", '""', "()", "[]", "{}", "set()", "dict()", "list()"}
_KEPT = {"self", "cls"}


def chains(ground: Ground, function: Function) -> Iterator[Piece]:
    """Yield the variables, parameters and attributes that can go with all their uses."""
    yield from _variables(ground, function)
    yield from _parameters(ground, function)
    yield from _fields(ground, function)


def _variables(ground: Ground, function: Function) -> Iterator[Piece]:
    set_by: dict[str, list[cst.CSTNode]] = {}
    for node in walk(function.node.body):
        if isinstance(node, cst.Name) and node in function.source.binders:
            set_by.setdefault(node.value, []).append(node)
    for name, binders in set_by.items():
        parent = function.source.parents[binders[0]]
        loads = _loads(function, name)
        if len(binders) > 1 or not isinstance(parent, cst.AssignTarget) or not loads:
            continue
        line = function.source.parents[function.source.parents[parent]]
        if isinstance(line, cst.SimpleStatementLine) and len(line.body) == 1:
            found = _all_out(function, loads, empty=False)
            gone = without_statement(function, line)
            if found and gone is not None:
                yield from _piece(ground, "variable", [(function, gone), *found])


def _parameters(ground: Ground, function: Function) -> Iterator[Piece]:
    for param in parameters_of(function.node.params):
        name = param.name.value
        if param.default is None or name in _KEPT:
            continue
        empty = function.source.code(param.default) in _FALSE
        found = _all_out(function, _loads(function, name), empty=empty)
        if not found:
            continue
        yield from _piece(ground, "parameter", found)
        head = _without_parameter(function, param)
        if head is not None and (passed := _passed_on(ground, function, name)) is not None:
            yield from _piece(ground, "parameter", [*found, (function, head), *passed])


def _without_parameter(function: Function, param: cst.Param) -> Edit | None:
    """Take a parameter out of the head of a function."""
    source, params = function.source, parameters_of(function.node.params)
    index = params.index(param)
    reach = source.span(function.node.body)
    end = source.outer(param.default)[1] if param.default is not None else source.span(param)[1]
    if index and params[index - 1].star == "":
        before = params[index - 1]
        start = before.default or (before.annotation and before.annotation.annotation)
        start_byte = source.outer(start or before.name)[1]
        if "*" not in source.slice(start_byte, source.span(param)[0]):
            return Edit(start_byte, end, "", reach)
    return None


def _passed_on(ground: Ground, function: Function, name: str) -> list[tuple[Function, Edit]] | None:
    """Take the argument out of the calls in this file; `None` where one may pass it by place."""
    found = []
    called = function.node.name.value
    called = function.owner.name.value if called == "__init__" and function.owner else called
    for other in ground.functions:
        for call in other.each(cst.Call):
            if last_name(call) != called:
                continue
            if any(arg.star for arg in call.args):
                return None
            for index, arg in enumerate(call.args):
                if arg.keyword is not None and arg.keyword.value == name:
                    found.append((other, without_argument(other, call, index)))
    return found


def _fields(ground: Ground, function: Function) -> Iterator[Piece]:
    """Attributes that this function sets, and that only methods of its class read."""
    if function.owner is None or not function.receiver:
        return
    siblings = [f for f in ground.functions if f.owner is function.owner]
    for node in function.each(cst.Assign):
        target = node.targets[0].target
        if len(node.targets) > 1 or not _is_own(function, target):
            continue
        name = last_name(target)
        places = [(f, n) for f in siblings for n in _attributes(f, name)]
        if len(places) != ground.counts[name] or not 1 < len(places) <= _MAX_USES + 1:
            continue
        empty = function.source.code(node.value) in _FALSE
        edits = [_without_attribute(f, n, empty=empty) for f, n in places]
        found = [(f, edit) for (f, _), edit in zip(places, edits, strict=True) if edit]
        if len(found) == len(edits) and any(_is_read(f, n) for f, n in places):
            first = [pair for pair in found if pair[0] is function]
            yield from _piece(ground, "field", [*first, *(p for p in found if p not in first)])


def _is_own(function: Function, node: cst.CSTNode) -> bool:
    return (
        isinstance(node, cst.Attribute)
        and isinstance(node.value, cst.Name)
        and node.value.value == function.receiver
    )


def _attributes(function: Function, name: str) -> list[cst.Attribute]:
    nodes = walk(function.node.body)
    own = (n for n in nodes if isinstance(n, cst.Attribute) and n.attr.value == name)
    return [n for n in own if _is_own(function, n)]


def _is_read(function: Function, node: cst.Attribute) -> bool:
    return not isinstance(function.source.parents[node], cst.AssignTarget)


def _without_attribute(function: Function, node: cst.Attribute, *, empty: bool) -> Edit | None:
    parent = function.source.parents[node]
    if isinstance(parent, cst.AssignTarget):
        return without_statement(function, function.source.parents[function.source.parents[parent]])
    return without_use(function, node, empty=empty)


def _loads(function: Function, name: str) -> list[cst.CSTNode]:
    return [
        node
        for node in walk(function.node.body)
        if isinstance(node, cst.Name) and node.value == name and function.source.is_load(node)
    ]


def _all_out(
    function: Function, uses: Sequence[cst.CSTNode], *, empty: bool
) -> list[tuple[Function, Edit]]:
    """Take every use out; nothing when one of them has to stay."""
    if not 0 < len(uses) <= _MAX_USES:
        return []
    edits = [without_use(function, use, empty=empty) for use in uses]
    found = [(function, edit) for edit in edits if edit is not None]
    return found if len(found) == len(edits) else []


def _piece(ground: Ground, kind: str, found: list[tuple[Function, Edit]]) -> Iterator[Piece]:
    piece = piece_of(ground, kind, found)
    if piece is not None:
        yield piece
