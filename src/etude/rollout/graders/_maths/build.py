"""Numbers from digits, and wholes from what brackets hold."""

from fractions import Fraction

from etude.rollout.graders._maths.tokens import Token
from etude.rollout.graders._maths.tree import Node, UnreadableError

MAX_EXPONENT_OF_TEN = 10_000
"""Of a number in scientific notation; beyond it the number is refused."""
_PAIRS = {"(": ")", "[": "]", "\\{": "\\}"}


def decimal(text: str) -> Fraction:
    """Return the value of a number such as `12`, `.5` or `1.5e-3`, exactly.

    Raises:
        UnreadableError: Its exponent of ten is beyond the limit.
    """
    head, _, exponent = text.lower().partition("e")
    whole, _, part = head.partition(".")
    shift = (int(exponent) if len(exponent) < 8 else MAX_EXPONENT_OF_TEN + 1) if exponent else 0
    if abs(shift) > MAX_EXPONENT_OF_TEN:
        raise UnreadableError("an exponent of ten that is too large")
    value = Fraction(int((whole + part) or "0"), 10 ** len(part))
    return value * Fraction(10) ** shift if shift else value


def read_number(token: Token) -> Fraction:
    """Return the value of a number token; `0.1(6)` repeats its last digits for ever.

    Raises:
        UnreadableError: It is no number, or its exponent of ten is beyond the limit.
    """
    if token.kind not in ("num", "rep"):
        raise UnreadableError(f"{token.text[:20]!r} where a number should be")
    if token.kind == "num":
        return decimal(token.text)
    plain, _, repeated = token.text.rstrip(")").partition("(")
    n_places = len(plain.partition(".")[2])
    tail = Fraction(int(repeated), (10 ** len(repeated) - 1) * 10**n_places)
    return decimal(plain if plain != "." else "0") + tail


def bracketed(opening: str, closing: str, items: tuple[Node, ...]) -> Node:
    """Return what a pair of brackets makes of what it holds.

    Raises:
        UnreadableError: The brackets do not fit each other.
    """
    if opening == "\\{":
        if closing != "\\}":
            raise UnreadableError("a set that does not end")
        return Node("set", items=items)
    if closing not in (")", "]"):
        raise UnreadableError(f"{opening!r} is closed by {closing[:10]!r}")
    if len(items) == 1 and items[0].kind == "matrix":
        return items[0]
    if _PAIRS[opening] != closing or (opening == "[" and len(items) == 2):
        return _interval(opening + closing, items)
    if opening == "(":
        return _round(items)
    if items and all(row.kind == "vector" and row.name == "[" for row in items):
        return matrix([list(row.items) for row in items])
    return Node("vector", "[", items)


def _interval(brackets: str, items: tuple[Node, ...]) -> Node:
    if len(items) != 2:
        raise UnreadableError("an interval needs two ends")
    if brackets == "[]" and all(_is_row(item) for item in items):
        return matrix([list(row.items) for row in items])
    return Node("interval", brackets, items)


def _is_row(item: Node) -> bool:
    return item.kind == "vector" or (item.kind == "interval" and item.name == "[]")


def _round(items: tuple[Node, ...]) -> Node:
    if len(items) == 1:
        return items[0]
    if len(items) == 2 and any(_infinite(item) for item in items):
        return Node("interval", "()", items)
    if not items:
        raise UnreadableError("brackets with nothing between")
    return Node("tuple", items=items)


def _infinite(item: Node) -> bool:
    return item == Node("const", "inf") or (
        item.kind == "mul" and item.items[-1] == Node("const", "inf")
    )


def matrix(rows: list[list[Node]]) -> Node:
    """Return a matrix; one column is a vector.

    Raises:
        UnreadableError: Its rows are not equally long.
    """
    if not rows or len({len(row) for row in rows}) != 1 or not rows[0]:
        raise UnreadableError("a matrix whose rows are not equally long")
    return Node("matrix", items=tuple(Node("row", items=tuple(row)) for row in rows))
