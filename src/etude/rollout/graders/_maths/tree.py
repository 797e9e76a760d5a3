"""Node: one part of a read answer."""

from fractions import Fraction
from typing import NamedTuple


class UnreadableError(ValueError):
    """A text cannot be read as mathematics, or has more than one reading."""


class Node(NamedTuple):
    """One part of an answer.

    Numbers, symbols, constants, sums, products, powers and calls are values. Tuples, sets, lists,
    intervals, unions, matrices and relations hold values.
    """

    kind: str
    name: str = ""
    """Of a symbol, constant, function, bracket pair or relation."""
    items: tuple["Node", ...] = ()
    value: Fraction | None = None
    """Of a number."""


def number(value: Fraction | int) -> Node:
    """Return a number."""
    return Node("num", value=Fraction(value))


def symbol(name: str) -> Node:
    """Return a symbol."""
    return Node("sym", name)


def const(name: str) -> Node:
    """Return one of the constants `pi`, `e`, `i`, `inf`."""
    return Node("const", name)


def add(*items: Node) -> Node:
    """Return a sum."""
    return items[0] if len(items) == 1 else Node("add", items=items)


def mul(*items: Node) -> Node:
    """Return a product."""
    return items[0] if len(items) == 1 else Node("mul", items=items)


def power(base: Node, exponent: Node) -> Node:
    """Return a power."""
    return Node("pow", items=(base, exponent))


def negative(item: Node) -> Node:
    """Return the opposite of a value."""
    if item.kind == "num" and item.value is not None:
        return number(-item.value)
    return mul(number(-1), item)


def divide(top: Node, bottom: Node) -> Node:
    """Return a quotient."""
    return mul(top, power(bottom, number(-1)))


def call(name: str, *items: Node) -> Node:
    """Return the value of a function."""
    return Node("call", name, items)


def symbols(node: Node) -> set[str]:
    """Return the names of the symbols in a tree."""
    found: set[str] = set()
    stack = [node]
    while stack:
        at = stack.pop()
        if at.kind == "sym":
            found.add(at.name)
        stack.extend(at.items)
    return found


def has(node: Node, kinds: frozenset[str]) -> bool:
    """Whether a part of one of these kinds is anywhere in the tree."""
    stack = [node]
    while stack:
        at = stack.pop()
        if at.kind in kinds:
            return True
        stack.extend(at.items)
    return False


def within(part: Node, node: Node) -> bool:
    """Whether a part is anywhere in the tree."""
    stack = [node]
    while stack:
        at = stack.pop()
        if at == part:
            return True
        stack.extend(at.items)
    return False
