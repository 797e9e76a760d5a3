"""Student's t: how far a mean of few values strays. Without tables and without another package."""

import math

_TINY = 1e-300
_STEPS = 300


def cdf(t: float, freedom: float) -> float:
    """Return the probability that Student's t is at most `t`.

    >>> round(cdf(2.0, 10), 6)
    0.963306
    """
    if math.isnan(t):
        return math.nan
    if math.isinf(t):
        return 1.0 if t > 0 else 0.0
    tail = 0.5 * _incomplete_beta(freedom / 2, 0.5, freedom / (freedom + t * t))
    return 1 - tail if t > 0 else tail


def quantile(p: float, freedom: float) -> float:
    """Return the value that Student's t is at most with probability `p`.

    >>> round(quantile(0.975, 4), 4)
    2.7764
    """
    if p == 0.5:
        return 0.0
    if p < 0.5:
        return -quantile(1 - p, freedom)
    low, high = 0.0, 1.0
    while cdf(high, freedom) < p and high < 1e12:
        low, high = high, high * 2
    for _ in range(200):
        middle = (low + high) / 2
        if middle in (low, high):
            break
        if cdf(middle, freedom) < p:
            low = middle
        else:
            high = middle
    return (low + high) / 2


def f_tail(f: float, numerator: float, denominator: float) -> float:
    """Return the probability that an F value is above `f`.

    >>> round(f_tail(4.0, 2, 10), 6)
    0.0531
    """
    if not f > 0:
        return 1.0
    if math.isinf(f):
        return 0.0
    share = denominator / (denominator + numerator * f)
    return _incomplete_beta(denominator / 2, numerator / 2, share)


def _incomplete_beta(a: float, b: float, x: float) -> float:
    """Return the regularised incomplete beta function, by its continued fraction."""
    if x <= 0:
        return 0.0
    if x >= 1:
        return 1.0
    front = math.exp(
        math.lgamma(a + b) - math.lgamma(a) - math.lgamma(b) + a * math.log(x) + b * math.log1p(-x)
    )
    # The fraction converges fast on this side only.
    if x < (a + 1) / (a + b + 2):
        return front * _fraction(a, b, x) / a
    return 1 - front * _fraction(b, a, 1 - x) / b


def _fraction(a: float, b: float, x: float) -> float:
    """Evaluate the continued fraction from its front (Lentz's method)."""
    c, d = 1.0, 1 - (a + b) * x / (a + 1)
    d = 1 / (d if abs(d) > _TINY else _TINY)
    value = d
    for m in range(1, _STEPS):
        even = m * (b - m) * x / ((a + 2 * m - 1) * (a + 2 * m))
        odd = -(a + m) * (a + b + m) * x / ((a + 2 * m) * (a + 2 * m + 1))
        for term in (even, odd):
            d = 1 + term * d
            d = 1 / (d if abs(d) > _TINY else _TINY)
            c = 1 + term / c
            c = c if abs(c) > _TINY else _TINY
            value *= c * d
        if abs(c * d - 1) < 1e-16:
            break
    return value
