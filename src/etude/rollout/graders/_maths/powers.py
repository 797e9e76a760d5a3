"""Powers and roots of normal forms."""

from fractions import Fraction

from etude.rollout.graders._maths.forms import (
    MAX_BITS,
    ONE,
    Exact,
    Ratio,
    UndecidedError,
    UndefinedError,
    atom,
    inverse,
    product,
    rational,
    settled,
    show,
)

MAX_POWER = 60
"""Largest exponent to which a sum is raised by multiplying it out."""
MAX_FACTOR = 100_000
"""Largest prime that is looked for in a number under a root."""


def raised(base: Ratio, exponent: Ratio) -> Ratio:
    """Return a power.

    Raises:
        UndecidedError: It is too large, or means something else to everyone.
        UndefinedError: It does not exist.
    """
    size = exponent.constant
    if size is None:
        return _symbolic_power(base, exponent)
    return _whole_power(base, int(size)) if size.denominator == 1 else _root(base, size)


def number_power(value: Exact, size: Exact) -> Ratio:
    """Return a power of a positive number."""
    if size.denominator == 1:
        return _whole_power(rational(value), int(size))
    return _root_of_number(value, size)


def _whole_power(base: Ratio, n: int) -> Ratio:
    value = base.constant
    if value is not None:
        if value == 0 and n <= 0:
            raise UndefinedError("zero to a power that is not positive")
        bits = max(value.numerator.bit_length(), value.denominator.bit_length())
        if value not in (0, 1, -1) and abs(n) * bits > MAX_BITS:
            return _large_power(value, n)
        return rational(value ** (n % 2 if value in (1, -1) else n) if value else 0)
    if n < 0:
        return _whole_power(inverse(base), -n)
    if len(base.top) == len(base.bottom) == 1 and base.bottom == ONE:
        return _monomial_power(base, n)
    if n > MAX_POWER:
        raise UndecidedError("a power that is too large")
    result = Ratio(ONE, ONE)
    for _ in range(n):
        result = product(result, base)
    return result


def _large_power(value: Fraction, n: int) -> Ratio:
    """Return a power that is too large for its digits as a product of named powers."""
    if value < 0 or n.bit_length() > MAX_BITS:
        raise UndecidedError("a power that is too large")
    result = Ratio(ONE, ONE)
    for name, size in _prime_bases(value).items():
        result = product(result, atom(f"^large {name}", size * n))
    return result


def _monomial_power(base: Ratio, n: int) -> Ratio:
    """Return a whole power of one monomial."""
    ((monomial, coefficient),) = base.top.items()
    lifted = _whole_power(rational(coefficient), n)
    raised = tuple((a, e * n) for a, e in monomial)
    if any(e.numerator.bit_length() > 64 for _, e in raised):
        raise UndecidedError("an exponent that is too large")
    if any(a[0] == "#" and e * int(a[1:]).bit_length() > MAX_BITS for a, e in raised):
        raise UndecidedError("a power that is too large")
    turned, factor = settled(raised)
    return product(lifted, Ratio({turned: factor}, ONE))


def _root(base: Ratio, size: Fraction) -> Ratio:
    """Return a power with a fraction for an exponent; odd roots of negative numbers are real."""
    value = base.constant
    if value is not None:
        return _root_of_number(value, size)
    if len(base.top) == 1 and base.bottom == ONE:
        ((monomial, coefficient),) = base.top.items()
        if len(monomial) == 1 and coefficient > 0 and monomial[0][0][0] not in "#~?^":
            ((name, exponent),) = monomial
            # The root of a square is an absolute value, so an even power stays as it is.
            if size.denominator % 2 or exponent.numerator % 2:
                return product(_root_of_number(coefficient, size), atom(name, exponent * size))
    return atom(f"?({show(base)})^", size)


def _root_of_number(value: Exact, size: Exact) -> Ratio:
    if value == 0:
        if size < 0:
            raise UndefinedError("zero to a negative power")
        return rational(value)
    if value < 0:
        if size.denominator == 2:
            turned = atom("~i") if size.numerator % 4 == 1 else product(rational(-1), atom("~i"))
            return product(turned, _root_of_number(-value, size))
        if size.denominator % 2 == 0:
            raise UndecidedError("an even root of a negative number")
        sign = -1 if size.numerator % 2 else 1
        return product(rational(sign), _root_of_number(-value, size))
    result = Ratio(ONE, ONE)
    for base, side in ((value.numerator, 1), (value.denominator, -1)):
        for prime, n in _factors(base).items():
            exponent = n * side * size
            floor = exponent.numerator // exponent.denominator
            result = product(result, _whole_power(rational(prime), floor))
            if exponent != floor:
                result = product(result, atom(f"#{prime}", exponent - floor))
    return result


def _factors(value: int) -> dict[int, int]:
    """Return the prime factors of a number, with how often each divides it."""
    if value.bit_length() > 1000:
        raise UndecidedError("a root of a large number")
    found: dict[int, int] = {}
    prime = 2
    while prime * prime <= value and prime < MAX_FACTOR:
        while value % prime == 0:
            found[prime] = found.get(prime, 0) + 1
            value //= prime
        prime += 1 if prime == 2 else 2
    if value > MAX_FACTOR**2:
        raise UndecidedError("a root of a large number")
    if value > 1:
        found[value] = found.get(value, 0) + 1
    return found


def _symbolic_power(base: Ratio, exponent: Ratio) -> Ratio:
    """Return a power whose exponent is no number, split so that `2^{n+1}` is `2·2^n`."""
    if exponent.bottom != ONE or len(base.top) != 1 or base.bottom != ONE:
        return atom(f"^({show(base)})^({show(exponent)})")
    ((monomial, coefficient),) = base.top.items()
    if monomial and (coefficient != 1 or len(monomial) != 1):
        return atom(f"^({show(base)})^({show(exponent)})")
    bases = {monomial[0][0]: monomial[0][1]} if monomial else _prime_bases(coefficient)
    result = Ratio(ONE, ONE)
    for name, n in bases.items():
        for part, factor in exponent.top.items():
            size = factor * n
            if part:
                result = product(result, atom(f"^{name}^({show(Ratio({part: 1}, ONE))})", size))
            elif name[0] == "#":
                result = product(result, number_power(int(name[1:]), size))
            else:
                result = product(result, atom(name, size))
    return result


def _prime_bases(value: Exact) -> dict[str, Exact]:
    if value <= 0:
        raise UndecidedError("a power of a negative number")
    bases: dict[str, Exact] = {f"#{p}": n for p, n in _factors(value.numerator).items()}
    bases.update({f"#{p}": -n for p, n in _factors(value.denominator).items()})
    return bases
