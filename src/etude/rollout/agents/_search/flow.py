"""Edits of the way a function takes: exits, returns, conditions."""

import ast
from collections.abc import Iterator

from etude.rollout.agents._search.scope import Site
from etude.rollout.agents._search.source import Edit

_EXITS = (ast.Return, ast.Break, ast.Continue)
_MAX_RETURNED = 4


def loop_exit(site: Site) -> Iterator[Edit]:
    """Swap `break` and `continue`."""
    if isinstance(site.node, ast.Break):
        yield Edit(*site.source.span(site.node), "continue")
    elif isinstance(site.node, ast.Continue):
        yield Edit(*site.source.span(site.node), "break")


def early_exit(site: Site) -> Iterator[Edit]:
    """Take an exit away, and the condition with it when it guards nothing else."""
    node, source = site.node, site.source
    if isinstance(node, ast.If) and not node.orelse and len(node.body) == 1:
        if isinstance(node.body[0], _EXITS) and _is_followed(site):
            yield Edit(*source.span(node), "pass")
    elif isinstance(node, _EXITS) and _is_followed(site):
        yield Edit(*source.span(node), "pass")


def late_return(site: Site) -> Iterator[Edit]:
    """Move a return that ends a loop's body behind the loop."""
    node, source = site.node, site.source
    if not isinstance(node, ast.For | ast.While) or node.orelse or len(node.body) < 2:
        return
    last = node.body[-1]
    if isinstance(last, ast.Return) and last.lineno == last.end_lineno:
        start, end = source.line_span(last.lineno, last.lineno)
        line = source.slice(start, end)
        indent = source.slice(source.line_span(node.lineno, node.lineno)[0], source.span(node)[0])
        if not indent.strip():
            yield Edit(start, end, indent + line.lstrip(" \t"))


def returned(site: Site) -> Iterator[Edit]:
    """Return another variable, or what a last call gives."""
    node, source, scope = site.node, site.source, site.scope
    if isinstance(node, ast.Expr) and isinstance(node.value, ast.Call) and not _is_followed(site):
        yield Edit(*source.span(node), f"return {source.text_of(node)}")
    if not isinstance(node, ast.Return):
        return
    old = node.value
    if old is not None and not isinstance(old, ast.Name | ast.Constant):
        return
    start, end = source.span(node)
    # What was made last is what is returned, most of the time.
    for name in list(reversed(scope.variables))[:_MAX_RETURNED]:
        if not (isinstance(old, ast.Name) and old.id == name):
            yield Edit(start, end, f"return {name}")


def condition(site: Site) -> Iterator[Edit]:
    """Drop one operand of `and` or `or`."""
    node, source = site.node, site.source
    if isinstance(node, ast.BoolOp):
        spans = [source.span(value) for value in node.values]
        for number, (start, end) in enumerate(spans):
            if number == 0:
                yield Edit(start, spans[1][0], "")
            else:
                yield Edit(spans[number - 1][1], end, "")


def _is_followed(site: Site) -> bool:
    """Whether something comes behind a statement in its block."""
    parent = site.source.parents.get(site.node)
    for name in ("body", "orelse", "finalbody"):
        block = getattr(parent, name, None)
        if isinstance(block, list) and site.node in block:
            return block[-1] is not site.node
    return False
