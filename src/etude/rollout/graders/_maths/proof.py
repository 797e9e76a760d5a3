"""Proofs of equality by sympy, from our own trees. Runs in workers only, where it can be killed."""

from collections.abc import Callable
from typing import Any

import sympy

from etude.rollout.graders._maths.forms import UndecidedError
from etude.rollout.graders._maths.tree import Node

_NAMED = {
    "arcsin": sympy.asin, "arccos": sympy.acos, "arctan": sympy.atan, "arccot": sympy.acot,
    "arcsinh": sympy.asinh, "arccosh": sympy.acosh, "arctanh": sympy.atanh,
    "ln": sympy.log, "abs": sympy.Abs, "floor": sympy.floor, "ceil": sympy.ceiling,
    "factorial": sympy.factorial, "binomial": sympy.binomial, "max": sympy.Max, "min": sympy.Min,
    "sign": sympy.sign, "sin": sympy.sin, "cos": sympy.cos, "tan": sympy.tan, "cot": sympy.cot,
    "sec": sympy.sec, "csc": sympy.csc, "sinh": sympy.sinh, "cosh": sympy.cosh,
    "tanh": sympy.tanh, "coth": sympy.coth, "exp": sympy.exp,
}  # fmt: skip
_CONSTANTS = {"pi": sympy.pi, "e": sympy.E, "i": sympy.I}


def vanishes(node: Node) -> bool:
    """Whether sympy can prove that a value is zero wherever it is defined."""
    try:
        return bool(sympy.simplify(_built(node)) == 0)
    except (UndecidedError, TypeError, ValueError, ArithmeticError, AttributeError, RecursionError):
        return False


def _built(node: Node) -> Any:
    if node.kind == "num" and node.value is not None:
        return sympy.Rational(node.value.numerator, node.value.denominator)
    if node.kind == "sym":
        return sympy.Symbol(node.name, real=True)  # type: ignore[no-untyped-call]
    if node.kind == "const" and node.name in _CONSTANTS:
        return _CONSTANTS[node.name]
    items = [_built(item) for item in node.items]
    if node.kind in _KINDS:
        return _KINDS[node.kind](items)
    if node.kind == "call" and node.name in _NAMED:
        return _NAMED[node.name](*items)
    if node.kind == "call" and node.name[0] == "?":
        return sympy.Function(node.name[1:])(*items)
    raise UndecidedError(f"a {node.kind} is no value")


_KINDS: dict[str, Callable[[list[Any]], Any]] = {
    "add": lambda items: sympy.Add(*items),
    "mul": lambda items: sympy.Mul(*items),
    "pow": lambda items: sympy.Pow(*items),
    "degree": lambda items: items[0] * sympy.pi / 180,
    "percent": lambda items: items[0] / 100,
}
