"""Values of trees at points, to many digits. Runs in workers only, where it can be killed."""

import zlib
from collections.abc import Callable, Mapping
from typing import Any

from mpmath import mp, mpc, mpf  # type: ignore[import-untyped]  # it has no stubs

from etude.rollout.graders._maths.forms import UndecidedError, UndefinedError
from etude.rollout.graders._maths.normal import normal
from etude.rollout.graders._maths.tree import Node

MAX_LOG = 5_000_000
"""Largest natural logarithm of a power or factorial that is computed."""

Number = Any
"""A number of mpmath, real or complex; it has no types."""


def value_at(node: Node, point: Mapping[str, Number]) -> Number:
    """Return the value of a tree where its symbols have the values of `point`.

    Raises:
        UndefinedError: It has none there.
        UndecidedError: It is too large, or something in it cannot be computed.
    """
    try:
        found = _value(node, point)
    except (ZeroDivisionError, ValueError):
        raise UndefinedError("no value at this point") from None
    except OverflowError:
        raise UndecidedError("a value that is too large") from None
    if mp.isnan(found) or mp.isinf(found):
        raise UndefinedError("no value at this point")
    return found


def _value(node: Node, point: Mapping[str, Number]) -> Number:
    if node.kind == "num" and node.value is not None:
        return mpf(node.value.numerator) / node.value.denominator
    if node.kind == "sym":
        return point[node.name]
    if node.kind in _KINDS:
        return _KINDS[node.kind](node, point)
    raise UndecidedError(f"a {node.kind} is no value")


def _const(node: Node, _: Mapping[str, Number]) -> Number:
    if node.name == "inf":
        raise UndecidedError("infinity")
    return {"pi": +mp.pi, "e": +mp.e, "i": mpc(0, 1)}[node.name]


def _add(node: Node, point: Mapping[str, Number]) -> Number:
    return mp.fsum(_value(item, point) for item in node.items)


def _mul(node: Node, point: Mapping[str, Number]) -> Number:
    return mp.fprod(_value(item, point) for item in node.items)


def _pow(node: Node, point: Mapping[str, Number]) -> Number:
    base, exponent = _value(node.items[0], point), _value(node.items[1], point)
    if base == 0:
        if mp.re(exponent) <= 0:
            raise UndefinedError("zero to a power that is not positive")
        return mpf(0)
    if abs(exponent * mp.log(base)) > MAX_LOG:
        raise UndecidedError("a power that is too large")
    if mp.im(base) == 0 and mp.re(base) < 0 and mp.im(exponent) == 0:
        try:
            size = normal(node.items[1]).constant
        except (UndecidedError, UndefinedError):
            size = None
        if size is not None and size.denominator % 2 and size.denominator > 1:
            # Odd roots of negative numbers are real, as schools have it.
            found = mp.power(-base, exponent)
            return -found if size.numerator % 2 else found
    return mp.power(base, exponent)


def _degree(node: Node, point: Mapping[str, Number]) -> Number:
    return _value(node.items[0], point) * mp.pi / 180


def _percent(node: Node, point: Mapping[str, Number]) -> Number:
    return _value(node.items[0], point) / 100


def _call(node: Node, point: Mapping[str, Number]) -> Number:
    values = [_value(item, point) for item in node.items]
    if node.name[0] == "?":
        return _unknown(node.name, values)
    made = _FUNCTIONS.get(node.name)
    if made is None:
        raise UndecidedError(f"the function {node.name} cannot be computed")
    if node.name in _GROWING and any(abs(value) > MAX_LOG // 20 for value in values):
        raise UndecidedError("a value that is too large")
    if node.name in _REAL_ONLY and any(mp.im(value) != 0 for value in values):
        raise UndefinedError("a real function of a complex value")
    try:
        return made(*values)
    except TypeError:
        raise UndecidedError(f"the function {node.name} with {len(values)} values") from None


def _unknown(name: str, values: list[Number]) -> Number:
    """Return the value of some smooth function that has this name and no other property."""
    found = mpf(zlib.crc32(name.encode())) / 2**31
    for n, value in enumerate(values, start=3):
        found = mp.exp(found / 5) + mp.exp(mp.sin(value / n)) + value * found / 7
    return found


def _reciprocal(function: Callable[[Number], Number]) -> Callable[[Number], Number]:
    return lambda value: 1 / function(value)


def _sign(value: Number) -> Number:
    return mpf((value > 0) - (value < 0))


_GROWING = frozenset(("factorial", "binomial", "exp", "sinh", "cosh", "tanh"))
_REAL_ONLY = frozenset(("max", "min", "floor", "ceil", "sign"))
_FUNCTIONS: dict[str, Callable[..., Number]] = {
    "sin": mp.sin, "cos": mp.cos, "tan": mp.tan,
    "cot": _reciprocal(mp.tan), "sec": _reciprocal(mp.cos), "csc": _reciprocal(mp.sin),
    "arcsin": mp.asin, "arccos": mp.acos, "arctan": mp.atan,
    "arccot": lambda v: mp.pi / 2 - mp.atan(v),
    "sinh": mp.sinh, "cosh": mp.cosh, "tanh": mp.tanh, "coth": _reciprocal(mp.tanh),
    "sech": _reciprocal(mp.cosh), "csch": _reciprocal(mp.sinh),
    "arcsinh": mp.asinh, "arccosh": mp.acosh, "arctanh": mp.atanh,
    "ln": mp.log, "exp": mp.exp, "abs": abs, "floor": mp.floor, "ceil": mp.ceil,
    "factorial": mp.factorial, "binomial": mp.binomial, "max": max, "min": min, "sign": _sign,
    "arg": mp.arg, "Re": mp.re, "Im": mp.im,
}  # fmt: skip
_KINDS: dict[str, Callable[[Node, Mapping[str, Number]], Number]] = {
    "const": _const, "add": _add, "mul": _mul, "pow": _pow, "degree": _degree,
    "percent": _percent, "call": _call,
}  # fmt: skip
