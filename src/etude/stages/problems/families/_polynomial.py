"""Polynomials with integer coefficients, highest power first."""

from collections.abc import Sequence


def polynomial(coefficients: Sequence[int], variable: str = "x") -> str:
    """Write a polynomial as LaTeX."""
    text = ""
    for power, factor in zip(range(len(coefficients) - 1, -1, -1), coefficients, strict=True):
        if factor == 0:
            continue
        size = "" if abs(factor) == 1 and power else str(abs(factor))
        letter = "" if power == 0 else variable if power == 1 else f"{variable}^{{{power}}}"
        sign = ("-" if factor < 0 else "") if not text else (" - " if factor < 0 else " + ")
        text += sign + size + letter
    return text or "0"


def product(left: Sequence[int], right: Sequence[int]) -> list[int]:
    """Multiply two polynomials."""
    result = [0] * (len(left) + len(right) - 1)
    for i, a in enumerate(left):
        for j, b in enumerate(right):
            result[i + j] += a * b
    return result


def plus(left: Sequence[int], right: Sequence[int]) -> list[int]:
    """Add two polynomials."""
    size = max(len(left), len(right))
    padded = [[0] * (size - len(side)) + list(side) for side in (left, right)]
    return [a + b for a, b in zip(*padded, strict=True)]


def value_at(coefficients: Sequence[int], point: int) -> int:
    """Return the value of a polynomial at a point."""
    value = 0
    for factor in coefficients:
        value = value * point + factor
    return value
