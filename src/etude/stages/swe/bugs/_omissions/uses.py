"""Without a use: the smallest part of a function that goes when a value is not there.

A value that a feature brings along is tested, passed on, or worked with. What depends on it goes:
the branch, the argument, the term of a condition, the statement.
"""

from typing import NamedTuple

import libcst as cst

from etude.stages.swe.bugs._mutations import Edit, Function, Source
from etude.stages.swe.bugs._mutations.blocks import (
    dedented,
    has_long_string,
    leaves,
    without_arm,
)
from etude.stages.swe.bugs._mutations.calls import removal, without_argument
from etude.stages.swe.bugs._mutations.function import is_text, last_name

_STATEMENTS = (
    cst.Assign, cst.AnnAssign, cst.AugAssign, cst.Expr, cst.Assert, cst.Del, cst.Raise,
)  # fmt: skip
Truth = bool | None
"""Whether an expression holds without the feature; `None` when that cannot be told."""


class _Step(NamedTuple):
    """Where the climb has come to: what to do, or the next node with its truth."""

    edit: Edit | None = None
    up: Truth = None
    go_on: bool = False


def without_use(function: Function, use: cst.CSTNode, *, empty: bool) -> Edit | None:
    """Return what takes one use of a value out; `None` when nothing sensible is left.

    Args:
        function: The function that holds it.
        use: The name or attribute that is read.
        empty: Whether the value counts as false where the feature is not used.
    """
    node: cst.CSTNode = use
    truth: Truth = False if empty else None
    while node is not function.node:
        parent = function.source.parents[node]
        step = _step(function, parent, node, truth)
        if not step.go_on:
            return step.edit
        node, truth = parent, step.up
    return None


def _step(function: Function, parent: cst.CSTNode, node: cst.CSTNode, truth: Truth) -> _Step:
    if isinstance(parent, cst.BooleanOperation):
        return _of_term(function, parent, node, truth)
    if isinstance(parent, cst.UnaryOperation):
        negated = isinstance(parent.operator, cst.Not) and truth is not None
        return _Step(up=not truth if negated else None, go_on=True)
    if isinstance(parent, (cst.Comparison, cst.ComparisonTarget)):
        return _Step(up=_compared(parent, truth), go_on=True)
    if isinstance(parent, cst.IfExp):
        kept = parent.body if node is parent.orelse or truth else parent.orelse
        kept = parent.body if node is parent.test and truth else kept
        source = function.source
        return _Step(Edit(*source.outer(parent), source.in_place_of(parent, kept)))
    if isinstance(parent, cst.If):
        return _Step(without_if(function, parent, holds=truth is True))
    if isinstance(parent, cst.CompIf):
        return _Step(without_filter(function, parent))
    return _of_part(function, parent)


def _of_part(function: Function, parent: cst.CSTNode) -> _Step:
    """Take out the argument, the entry or the statement that a value is part of."""
    source = function.source
    if isinstance(parent, cst.Arg) and (edit := _extra(function, parent)):
        return _Step(edit)
    if isinstance(parent, cst.BaseElement | cst.DictElement) and (edit := _entry(function, parent)):
        return _Step(edit)
    if isinstance(parent, _STATEMENTS):
        return _Step(without_statement(function, source.parents[parent]))
    if isinstance(parent, (cst.For, cst.While)):
        return _Step(without_statement(function, parent))
    climbs = isinstance(
        parent, cst.BaseExpression | cst.Arg | cst.BaseElement | cst.Index | cst.SubscriptElement
    )
    return _Step(go_on=climbs or isinstance(parent, cst.FormattedStringExpression))


def _of_term(
    function: Function, parent: cst.BooleanOperation, node: cst.CSTNode, truth: Truth
) -> _Step:
    decides = truth is not None and truth is isinstance(parent.operator, cst.Or)
    if decides:
        return _Step(up=truth, go_on=True)
    return _Step(without_term(function, parent, node))


def without_term(function: Function, node: cst.BooleanOperation, gone: cst.CSTNode) -> Edit:
    """Take one side of `and` or `or` out, with the operator."""
    source = function.source
    kept = node.right if gone is node.left else node.left
    return Edit(*source.outer(node), source.in_place_of(node, kept))


def _compared(node: cst.CSTNode, truth: Truth) -> Truth:
    """What a comparison of a value that is not there comes to."""
    if truth is not False:
        return None
    target = node.comparisons[0] if isinstance(node, cst.Comparison) else node
    if not isinstance(target, cst.ComparisonTarget):
        return None
    with_none = last_name(target.comparator) == "None"
    if isinstance(target.operator, (cst.Is, cst.Equal)):
        return with_none
    if isinstance(target.operator, (cst.IsNot, cst.NotEqual)):
        return not with_none
    return False


def without_if(function: Function, node: cst.If, *, holds: bool) -> Edit | None:
    """Take an `if` out: with its body, or only its test where that always holds."""
    source = function.source
    if holds:
        is_arm = isinstance(source.parents[node], cst.If)
        return None if is_arm else unwrapped(function, node, node.body)
    if isinstance(node.orelse, cst.Else):
        if isinstance(source.parents[node], cst.If):
            return without_arm(function, node)
        return unwrapped(function, node, node.orelse.body)
    if isinstance(source.parents[node], cst.IndentedBlock) and node.orelse is None:
        return without_statement(function, node)
    return without_arm(function, node)


def without_filter(function: Function, node: cst.CompIf) -> Edit:
    """Take the `if` of a comprehension out."""
    source = function.source
    start, end = source.span(node)
    before = source.slice(0, start)
    return Edit(start - len(before.encode()) + len(before.rstrip().encode()), end, "")


def unwrapped(function: Function, node: cst.CSTNode, body: cst.BaseSuite) -> Edit | None:
    """Leave the body of a compound statement in its place, without the rest of it."""
    source = function.source
    if not isinstance(body, cst.IndentedBlock) or has_long_string(function, body):
        return None
    if leaves(body) and not _may_leave(function, node, body):
        return None
    start, end = source.line_start(source.span(node)[0]), source.line_end(source.span(node)[1] - 1)
    first, last = source.span(body.body[0])[0], source.span(body)[1]
    block = source.slice(source.line_start(first), source.line_end(last - 1))
    text = dedented(block, source.indent(body.body[0]), source.indent(node))
    return Edit(start, end, text, source.span(body))


def _may_leave(function: Function, node: cst.CSTNode, body: cst.IndentedBlock) -> bool:
    """Whether a block that leaves can do so always: by a `return` at the end of the function."""
    last = body.body[-1]
    returns = isinstance(last, cst.SimpleStatementLine) and isinstance(last.body[-1], cst.Return)
    return returns and function.node.body.body[-1] is node


def without_statement(function: Function, node: cst.CSTNode) -> Edit | None:
    """Take a statement out, or the block around it where it is all there is in it."""
    source = function.source
    while True:
        block = source.parents.get(node)
        if not isinstance(block, cst.IndentedBlock):
            return None
        if any(s is not node and not is_text(s) for s in block.body):
            body = getattr(node, "body", None)
            return removal(function, node, body if isinstance(body, cst.CSTNode) else None)
        around = source.parents[block]
        if isinstance(around, cst.If) and isinstance(source.parents[around], cst.IndentedBlock):
            if around.orelse is not None:
                return without_arm(function, around)
        elif isinstance(around, cst.If):
            return without_arm(function, around)
        elif not isinstance(around, (cst.For, cst.While, cst.With)):
            return None
        node = around


def _extra(function: Function, arg: cst.Arg) -> Edit | None:
    """Take an argument out that a call goes without: it has a name, or is known for a default."""
    call = function.source.parents[arg]
    if not isinstance(call, cst.Call):
        return None
    extra = arg.keyword is not None or arg.star == "**"
    if not extra and call.args[-1] is arg and len(call.args) > 1 and not arg.star:
        extra = bool(function.facts.defaults.get(last_name(call), {}))
    return without_argument(function, call, list(call.args).index(arg)) if extra else None


def _entry(function: Function, node: cst.BaseElement | cst.DictElement) -> Edit | None:
    """Take one entry of a list, a set or a dict out; other entries must stay."""
    whole = function.source.parents[node]
    if not isinstance(whole, (cst.List, cst.Set, cst.Dict)):
        return None
    index = next(i for i, e in enumerate(whole.elements) if e is node)
    return without_entry(function.source, whole, index)


def without_entry(
    source: Source, whole: cst.List | cst.Set | cst.Dict | cst.Tuple, index: int
) -> Edit | None:
    """Take one entry out with its comma, and with its lines where it has lines of its own."""
    if len(whole.elements) < 2:
        return None
    ends = [source.outer(getattr(e, "value"))[1] for e in whole.elements]  # noqa: B009
    node = whole.elements[index]
    start, end = source.span(node)
    line, after = source.line_start(start), source.line_end(ends[index])
    alone = not source.slice(line, start).strip() and source.slice(ends[index], after).lstrip(
        " \t"
    ).startswith(",")
    rest = source.slice(ends[index], after).strip().lstrip(",").strip()
    if alone and (not rest or rest.startswith("#")):
        return Edit(line, after, "", (start, ends[index]))
    if index:
        return Edit(ends[index - 1], ends[index], "", (start, ends[index]))
    return Edit(start, source.span(whole.elements[1])[0], "", (start, end))
