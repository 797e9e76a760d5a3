"""What kind of thing an answer's tree is, and what it says behind its names."""

from etude.rollout.graders._maths.answers import spread
from etude.rollout.graders._maths.tree import Node, symbols

SETS = frozenset(("interval", "union", "cut", "without", "reals", "emptyset", "either", "both"))
NUMBER_SETS = frozenset(("integers", "naturals", "rationals", "complexes"))
_NO_VALUES = (
    SETS
    | NUMBER_SETS
    | frozenset(
        (
            "tuple",
            "vector",
            "set",
            "list",
            "matrix",
            "row",
            "chain",
            "ratio",
            "based",
            "text",
            "dots",
        )
    )
)


def is_value(node: Node) -> bool:
    """Whether a tree is one value: a number or an expression."""
    return node.kind not in _NO_VALUES


def is_infinite(node: Node) -> bool:
    """Whether a tree is infinity, of either sign."""
    return node == Node("const", "inf") or (
        node.kind == "mul" and node.items[-1] == Node("const", "inf")
    )


def is_inequality(node: Node) -> bool:
    """Whether a tree is a chain with an inequality in it."""
    return node.kind == "chain" and bool({"<", ">", "<=", ">=", "!="} & set(node.name.split()))


def says_set(node: Node) -> bool:
    """Whether a tree can only mean a set."""
    return is_inequality(node) or node.kind in ("union", "both", "either")


def may_be_set(node: Node) -> bool:
    """Whether a tree can mean a set of real numbers."""
    return node.kind in SETS or node.kind in ("set", "chain", "tuple")


def is_name(node: Node) -> bool:
    """Whether a tree only names something: `x`, `f(x)`, `(x, y)`, `AB`, `|AB|`."""
    if node.kind == "call" and node.name == "abs":
        node = node.items[0]
    if node.kind == "mul":
        return all(item.kind == "sym" and item.name.isupper() for item in node.items)
    if node.kind == "tuple":
        return all(item.kind == "sym" for item in node.items)
    return node.kind == "sym" or (node.kind == "call" and node.name[0] == "?")


def assignment(node: Node) -> tuple[Node, Node] | None:
    """Return the name and the value of `x = 4`; `None` where it is another equation."""
    if node.kind != "chain" or node.name != "=" or not is_name(node.items[0]):
        return None
    name, value = node.items
    if name.kind == "call" or not symbols(name) & symbols(value):
        return name, value
    return None


def is_label(node: Node, reference: Node) -> bool:
    """Whether the left side of an equation only says what its value is called."""
    if is_name(node):
        return node.kind == "call" or node != reference
    names = symbols(node)
    return len(names) > 1 and not names & symbols(reference)


def listed(node: Node) -> Node:
    """Return a tree with each `±` written out as two values."""
    if node.kind in ("list", "set"):
        return node._replace(items=tuple(v for item in node.items for v in spread(item)))
    values = spread(node)
    return values[0] if len(values) == 1 else Node("list", items=values)


def members(node: Node) -> tuple[Node | None, tuple[Node, ...]] | None:
    """Return the values of a list or a set, and the name that they are all given to."""
    if node.kind in ("list", "set", "either", "both"):
        names, values = set(), []
        for item in node.items:
            named = assignment(item)
            if named is None and item.kind == "chain":
                return (None, node.items) if node.kind == "list" else None
            names.add(named[0] if named else None)
            values.append(named[1] if named else item)
        named_once = names - {None}
        if len(named_once) > 1:
            return None, node.items  # `x=1, y=2` says two different things
        return (named_once.pop() if named_once else None), tuple(values)
    if node.kind == "chain" and set(node.name.split()) == {"in"}:
        return members(node.items[1])
    if named := assignment(node):
        return named[0], (named[1],)
    if node.kind in ("chain", "emptyset", "text", "tuple", "vector", "interval"):
        return None
    return (None, (node,)) if is_value(node) else None
