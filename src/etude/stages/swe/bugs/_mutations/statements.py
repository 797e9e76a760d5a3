"""Statements forgotten, and functions or loops left too early."""

from collections.abc import Iterator

import libcst as cst

from etude.stages.swe.bugs._mutations.calls import removable, removal
from etude.stages.swe.bugs._mutations.function import Function
from etude.stages.swe.bugs._mutations.source import Edit, walk

_LEAVES = (cst.Return, cst.Raise, cst.Continue, cst.Break)


def dropped_statement(function: Function) -> Iterator[Edit]:
    """Forget an update: of an attribute, an item, a counter, or a name already bound."""
    for node in function.each(cst.SimpleStatementLine):
        if len(node.body) == 1 and _updates(function, node.body[0]) and removable(function, node):
            yield removal(function, node)


def early_return(function: Function) -> Iterator[Edit]:
    """Return from inside the loop, or before the rest of the work is done."""
    source = function.source
    for loop in function.each(cst.For):
        following, last = _next_statement(function, loop), _last_line(loop.body)
        if last is None or _leaves(last):
            continue
        ending = following.body[0] if isinstance(following, cst.SimpleStatementLine) else None
        if isinstance(ending, cst.Return):
            yield _inserted(function, last, source.code(ending))
    if any(r.value is not None for r in function.each(cst.Return)) or _is_generator(function):
        return
    for branch in function.each(cst.If):
        last = _last_line(branch.body)
        following = _next_statement(function, branch)
        if last is None or following is None or _leaves(last):
            continue
        if not (isinstance(following, cst.SimpleStatementLine) and _leaves(following)):
            yield _inserted(function, last, "return")


def early_exit(function: Function) -> Iterator[Edit]:
    """Leave a loop where it should go on, or go on where it should be left."""
    source = function.source
    for go_on in function.each(cst.Continue):
        yield Edit(*source.span(go_on), "break")
    for leave in function.each(cst.Break):
        loop = next(a for a in source.ancestors(leave) if isinstance(a, (cst.For, cst.While)))
        if isinstance(loop, cst.For):
            yield Edit(*source.span(leave), "continue")
    for loop in function.each(cst.For):
        last = _last_line(loop.body)
        if last is not None and not _leaves(last):
            yield _inserted(function, last, "break")


def _updates(function: Function, node: cst.CSTNode) -> bool:
    if isinstance(node, cst.AugAssign):
        return True
    if isinstance(node, cst.Del):
        return isinstance(node.target, (cst.Subscript, cst.Attribute))
    if not isinstance(node, cst.Assign):
        return False
    target = node.targets[0].target
    if isinstance(target, (cst.Attribute, cst.Subscript)):
        return True
    return isinstance(target, cst.Name) and target.value in function.bound(node)


def _next_statement(function: Function, node: cst.CSTNode) -> cst.CSTNode | None:
    block = function.source.parents[node]
    if not isinstance(block, cst.IndentedBlock):
        return None
    position = [s is node for s in block.body].index(True) + 1
    return block.body[position] if position < len(block.body) else None


def _last_line(body: cst.BaseSuite) -> cst.SimpleStatementLine | None:
    """The last statement of a block, when it stands on lines of its own."""
    last = body.body[-1] if isinstance(body, cst.IndentedBlock) else None
    return last if isinstance(last, cst.SimpleStatementLine) else None


def _leaves(line: cst.SimpleStatementLine) -> bool:
    return isinstance(line.body[-1], _LEAVES)


def _inserted(function: Function, after: cst.SimpleStatementLine, code: str) -> Edit:
    source = function.source
    start, end = source.span(after)
    line_end = source.line_end(end - 1)
    at = line_end - (len(tail := source.slice(end, line_end)) - len(tail.rstrip("\r\n")))
    return Edit(at, at, f"{source.newline()}{source.indent(after)}{code}", (start, end))


def _is_generator(function: Function) -> bool:
    return any(isinstance(n, cst.Yield) for n in walk(function.node.body))
