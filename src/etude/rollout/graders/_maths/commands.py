"""Commands that read their own arguments: fractions, roots, logarithms, matrices, floors."""

from collections.abc import Mapping
from fractions import Fraction
from types import MappingProxyType

from etude.rollout.graders._maths.build import matrix
from etude.rollout.graders._maths.grammar import Handler, Reader
from etude.rollout.graders._maths.tree import (
    Node,
    UnreadableError,
    call,
    const,
    divide,
    mul,
    number,
    power,
    symbol,
)


def _fraction(reader: Reader) -> Node:
    top, bottom = reader.argument(), reader.argument()
    if reader.kind() == "num" and reader.tokens[reader.at - 1].kind == "num":
        raise UnreadableError("digits behind a short \\frac have two readings")
    return divide(top, bottom)


def _root(reader: Reader) -> Node:
    index: Node = number(2)
    if reader.skip("["):
        index = reader.value()
        reader.expect("]")
    inner = reader.argument()
    if reader.kind() == "num" and reader.tokens[reader.at - 1].kind == "num":
        raise UnreadableError("digits behind a short \\sqrt have two readings")
    return power(inner, divide(number(1), index))


def _cube_root(reader: Reader) -> Node:
    return power(reader.argument(), number(Fraction(1, 3)))


def _logarithm(reader: Reader) -> Node:
    if not reader.skip("_"):
        # Base ten to some and e to others: a unit of its own, so that only ratios are numbers.
        return mul(symbol("log unit"), reader.function("ln"))
    base = reader.primary() if reader.peek() == "{" else reader.argument()
    return divide(reader.function("ln"), call("ln", base))


def _ten_logarithm(reader: Reader) -> Node:
    return divide(reader.function("ln"), call("ln", number(10)))


def _exponential(reader: Reader) -> Node:
    return power(const("e"), reader.function_argument())


def _binomial(reader: Reader) -> Node:
    if reader.peek() == "(":
        pair = reader.primary()
        if pair.kind != "tuple" or len(pair.items) != 2:
            raise UnreadableError("a binomial needs two values")
        return call("binomial", *pair.items)
    return call("binomial", reader.argument(), reader.argument())


def _between(closing: str, name: str) -> Handler:
    def read(reader: Reader) -> Node:
        inner = reader.sum()
        reader.expect(closing)
        return call(name, inner)

    return read


def _environment(reader: Reader) -> Node:
    name = reader.take().text
    if name not in ("matrix", "pmatrix", "bmatrix", "array", "smallmatrix", "vmatrix"):
        raise UnreadableError(f"the environment {name[:20]!r} is not known here")
    if name == "array" and reader.skip("{"):
        while not reader.skip("}"):
            reader.take()
    rows: list[list[Node]] = [[]]
    while not reader.skip("end"):
        if reader.skip("\\\\"):
            rows.append([])
            continue
        rows[-1].append(reader.value())
        if not reader.skip("&") and reader.peek() not in ("\\\\", "end"):
            raise UnreadableError("entries of a matrix without & between")
    if reader.take().text != name:
        raise UnreadableError("environments that cross")
    made = matrix([row for row in rows if row])
    return call("det", made) if name == "vmatrix" else made


def _marked(name: str) -> Handler:
    """Return what reads a letter with a mark, such as a vector: a thing of its own."""
    return lambda reader: call(f"?{name}", reader.argument())


def _figure(name: str) -> Handler:
    """Return what reads the name of an angle or a triangle."""
    return lambda reader: call(f"?{name}", reader.product())


def _dots(_: Reader) -> Node:
    return symbol("dots")


def _boxed(_: Reader) -> Node:
    raise UnreadableError("a box within the box")


def _big(name: str) -> Handler:
    """Return what reads a sum, product, integral or limit: by its parts alone, none is computed."""

    def read(reader: Reader) -> Node:
        parts = []
        while reader.peek() in ("_", "^"):
            reader.take()
            parts.append(_bound(reader))
        return call(f"?{name}", *parts, reader.product())

    return read


def _bound(reader: Reader) -> Node:
    if reader.peek() != "{":
        return _without_infinity(reader.primary())
    reader.take()
    parts = [reader.value()]
    while reader.skip("=", "rightarrow"):
        parts.append(reader.value())
    reader.expect("}")
    return call("?bound", *(_without_infinity(part) for part in parts))


def _without_infinity(node: Node) -> Node:
    if node == const("inf"):
        return symbol("infinity")
    return node._replace(items=tuple(_without_infinity(item) for item in node.items))


COMMANDS: Mapping[str, Handler] = MappingProxyType(
    {
        "frac": _fraction,
        "sqrt": _root,
        "cbrt": _cube_root,
        "log": _logarithm,
        "lg": _ten_logarithm,
        "exp": _exponential,
        "binom": _binomial,
        "choose": _binomial,
        "lfloor": _between("rfloor", "floor"),
        "lceil": _between("rceil", "ceil"),
        "begin": _environment,
        "sum": _big("sum"),
        "prod": _big("prod"),
        "int": _big("int"),
        "lim": _big("lim"),
        "ldots": _dots,
        **{name: _marked(name) for name in ("vec", "hat", "bar", "overline", "overrightarrow")},
        **{name: _figure(name) for name in ("angle", "triangle")},
        "boxed": _boxed,
        "fbox": _boxed,
    }
)
"""Handlers by the name of the command."""
