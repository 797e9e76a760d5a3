"""Mistakes in conditions: flipped, off at the boundary, with a part lost or negated."""

from collections.abc import Iterator

import libcst as cst

from etude.stages.swe.bugs._mutations.function import Function, last_name
from etude.stages.swe.bugs._mutations.source import Edit

_FLIPPED: dict[type[cst.CSTNode], str] = {
    cst.Equal: "!=",
    cst.NotEqual: "==",
    cst.LessThan: ">",
    cst.GreaterThan: "<",
    cst.LessThanEqual: ">=",
    cst.GreaterThanEqual: "<=",
    cst.In: "not in",
    cst.NotIn: "in",
    cst.Is: "is not",
    cst.IsNot: "is",
}
_NEIGHBOUR: dict[type[cst.CSTNode], str] = {
    cst.LessThan: "<=",
    cst.LessThanEqual: "<",
    cst.GreaterThan: ">=",
    cst.GreaterThanEqual: ">",
}
_SIMPLE = (cst.Name, cst.Attribute, cst.Call, cst.Subscript)
_CONDITIONS = (cst.If, cst.While, cst.IfExp, cst.CompIf)


def comparison(function: Function) -> Iterator[Edit]:
    """Turn a comparison round: `==` to `!=`, `<` to `>`, `in` to `not in`."""
    yield from _operators(function, _FLIPPED)


def boundary(function: Function) -> Iterator[Edit]:
    """Move a comparison by the boundary itself: `<` to `<=`."""
    yield from _operators(function, _NEIGHBOUR)


def boolean_logic(function: Function) -> Iterator[Edit]:
    """Mix up `and` and `or`, lose an operand, or lose a `not`."""
    source = function.source
    for node in function.each(cst.BooleanOperation):
        other = "or" if isinstance(node.operator, cst.And) else "and"
        start, end = source.span(node.operator)
        yield Edit(start, end, other)
        for kept in (node.left, node.right):
            yield Edit(*source.outer(node), source.in_place_of(node, kept))
    for negation in function.each(cst.UnaryOperation):
        if isinstance(negation.operator, cst.Not):
            kept = negation.expression
            yield Edit(*source.outer(negation), source.in_place_of(negation, kept))


def negated_condition(function: Function) -> Iterator[Edit]:
    """Ask for the opposite: `if x` to `if not x`."""
    source = function.source
    for kind in _CONDITIONS:
        for node in function.each(kind):
            test = getattr(node, "test", None)
            if isinstance(test, _SIMPLE) and not test.lpar and last_name(test) != "True":
                start, end = source.span(test)
                yield Edit(start, end, f"not {source.code(test)}")


def _operators(function: Function, table: dict[type[cst.CSTNode], str]) -> Iterator[Edit]:
    source = function.source
    for node in function.each(cst.Comparison):
        left: cst.BaseExpression = node.left
        for target in node.comparisons:
            new = table.get(type(target.operator))
            if new is not None and source.code(left) != source.code(target.comparator):
                yield Edit(*source.span(target.operator), new)
            left = target.comparator
