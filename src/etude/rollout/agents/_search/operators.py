"""Edits of operators, numbers and constants."""

import ast
from collections.abc import Iterator

from etude.rollout.agents._search.scope import Site
from etude.rollout.agents._search.source import Edit

_COMPARISONS: dict[type[ast.cmpop], tuple[str, tuple[str, ...]]] = {
    ast.Eq: ("==", ("!=",)),
    ast.NotEq: ("!=", ("==",)),
    ast.Lt: ("<", (">", ">=")),
    ast.LtE: ("<=", (">=", ">")),
    ast.Gt: (">", ("<", "<=")),
    ast.GtE: (">=", ("<=", "<")),
    ast.Is: ("is", ("is not",)),
    ast.IsNot: ("is not", ("is",)),
    ast.In: ("in", ("not in",)),
    ast.NotIn: ("not in", ("in",)),
}
_BOUNDARIES: dict[type[ast.cmpop], tuple[str, str]] = {
    ast.Lt: ("<", "<="),
    ast.LtE: ("<=", "<"),
    ast.Gt: (">", ">="),
    ast.GtE: (">=", ">"),
}
_ARITHMETIC: dict[type[ast.operator], tuple[str, tuple[str, ...]]] = {
    ast.Add: ("+", ("-",)),
    ast.Sub: ("-", ("+",)),
    ast.Mult: ("*", ("//", "+", "/", "**")),
    ast.Div: ("/", ("*", "//")),
    ast.FloorDiv: ("//", ("*", "/", "%")),
    ast.Mod: ("%", ("//",)),
    ast.Pow: ("**", ("*",)),
    ast.LShift: ("<<", (">>",)),
    ast.RShift: (">>", ("<<",)),
    ast.BitAnd: ("&", ("|",)),
    ast.BitOr: ("|", ("&", "^")),
    ast.BitXor: ("^", ("&", "|")),
}
_SEPARATORS = {"''": ("' '",), "' '": ("''",), "','": ("', '",), "', '": ("','",)}
_EXACT_PLACES = (ast.Compare, ast.Subscript, ast.Slice, ast.BinOp, ast.UnaryOp)


def comparison(site: Site) -> Iterator[Edit]:
    """Turn a comparison round."""
    for span, op in _compared(site):
        for new in _COMPARISONS[type(op)][1]:
            yield Edit(*span, new)


def boundary(site: Site) -> Iterator[Edit]:
    """Take the boundary in, or leave it out."""
    for span, op in _compared(site):
        if type(op) in _BOUNDARIES:
            yield Edit(*span, _BOUNDARIES[type(op)][1])


def boolean(site: Site) -> Iterator[Edit]:
    """Swap `and` and `or`."""
    node = site.node
    if isinstance(node, ast.BoolOp):
        old, new = ("and", "or") if isinstance(node.op, ast.And) else ("or", "and")
        spans = [
            site.source.token_between(left, right, old)
            for left, right in zip(node.values, node.values[1:], strict=False)
        ]
        if len(spans) == 1 and spans[0] is not None:
            yield Edit(*spans[0], new)
        elif None not in spans:
            yield from (Edit(*span, new) for span in spans if span is not None)


def negation(site: Site) -> Iterator[Edit]:
    """Add a `not` to a condition, or take one away."""
    node, source = site.node, site.source
    if isinstance(node, ast.UnaryOp) and isinstance(node.op, ast.Not):
        yield Edit(source.span(node)[0], source.span(node.operand)[0], "")
        return
    tests: list[ast.expr] = []
    if isinstance(node, ast.If | ast.While | ast.IfExp):
        tests = [node.test]
    elif isinstance(node, ast.BoolOp):
        tests = node.values
    elif isinstance(node, ast.comprehension):
        tests = node.ifs
    elif isinstance(node, ast.Return) and isinstance(node.value, ast.Call | ast.Name):
        tests = [node.value] if _tells(site) else []
    for test in tests:
        if isinstance(test, ast.Name | ast.Attribute | ast.Call | ast.Subscript):
            yield Edit(*source.span(test), f"not {source.text_of(test)}")


def arithmetic(site: Site) -> Iterator[Edit]:
    """Swap an arithmetic operator."""
    node = site.node
    if isinstance(node, ast.BinOp) and type(node.op) in _ARITHMETIC and not _is_text(node.left):
        old, news = _ARITHMETIC[type(node.op)]
        if span := site.source.token_between(node.left, node.right, old):
            yield from (Edit(*span, new) for new in news)
    if isinstance(node, ast.AugAssign) and type(node.op) in _ARITHMETIC:
        old, news = _ARITHMETIC[type(node.op)]
        start, end = site.source.span(node.target)[1], site.source.span(node.value)[0]
        between = site.source.slice(start, end)
        for new in news:
            yield Edit(start, end, between.replace(f"{old}=", f"{new}=", 1))


def off_by_one(site: Site) -> Iterator[Edit]:
    """Move a number that counts or points by one, or an expression that has no such number."""
    node, source = site.node, site.source
    if _is_int(node) and isinstance(node, ast.Constant) and _is_exact(site):
        yield from _moved(site, node)
    if isinstance(node, ast.BinOp) and _is_one(node.right) and _is_sum(node.op):
        yield Edit(*source.span(node), source.text_of(node.left))
    for bound in _bounds(node):
        if isinstance(bound, ast.Name | ast.Attribute | ast.Call):
            for sign in ("+", "-"):
                yield Edit(*source.span(bound), f"{source.text_of(bound)} {sign} 1")


def slice_bound(site: Site) -> Iterator[Edit]:
    """Give a slice its other end, or drop one."""
    node, source = site.node, site.source
    if not isinstance(node, ast.Slice) or node.step is not None:
        return
    lower = source.text_of(node.lower) if node.lower else ""
    upper = source.text_of(node.upper) if node.upper else ""
    start, end = source.span(node)
    if lower and upper:
        news = [f"{lower}:", f":{upper}"]
    elif lower or upper:
        news = [f"{upper}:{lower}", f"{lower or 1}:{upper or -1}"]
    else:
        news = ["1:", ":-1", "::-1"]
    for new in news:
        if source.slice(start, end) != new:
            yield Edit(start, end, new)


def constant(site: Site) -> Iterator[Edit]:
    """Swap True and False, move other small numbers, change a separator."""
    node, source = site.node, site.source
    if not isinstance(node, ast.Constant) or isinstance(source.parents.get(node), ast.Expr):
        return
    span, written = source.span(node), source.text_of(node)
    if isinstance(node.value, bool):
        yield Edit(*span, repr(not node.value))
    elif _is_int(node) and not _is_exact(site):
        yield from _moved(site, node)
    elif (plain := written.replace('"', "'")) in _SEPARATORS:
        for new in _SEPARATORS[plain]:
            yield Edit(*span, new.replace("'", written[0]))


def default(site: Site) -> Iterator[Edit]:
    """Give a parameter another default."""
    node = site.node
    if node in site.scope.defaults and isinstance(node, ast.Constant):
        if node.value is None:
            yield from (Edit(*site.source.span(node), new) for new in ("True", "False", "0", "''"))
        elif isinstance(node.value, bool | int | str):
            yield Edit(*site.source.span(node), "None")


def _compared(site: Site) -> Iterator[tuple[tuple[int, int], ast.cmpop]]:
    node = site.node
    if isinstance(node, ast.Compare):
        operands = [node.left, *node.comparators]
        for op, left, right in zip(node.ops, operands, operands[1:], strict=False):
            if span := site.source.token_between(left, right, _COMPARISONS[type(op)][0]):
                yield span, op


def _moved(site: Site, node: ast.Constant) -> Iterator[Edit]:
    if isinstance(node.value, int) and site.source.text_of(node).isdigit():
        if node.value > 0:
            yield Edit(*site.source.span(node), str(node.value - 1))
        yield Edit(*site.source.span(node), str(node.value + 1))


def _is_exact(site: Site) -> bool:
    """Whether a number stands where one more or less is a slip."""
    parent = site.source.parents.get(site.node)
    if isinstance(parent, ast.Call) and isinstance(parent.func, ast.Name):
        return parent.func.id in {"range", "enumerate", "islice"}
    return isinstance(parent, _EXACT_PLACES)


def _bounds(node: ast.AST) -> list[ast.expr]:
    if isinstance(node, ast.Slice):
        return [bound for bound in (node.lower, node.upper) if bound is not None]
    if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id == "range":
        return list(node.args)
    if isinstance(node, ast.Subscript) and isinstance(node.slice, ast.Name | ast.Call):
        return [node.slice]
    if isinstance(node, ast.Compare) and isinstance(
        node.ops[0], ast.Lt | ast.Gt | ast.LtE | ast.GtE
    ):
        return [node.comparators[0]]
    return []


def _tells(site: Site) -> bool:
    """Whether the function's name promises a yes or a no."""
    name = site.scope.function.name.lstrip("_")
    return name.startswith(("is", "has", "can", "should"))


def _is_sum(op: ast.operator) -> bool:
    return isinstance(op, ast.Add | ast.Sub)


def _is_one(node: ast.expr) -> bool:
    return isinstance(node, ast.Constant) and node.value == 1


def _is_int(node: ast.AST) -> bool:
    return isinstance(node, ast.Constant) and type(node.value) is int and node.value < 1000


def _is_text(node: ast.expr) -> bool:
    return isinstance(node, ast.JoinedStr) or (
        isinstance(node, ast.Constant) and isinstance(node.value, str | bytes)
    )
