"""Normal forms: a value as a quotient of two sums of monomials with exact coefficients.

A monomial is a product of atoms with exact exponents. Atoms are symbols, constants, roots of
primes, and whatever else is only known by name (`sin(x)`). Where every atom is independent of the
others, two values are equal exactly when their normal forms are.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from fractions import Fraction
from typing import NamedTuple

MAX_BITS = 40_000
"""Of a number, its numerator and denominator together."""
MAX_TERMS = 150
"""Of a sum."""

Exact = int | Fraction
"""Whole numbers are plain integers wherever that can be had: they are much faster."""
Monomial = tuple[tuple[str, Exact], ...]
Terms = dict[Monomial, Exact]

_left: ContextVar[int] = ContextVar(
    "products of monomials that may still be computed", default=10_000
)


@contextmanager
def work(n_products: int) -> Iterator[None]:
    """Limit how many products of monomials are computed inside the block, all together."""
    token = _left.set(n_products)
    try:
        yield
    finally:
        _left.reset(token)


class UndecidedError(Exception):
    """Exact arithmetic is too large or does not reach this far."""


class UndefinedError(Exception):
    """A value that does not exist, such as a division by zero."""


class Ratio(NamedTuple):
    """A quotient of two sums of monomials; the lower one is never zero."""

    top: Terms
    bottom: Terms

    @property
    def constant(self) -> Fraction | None:
        """Its value where it is a rational number."""
        if set(self.top) <= {()} and set(self.bottom) == {()}:
            return Fraction(self.top.get((), 0)) / self.bottom[()]
        return None


ONE: Terms = {(): 1}


def same(left: Ratio, right: Ratio) -> bool | None:
    """Whether two values are equal; `None` where their atoms may depend on each other."""
    difference = _sum(_times(left.top, right.bottom), _times(right.top, left.bottom), -1)
    if not difference:
        return True
    return False if independent(left, right) else None


def independent(*ratios: Ratio) -> bool:
    """Whether all atoms are independent of each other, so that unequal forms are unequal."""
    atoms = {a for r in ratios for terms in r for monomial in terms for a, _ in monomial}
    if any(a[0] in "?^" for a in atoms):
        return False
    return not {"~e", "~pi"} <= atoms  # nobody has proved that these two are independent


def proportional(left: Ratio, right: Ratio) -> Fraction | None:
    """Return the factor between two values, if it is a rational number; 0 if either is zero."""
    first = _times(left.top, right.bottom)
    second = _times(right.top, left.bottom)
    if not first or not second:
        return Fraction(0)
    if first.keys() != second.keys():
        return None
    monomial = next(iter(first))
    factor = Fraction(first[monomial]) / second[monomial]
    return factor if all(first[m] == factor * second[m] for m in first) else None


def rational(value: Exact) -> Ratio:
    """Return a number as a normal form."""
    return Ratio({(): sized(slim(value))} if value else {}, ONE)


def slim(value: Exact) -> Exact:
    """Return a whole number as an integer."""
    return value.numerator if value.denominator == 1 else value


def sized(value: Exact) -> Exact:
    """Return a number that is not too large to go on with."""
    if value.numerator.bit_length() + value.denominator.bit_length() > MAX_BITS:
        raise UndecidedError("a number that is too large")
    return value


def atom(name: str, exponent: Exact = 1) -> Ratio:
    """Return a power of an atom."""
    return Ratio({((name, slim(exponent)),): 1}, ONE)


def _sum(left: Terms, right: Terms, sign: int = 1) -> Terms:
    total = dict(left)
    for monomial, coefficient in right.items():
        value = total.get(monomial, 0) + sign * coefficient
        if value:
            total[monomial] = value
        else:
            total.pop(monomial, None)
    return total


def _times(left: Terms, right: Terms) -> Terms:
    if left == ONE:
        return right
    if right == ONE:
        return left
    left_over = _left.get() - len(left) * len(right)
    if left_over < 0:
        raise UndecidedError("too many terms")
    _left.set(left_over)
    total: Terms = {}
    for first, a in left.items():
        for second, b in right.items():
            monomial, c = reduced(first, second)
            value = sized(total.get(monomial, 0) + a * b * c)
            if value:
                total[monomial] = value
            else:
                total.pop(monomial, None)
    if len(total) > MAX_TERMS:
        raise UndecidedError("too many terms")
    return total


def reduced(first: Monomial, second: Monomial) -> tuple[Monomial, Exact]:
    """Return the product of two monomials, and the rational factor that comes free."""
    if not first or not second:
        return first or second, 1
    exponents = dict(first)
    for name, exponent in second:
        exponents[name] = slim(exponents.get(name, 0) + exponent)
    factor: Exact = 1
    for name, exponent in list(exponents.items()):
        if name[0] == "#":
            whole = exponent.numerator // exponent.denominator
            factor *= Fraction(int(name[1:])) ** whole
            exponents[name] = exponent - whole
        elif name == "~i":
            factor *= -1 if int(exponent) % 4 > 1 else 1
            exponents[name] = int(exponent) % 2
    return tuple(sorted((a, e) for a, e in exponents.items() if e)), slim(factor)


def settled(monomial: Monomial) -> tuple[Monomial, Exact]:
    """Return a monomial with whole roots of primes and squares of i taken out."""
    return reduced(monomial, (("#2", 0),))


def product(left: Ratio, right: Ratio) -> Ratio:
    """Return the product of two values."""
    return Ratio(_times(left.top, right.top), _times(left.bottom, right.bottom))


def total(left: Ratio, right: Ratio, sign: int = 1) -> Ratio:
    """Return the sum of two values, or their difference for a sign of -1."""
    if left.bottom == right.bottom:
        return Ratio(_sum(left.top, right.top, sign), left.bottom)
    top = _sum(_times(left.top, right.bottom), _times(right.top, left.bottom), sign)
    return Ratio(top, _times(left.bottom, right.bottom))


def inverse(value: Ratio) -> Ratio:
    """Return one over a value."""
    if not value.top:
        raise UndefinedError("a division by zero")
    if len(value.top) == 1:
        (monomial, coefficient), *_ = value.top.items()
        if all(a != "~i" for a, _ in monomial):
            # One over a product is a product again, which keeps the forms short.
            turned, factor = settled(tuple((a, -e) for a, e in monomial))
            return product(
                Ratio({turned: slim(Fraction(factor) / coefficient)}, ONE), Ratio(value.bottom, ONE)
            )
    return Ratio(value.bottom, value.top)


def show(value: Ratio) -> str:
    """Return a text that two equal normal forms share; forms are scaled before."""
    scale = _leading(value.bottom)
    return "/".join(_show_terms(terms, scale) for terms in value)


def _leading(terms: Terms) -> Exact:
    return terms[max(terms)]


def _show_terms(terms: Terms, scale: Exact) -> str:
    return "+".join(
        f"{_show_number(Fraction(c) / scale)}{_show_monomial(m)}" for m, c in sorted(terms.items())
    )


def _show_number(value: Fraction) -> str:
    # In base sixteen, for Python refuses to write long numbers in base ten.
    return f"{value.numerator:x}:{value.denominator:x}"


def _show_monomial(monomial: Monomial) -> str:
    return "".join(f"*{a}^{_show_number(Fraction(e))}" for a, e in monomial)
