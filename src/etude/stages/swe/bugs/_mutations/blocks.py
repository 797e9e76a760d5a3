"""Whole blocks forgotten: a guard, a branch, an `else`, a context manager."""

from collections.abc import Iterator

import libcst as cst

from etude.stages.swe.bugs._mutations.calls import removable, removal
from etude.stages.swe.bugs._mutations.function import Function, last_name
from etude.stages.swe.bugs._mutations.source import Edit, walk

_LEAVES = (cst.Return, cst.Raise, cst.Continue, cst.Break)
_OPENERS = {"open", "closing", "catch_warnings"}


def dropped_guard(function: Function) -> Iterator[Edit]:
    """Forget an `if` whose body only leaves: returns, raises or goes on with the loop."""
    for node in function.each(cst.If):
        if _is_alone(function, node) and leaves(node.body) and removable(function, node):
            yield removal(function, node, node.body)


def dropped_branch(function: Function) -> Iterator[Edit]:
    """Forget an `if` with its body, or one arm of a chain."""
    for node in function.each(cst.If):
        if _is_alone(function, node):
            if not leaves(node.body) and removable(function, node):
                yield removal(function, node, node.body)
        elif function.droppable(node.test, node.body) and (edit := without_arm(function, node)):
            yield edit


def without_arm(function: Function, node: cst.If) -> Edit | None:
    """Take out one arm of a chain; `None` for an `if` whose `else` would be left alone."""
    source = function.source
    if _is_elif(function, node):
        return _lines_between(function, node, node.orelse)
    if isinstance(node.orelse, cst.If):
        start, second = source.span(node)[0], source.outer(node.orelse.test)[0]
        return Edit(start, second, "if ", source.span(node.body))
    return removal(function, node, node.body) if node.orelse is None else None


def dropped_else(function: Function) -> Iterator[Edit]:
    """Forget the `else` of an `if`, a loop or a `try`."""
    for node in function.each(cst.Else):
        if function.droppable(node.body):
            yield _lines_between(function, node, _after_else(function, node))


def dropped_with(function: Function) -> Iterator[Edit]:
    """Run the body of a `with` without entering its context manager."""
    source = function.source
    for node in function.each(cst.With):
        item = node.items[0]
        if len(node.items) > 1 or not isinstance(node.body, cst.IndentedBlock):
            continue
        if last_name(item.item) in _OPENERS or has_long_string(function, node.body):
            continue
        kept = ""
        if item.asname is not None:
            if not isinstance(item.asname.name, cst.Name):
                continue
            indent = source.indent(node)
            kept = f"{indent}{item.asname.name.value} = {source.code(item.item)}{source.newline()}"
        start = source.line_start(source.span(node)[0])
        first, end = source.span(node.body)
        block, last = source.line_end(source.span(node.items[-1])[1]), source.line_end(end - 1)
        if source.line_start(first) < block or node.rpar != cst.MaybeSentinel.DEFAULT:
            continue
        text = dedented(
            source.slice(block, last), source.indent(node.body.body[0]), source.indent(node)
        )
        yield Edit(start, last, kept + text, (start, end))


def _is_elif(function: Function, node: cst.If) -> bool:
    parent = function.source.parents[node]
    return isinstance(parent, cst.If) and parent.orelse is node


def _is_alone(function: Function, node: cst.If) -> bool:
    return node.orelse is None and not _is_elif(function, node)


def leaves(body: cst.BaseSuite) -> bool:
    """Whether a block ends by returning, raising or going on with the loop."""
    last = body.body[-1]
    if isinstance(last, cst.SimpleStatementLine):
        last = last.body[-1]
    return isinstance(last, _LEAVES)


def _lines_between(function: Function, node: cst.If | cst.Else, after: cst.CSTNode | None) -> Edit:
    """Take out the lines of one arm, up to the arm `after` it."""
    source = function.source
    last = source.line_end(source.span(node.body)[1] - 1)
    if after is not None:
        last = source.first_byte(after)
    return Edit(source.first_byte(node), last, "", source.span(node.body))


def _after_else(function: Function, node: cst.Else) -> cst.CSTNode | None:
    parent = function.source.parents[node]
    return parent.finalbody if isinstance(parent, (cst.Try, cst.TryStar)) else None


def has_long_string(function: Function, body: cst.CSTNode) -> bool:
    """Whether a string spans lines: taking white space off would change it."""
    strings = (cst.SimpleString, cst.FormattedString)
    return any(isinstance(n, strings) and "\n" in function.source.code(n) for n in walk(body))


def dedented(block: str, inner: str, outer: str) -> str:
    """Return lines with the white space `outer` where they had `inner`."""
    lines = block.splitlines(keepends=True)
    return "".join(outer + line[len(inner) :] if line.startswith(inner) else line for line in lines)
