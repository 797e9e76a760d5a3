"""The normal form of a tree."""

from fractions import Fraction
from math import comb, factorial, gcd

from etude.rollout.graders._maths.forms import (
    Ratio,
    UndecidedError,
    UndefinedError,
    atom,
    product,
    rational,
    show,
    total,
)
from etude.rollout.graders._maths.powers import raised
from etude.rollout.graders._maths.tree import Node

MAX_FACTORIAL = 3000


def normal(node: Node) -> Ratio:
    """Return the normal form of a value.

    Raises:
        UndecidedError: It has none, or a limit was reached.
        UndefinedError: The value does not exist.
    """
    if node.kind == "num" and node.value is not None:
        return rational(node.value)
    if node.kind == "sym":
        return atom(node.name)
    if node.kind == "const":
        if node.name == "inf":
            raise UndefinedError("infinity is no number")
        return atom("~" + node.name)
    if node.kind in _RULES:
        return _RULES[node.kind](node)
    raise UndecidedError(f"a {node.kind} is no value")


def _add(node: Node) -> Ratio:
    result = normal(node.items[0])
    for item in node.items[1:]:
        result = total(result, normal(item))
    return result


def _mul(node: Node) -> Ratio:
    result = normal(node.items[0])
    for item in node.items[1:]:
        result = product(result, normal(item))
    return result


def _pow(node: Node) -> Ratio:
    return raised(normal(node.items[0]), normal(node.items[1]))


def _call(node: Node) -> Ratio:
    values = [normal(item) for item in node.items]
    numbers = [value.constant for value in values]
    if all(n is not None for n in numbers):
        known = _known_call(node.name, [n for n in numbers if n is not None])
        if known is not None:
            return rational(known)
    return atom(f"?{node.name}({','.join(show(value) for value in values)})")


def _known_call(name: str, values: list[Fraction]) -> Fraction | None:
    """Return the value of a function of rational numbers that is rational itself."""
    if name in ("max", "min"):
        return max(values) if name == "max" else min(values)
    if name in ("abs", "floor", "ceil") and len(values) == 1:
        return _rounded(name, values[0])
    if any(value.denominator != 1 for value in values):
        return None
    whole = [int(value) for value in values]
    if name == "factorial" and len(whole) == 1 and whole[0] >= 0:
        if whole[0] > 3000:
            raise UndecidedError("a factorial that is too large")
        return Fraction(factorial(whole[0]))
    if name == "binomial" and len(whole) == 2 and min(whole) >= 0:
        if whole[0] > 3000:
            raise UndecidedError("a binomial that is too large")
        return Fraction(comb(whole[0], whole[1]))
    if name == "gcd":
        return Fraction(gcd(*whole))
    return None


def _rounded(name: str, value: Fraction) -> Fraction:
    if name == "abs":
        return abs(value)
    floor = value.numerator // value.denominator
    return Fraction(floor if name == "floor" or floor == value else floor + 1)


def _degree(node: Node) -> Ratio:
    half_turn = product(atom("~pi"), rational(Fraction(1, 180)))
    return product(normal(node.items[0]), half_turn)


def _percent(node: Node) -> Ratio:
    return product(normal(node.items[0]), rational(Fraction(1, 100)))


_RULES = {
    "percent": _percent,
    "add": _add,
    "mul": _mul,
    "pow": _pow,
    "call": _call,
    "degree": _degree,
}
