"""DeepDecider: refutes by values at random points, and accepts by proof or by many digits."""

from collections.abc import Iterator
from contextlib import contextmanager
from fractions import Fraction
from random import Random

from mpmath import mp, mpc, mpf  # type: ignore[import-untyped]  # it has no stubs

from etude.rollout.graders._maths.decide import Decider, difference
from etude.rollout.graders._maths.forms import UndecidedError, UndefinedError
from etude.rollout.graders._maths.numeric import Number, value_at
from etude.rollout.graders._maths.proof import vanishes
from etude.rollout.graders._maths.tree import Node, const, symbols, within

N_POINTS = 16
N_AGREEING = 5
"""Points at which two values must agree before that counts."""
DIGITS = 60
AGREEING_DIGITS = 44
MANY_DIGITS = 320
"""Digits of constants: two that agree to nearly so many are the same."""
MANY_AGREEING_DIGITS = 290
_RANGES = ((0, 1), (1, 4), (-1, 0), (-4, -1), (4, 12), (-12, -4), (0, 1), (1, 4))
_POSITIVE = ((0, 1), (1, 4), (4, 12), (0, 1), (1, 4), (0, 4), (4, 12), (0, 12))


@contextmanager
def _precision(digits: int) -> Iterator[None]:
    before = mp.dps
    mp.dps = digits
    try:
        yield
    finally:
        mp.dps = before


class DeepDecider(Decider):
    """Decides what exact arithmetic leaves open."""

    n_products = 100_000

    def __init__(self, *, positive: bool = False) -> None:
        """Say whether symbols stand for positive numbers only."""
        self._ranges = _POSITIVE if positive else _RANGES

    def equal(self, left: Node, right: Node) -> bool:
        """Whether two values are equal; what cannot be decided is not."""
        known = super().equal(left, right)
        if known is not None:
            return known
        names = symbols(left) | symbols(right)
        try:
            return self._everywhere(left, right, names) if names else self._constants(left, right)
        except UndefinedError:
            return False
        except UndecidedError:
            return False

    def _constants(self, left: Node, right: Node) -> bool:
        pairs: list[tuple[Number, Number]] = []
        agree = False
        for digits in (DIGITS, MANY_DIGITS):
            with _precision(digits):
                pairs.append((value_at(left, {}), value_at(right, {})))
                scale = max(abs(pairs[-1][0]), abs(pairs[-1][1]))
                apart = abs(pairs[-1][0] - pairs[-1][1])
                limit = AGREEING_DIGITS if digits == DIGITS else MANY_AGREEING_DIGITS
                agree = apart <= scale * mpf(10) ** -limit
                if not agree and scale > mpf(10) ** -(digits - 10):
                    return False
        first, second = (max(abs(a), abs(b)) for a, b in pairs)
        if agree and second > first * mpf(10) ** -50:
            return True
        # Both melt away as digits are added: zero, if it can be proved.
        return vanishes(difference(left, right))

    def _everywhere(self, left: Node, right: Node, names: set[str]) -> bool:
        n_real = n_complex = n_defined = 0
        # Without i, values that are not real only lie outside of the domain.
        meant = within(const("i"), left) or within(const("i"), right)
        with _precision(DIGITS):
            for point in _points(names, self._ranges):
                first, second = _at(left, point), _at(right, point)
                if first is None and second is None:
                    continue
                if first is None or second is None:
                    return False
                n_defined += 1
                agree = _agree(first, second)
                if meant or _is_real(first) or _is_real(second):
                    if agree is False:
                        return False
                    n_real += agree is True
                elif agree:
                    n_complex += 1
        if max(n_real, n_complex) >= N_AGREEING:
            return True
        return n_defined > 0 and vanishes(difference(left, right))

    def factor(self, left: Node, right: Node) -> Fraction:
        """Return a number of the sign of the factor between two values; 0 if there is none."""
        known = super().factor(left, right)
        if known is not None:
            return known
        factors: list[Number] = []
        with _precision(DIGITS):
            for point in _points(symbols(left) | symbols(right), self._ranges):
                try:
                    first, second = _at(left, point), _at(right, point)
                except UndecidedError:
                    return Fraction(0)
                if first is None or second is None or not (_is_real(first) and _is_real(second)):
                    if (first is None) != (second is None):
                        return Fraction(0)
                    continue
                if first == 0 or second == 0:
                    return Fraction(0)
                factors.append(first / second)
                if _agree(factors[0], factors[-1]) is not True:
                    return Fraction(0)
        if len(factors) < N_AGREEING:
            return Fraction(0)
        return Fraction(1 if mp.re(factors[0]) > 0 else -1)

    def place(self, node: Node) -> Fraction | None:
        """Return where a number lies, to many digits."""
        known = super().place(node)
        if known is not None or symbols(node):
            return known
        try:
            with _precision(DIGITS):
                value = value_at(node, {})
                if not _is_real(value) or abs(mp.re(value)) > mpf(10) ** 400:
                    return None
                return Fraction(
                    mp.nstr(mp.re(value), AGREEING_DIGITS, min_fixed=-500, max_fixed=500)
                )
        except (UndecidedError, UndefinedError):
            return None


def _points(names: set[str], ranges: tuple[tuple[int, int], ...]) -> Iterator[dict[str, Number]]:
    """Yield points, the same for the same names."""
    rng = Random("etude")
    ordered = sorted(names)
    for n in range(N_POINTS):
        low, high = ranges[n % len(ranges)]
        point: dict[str, Number] = {}
        for name in ordered:
            point[name] = low + (high - low) * mpf(rng.getrandbits(190) | 1) / 2**190
            if n >= len(ranges):
                # The second round mixes signs and sizes.
                low, high = rng.choice(ranges)
        yield point


def _at(node: Node, point: dict[str, Number]) -> Number | None:
    try:
        return value_at(node, point)
    except UndefinedError:
        return None


def _agree(first: Number, second: Number) -> bool | None:
    """Whether two values are the same; `None` where both may be nothing but rounding."""
    scale = max(abs(first), abs(second))
    if abs(first - second) <= scale * mpf(10) ** -AGREEING_DIGITS:
        return True
    return None if scale < mpf(10) ** -(DIGITS - 10) else False


def _is_real(value: Number) -> bool:
    return not isinstance(value, mpc) or abs(value.imag) <= abs(value) * mpf(10) ** -AGREEING_DIGITS
