"""Sets of real numbers in one form, whether written as intervals, unions or inequalities."""

from collections.abc import Callable
from fractions import Fraction
from typing import NamedTuple

from etude.rollout.graders._maths.tree import Node

Place = Callable[[Node], Fraction | None]
"""Where a number lies on the line; `None` where that is not known."""


class Part(NamedTuple):
    """A stretch of the real line; `None` for an end at infinity."""

    low: Fraction | None
    low_in: bool
    high: Fraction | None
    high_in: bool


Parts = tuple[Part, ...]
ALL: Parts = (Part(None, False, None, False),)


class UnplacedError(Exception):
    """A set is not made of stretches of the real line, or its ends cannot be placed."""


def parts(node: Node, place: Place) -> Parts:
    """Return the stretches that a set is made of, in order and apart from each other.

    Raises:
        UnplacedError: It is no such set, or an end cannot be placed.
    """
    if node.kind == "emptyset":
        return ()
    if node.kind == "reals":
        return ALL
    if node.kind == "set":
        return _merged(tuple(_point(_placed(item, place)) for item in node.items))
    if node.kind == "interval" or (node.kind == "tuple" and len(node.items) == 2):
        return _stretch(node, place)
    if node.kind == "chain":
        return _chain(node, place)
    if node.kind in ("union", "either"):
        return _merged(tuple(p for item in node.items for p in parts(item, place)))
    if node.kind in ("cut", "both"):
        found = ALL
        for item in node.items:
            found = _common(found, parts(item, place))
        return found
    if node.kind == "without":
        return _common(parts(node.items[0], place), _rest(parts(node.items[1], place)))
    raise UnplacedError(node.kind)


def variable(node: Node) -> str | None:
    """Return the name of the variable that an inequality, or several, speak of."""
    if node.kind in ("either", "both"):
        names = {variable(item) for item in node.items}
        return names.pop() if len(names) == 1 else None
    if node.kind != "chain":
        return None
    names = {item.name for item in node.items if item.kind == "sym"}
    return names.pop() if len(names) == 1 else None


def _placed(node: Node, place: Place) -> Fraction:
    found = place(node)
    if found is None:
        raise UnplacedError("a number that cannot be placed")
    return found


def _sign_of_infinity(node: Node) -> int:
    if node == Node("const", "inf"):
        return 1
    if node.kind == "mul" and node.items[-1] == Node("const", "inf") and len(node.items) == 2:
        sign = node.items[0].value or 0
        return int(sign) if abs(sign) == 1 else 0
    return 0


def _point(at: Fraction) -> Part:
    return Part(at, True, at, True)


def _stretch(node: Node, place: Place) -> Parts:
    brackets = node.name or "()"
    low, high = node.items
    if _sign_of_infinity(low) > 0 or _sign_of_infinity(high) < 0:
        raise UnplacedError("an interval that runs backwards")
    at_low = None if _sign_of_infinity(low) else _placed(low, place)
    at_high = None if _sign_of_infinity(high) else _placed(high, place)
    if at_low is not None and at_high is not None:
        single = at_low == at_high and brackets == "[]"
        if at_low >= at_high and not single:
            raise UnplacedError("an interval that runs backwards")
    low_in = brackets[0] == "[" and at_low is not None
    return (Part(at_low, low_in, at_high, brackets[1] == "]" and at_high is not None),)


_TURNED = {"<": ">", ">": "<", "<=": ">=", ">=": "<=", "=": "=", "!=": "!="}


def _chain(node: Node, place: Place) -> Parts:
    """Return what a chain such as `0 <= x < 1` leaves for its variable."""
    name = variable(node)
    if name is None:
        raise UnplacedError("no single variable")
    found = ALL
    signs = node.name.split()
    for sign, left, right in zip(signs, node.items, node.items[1:], strict=False):
        if sign == "in" and left.kind == "sym":
            found = _common(found, parts(right, place))
        elif sign not in _TURNED or (left.kind == "sym") == (right.kind == "sym"):
            raise UnplacedError("a relation between other things than a variable and a number")
        elif left.kind == "sym":
            found = _common(found, _side(sign, right, place))
        else:
            found = _common(found, _side(_TURNED[sign], left, place))
    return found


def _side(sign: str, end: Node, place: Place) -> Parts:
    infinite = _sign_of_infinity(end)
    if infinite:
        if (sign == "<" and infinite > 0) or (sign == ">" and infinite < 0):
            return ALL
        raise UnplacedError("a comparison with infinity")
    at = _placed(end, place)
    if sign == "=":
        return (_point(at),)
    if sign == "!=":
        return _rest((_point(at),))
    if sign[0] == "<":
        return (Part(None, False, at, sign == "<="),)
    return (Part(at, sign == ">=", None, False),)


def _low_key(part: Part) -> tuple[bool, Fraction, bool]:
    return (part.low is not None, part.low or Fraction(0), not part.low_in)


def _merged(found: Parts) -> Parts:
    """Return the same stretches in order, joined where they meet."""
    result: list[Part] = []
    for part in sorted(found, key=_low_key):
        last = result[-1] if result else None
        if last is not None and _meets(last, part):
            result[-1] = _joined(last, part)
        else:
            result.append(part)
    return tuple(result)


def _meets(last: Part, part: Part) -> bool:
    if last.high is None or part.low is None:
        return True
    if part.low == last.high:
        return part.low_in or last.high_in
    return part.low < last.high


def _joined(last: Part, part: Part) -> Part:
    if last.high is None or (part.high is not None and part.high < last.high):
        return last
    if part.high == last.high:
        return last._replace(high_in=last.high_in or part.high_in)
    return last._replace(high=part.high, high_in=part.high_in)


def _rest(found: Parts) -> Parts:
    """Return what is left of the real line."""
    result: list[Part] = []
    low: Fraction | None = None
    low_in, open_end = False, True
    for part in found:
        if part.low is not None:
            result.append(Part(low, low_in, part.low, not part.low_in))
        if part.high is None:
            open_end = False
            break
        low, low_in = part.high, not part.high_in
    if open_end:
        result.append(Part(low, low_in, None, False))
    return tuple(p for p in result if _holds_something(p))


def _holds_something(part: Part) -> bool:
    if part.low is None or part.high is None or part.low < part.high:
        return True
    return part.low == part.high and part.low_in and part.high_in


def _common(first: Parts, second: Parts) -> Parts:
    found = []
    for a in first:
        for b in second:
            low, low_in = max(((p.low, p.low_in) for p in (a, b)), key=_low_end)
            high, high_in = min(((p.high, p.high_in) for p in (a, b)), key=_high_end)
            part = Part(low, low_in, high, high_in)
            if _holds_something(part):
                found.append(part)
    return _merged(tuple(found))


def _low_end(end: tuple[Fraction | None, bool]) -> tuple[bool, Fraction, bool]:
    return (end[0] is not None, end[0] or Fraction(0), not end[1])


def _high_end(end: tuple[Fraction | None, bool]) -> tuple[bool, Fraction, bool]:
    return (end[0] is None, end[0] or Fraction(0), end[1])
