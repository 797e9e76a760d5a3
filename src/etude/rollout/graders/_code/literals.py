"""Python literals of a reference, read without running them, and values compared with claims."""

import ast
import math
from collections.abc import Callable
from typing import Literal, NamedTuple

from etude.rollout.graders._code.in_box.values import Drained

Types = Literal["exact", "python", "loose"]
_NUMBERS = (bool, int, float, complex)
_LISTS = (list, tuple, Drained)
_MAKERS: dict[str, Callable[..., object]] = {
    "set": set, "frozenset": frozenset, "float": float, "bytearray": bytearray, "range": range,
    "list": list, "tuple": tuple, "dict": dict, "complex": complex, "Counter": dict,
    "OrderedDict": dict,
}  # fmt: skip
_NAMES = {"inf": math.inf, "nan": math.nan, "None": None, "True": True, "False": False}


def read_literal(text: str) -> object:
    """Return the value that a literal writes, as `repr` does; also `set()`, `inf`, `nan`.

    Raises:
        ValueError: It is no literal.
    """
    try:
        return _value(ast.parse(text.strip(), mode="eval").body)
    except (SyntaxError, TypeError, KeyError, MemoryError, RecursionError, OverflowError) as cause:
        raise ValueError(f"{text[:80]!r} is no literal") from cause


def _value(node: ast.expr) -> object:
    match node:
        case ast.Constant(value=value) if value is not Ellipsis:
            return value
        case ast.Name(id=name):
            return _NAMES[name]
        case ast.List(elts=items):
            return [_value(item) for item in items]
        case ast.Tuple(elts=items):
            return tuple(_value(item) for item in items)
        case ast.Set(elts=items):
            return {_value(item) for item in items}
        case ast.Dict(keys=keys, values=values):
            return {
                _value(_there(key)): _value(value) for key, value in zip(keys, values, strict=True)
            }
        case ast.UnaryOp() | ast.BinOp():
            return ast.literal_eval(node) if not _negative_name(node) else -math.inf
        case ast.Call(func=ast.Name(id=name), args=[*given], keywords=[]) if len(given) <= 3:
            return _MAKERS[name](*(_value(item) for item in given))
    raise ValueError("no literal")


def _there(key: ast.expr | None) -> ast.expr:
    if key is None:
        raise ValueError("no literal")
    return key


def _negative_name(node: ast.expr) -> bool:
    match node:
        case ast.UnaryOp(op=ast.USub(), operand=ast.Name(id="inf")):
            return True
        case ast.UnaryOp(op=ast.USub(), operand=ast.Call()):
            return _value(node.operand) == math.inf
    return False


class Likeness(NamedTuple):
    """When a value counts as another."""

    types: Types
    tolerance: float

    def holds(self, wanted: object, got: object) -> bool:
        """Return whether `got`, a claim of plain types, counts as `wanted`."""
        try:
            return self._same(wanted, got)
        except (TypeError, OverflowError, RecursionError):
            return False

    def _same(self, wanted: object, got: object) -> bool:
        if self.types == "exact" and type(wanted) is not type(got):
            return False
        if isinstance(wanted, _NUMBERS) and isinstance(got, _NUMBERS):
            return self._same_number(wanted, got)
        if isinstance(wanted, _LISTS) and isinstance(got, _LISTS):
            if self.types != "loose" and type(wanted) is not type(got):
                return False
            return len(wanted) == len(got) and all(map(self._same, wanted, got))
        if isinstance(wanted, dict) and isinstance(got, dict):
            return self._same_table(wanted, got)
        if isinstance(wanted, set | frozenset) and isinstance(got, set | frozenset):
            return self._same_set(wanted, got)
        return type(wanted) is type(got) and wanted == got

    def _same_number(self, wanted: complex, got: complex) -> bool:
        if wanted == got or (wanted != wanted and got != got):
            return True
        if not isinstance(wanted, float | complex) and not isinstance(got, float | complex):
            return False
        if isinstance(wanted, int) and isinstance(got, int):
            return False
        distance = abs(wanted - got)
        return math.isfinite(distance) and distance <= self.tolerance * max(
            1.0, abs(wanted), abs(got)
        )

    def _same_table(self, wanted: dict[object, object], got: dict[object, object]) -> bool:
        if len(wanted) != len(got):
            return False
        keys = {key: key for key in got}
        return all(
            key in got and self._same(key, keys[key]) and self._same(value, got[key])
            for key, value in wanted.items()
        )

    def _same_set(
        self, wanted: set[object] | frozenset[object], got: set[object] | frozenset[object]
    ) -> bool:
        if len(wanted) != len(got):
            return False
        if wanted == got:
            items = {item: item for item in got}
            return all(self._same(item, items[item]) for item in wanted)
        if all(isinstance(item, int | float) for item in (*wanted, *got)):
            return all(map(self._same, sorted(wanted), sorted(got)))  # type: ignore[type-var]
        return False
