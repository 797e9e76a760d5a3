"""Mistakes with numbers: wrong operator, lost term, off by one, wrong end of a slice."""

from collections.abc import Iterator

import libcst as cst

from etude.stages.swe.bugs._mutations.function import Function, last_name
from etude.stages.swe.bugs._mutations.source import Edit

_SWAPPED: dict[type[cst.CSTNode], str] = {
    cst.Add: "-",
    cst.Subtract: "+",
    cst.Multiply: "+",
    cst.Divide: "*",
    cst.FloorDivide: "%",
    cst.Modulo: "//",
    cst.Power: "*",
    cst.LeftShift: ">>",
    cst.RightShift: "<<",
    cst.BitAnd: "|",
    cst.BitOr: "&",
    cst.BitXor: "&",
}
_COLLECTIONS = {"str", "bytes", "list", "tuple", "dict"}
_SIMPLE = (cst.Name, cst.Attribute, cst.Call, cst.Subscript)


def arithmetic(function: Function) -> Iterator[Edit]:
    """Use the wrong operator, or lose a term of a sum."""
    source = function.source
    for node in function.each(cst.BinaryOperation):
        kinds = {function.types.of(node.left), function.types.of(node.right)}
        new = _SWAPPED.get(type(node.operator))
        if new is not None and not kinds & _COLLECTIONS and not _is_zero(node.right):
            yield Edit(*source.span(node.operator), new)
        if isinstance(node.operator, (cst.Add, cst.Subtract)) and not _is_step(node):
            yield Edit(*source.outer(node), source.in_place_of(node, node.left))
            if isinstance(node.operator, cst.Add) and isinstance(node.right, _SIMPLE):
                yield Edit(*source.outer(node), source.in_place_of(node, node.right))
    for augmented in function.each(cst.AugAssign):
        if function.types.of(augmented.value) in {"int", "float"}:
            swap = {cst.AddAssign: "-=", cst.SubtractAssign: "+="}.get(type(augmented.operator))
            if swap is not None:
                yield Edit(*source.span(augmented.operator), swap)


def off_by_one(function: Function) -> Iterator[Edit]:
    """Count one too many or one too few in an index, a range, a comparison or a step."""
    yield from _off_in_literals(function)
    yield from _off_in_ranges(function)
    source = function.source
    for node in function.each(cst.BinaryOperation):
        if _is_step(node):
            yield Edit(*source.outer(node), source.in_place_of(node, node.left))
    for call in function.each(cst.Call):
        in_comparison = isinstance(source.parents[call], (cst.Comparison, cst.ComparisonTarget))
        if last_name(call) == "len" and in_comparison and not call.lpar:
            yield Edit(*source.span(call), f"{source.code(call)} - 1")


def slice_bound(function: Function) -> Iterator[Edit]:
    """Lose a bound or the step of a slice, or move a bound by one."""
    source = function.source
    for node in function.each(cst.Slice):
        for bound, default in ((node.lower, "0"), (node.upper, ""), (node.step, "1")):
            if bound is None or source.code(bound) == default:
                continue
            yield Edit(*source.outer(bound), "")
            if bound is not node.step and isinstance(bound, _SIMPLE) and not bound.lpar:
                sign = "+" if bound is node.lower else "-"
                yield Edit(*source.span(bound), f"{source.code(bound)} {sign} 1")


def _off_in_literals(function: Function) -> Iterator[Edit]:
    source = function.source
    for node in function.each(cst.Integer):
        if not node.value.isdigit() or int(node.value) > 1000:
            continue
        parent, value = source.parents[node], int(node.value)
        negative = isinstance(parent, cst.UnaryOperation) and isinstance(parent.operator, cst.Minus)
        if negative:
            parent = source.parents[parent]
        if not isinstance(parent, (cst.Comparison, cst.ComparisonTarget, cst.Index, cst.Slice)):
            continue
        if isinstance(parent, cst.Slice) and parent.step in {node, source.parents[node]}:
            continue
        yield Edit(*source.span(node), str(value + 1))
        if value > 1 or (value == 1 and not negative):
            yield Edit(*source.span(node), str(value - 1))


def _off_in_ranges(function: Function) -> Iterator[Edit]:
    source = function.source
    for call in function.each(cst.Call):
        name = last_name(call)
        if name == "range" and call.args and not call.args[0].star:
            stop = call.args[0 if len(call.args) == 1 else 1].value
            if isinstance(stop, _SIMPLE) and not stop.lpar:
                yield Edit(*source.span(stop), f"{source.code(stop)} - 1")
                yield Edit(*source.span(stop), f"{source.code(stop)} + 1")
            if len(call.args) > 1 and isinstance(call.args[0].value, cst.Integer):
                first = call.args[0].value
                if first.value.isdigit():
                    yield Edit(*source.span(first), str(int(first.value) + 1))
        elif name == "enumerate" and len(call.args) == 2:
            start = call.args[1].value
            if isinstance(start, cst.Integer) and start.value != "0":
                yield Edit(source.outer(call.args[0])[1], source.span(call.args[1])[1], "")


def _is_step(node: cst.BinaryOperation) -> bool:
    one = isinstance(node.right, cst.Integer) and node.right.value == "1"
    return one and isinstance(node.operator, (cst.Add, cst.Subtract))


def _is_zero(node: cst.CSTNode) -> bool:
    return isinstance(node, (cst.Integer, cst.Float)) and node.evaluated_value == 0
