import math

import numpy as np
import pytest

from etude.value.statistics.student import cdf, f_tail, quantile

# Two-sided 95 % and one-sided 99.5 % points of the usual printed tables.
TABLE = {1: (12.7062, 63.6567), 2: (4.3027, 9.9248), 4: (2.7764, 4.6041), 9: (2.2622, 3.2498),
         30: (2.0423, 2.7500), 120: (1.9799, 2.6174)}  # fmt: skip


@pytest.mark.parametrize("freedom", TABLE)
def test_quantiles_are_those_of_the_printed_tables(freedom: int) -> None:
    assert quantile(0.975, freedom) == pytest.approx(TABLE[freedom][0], abs=6e-5)
    assert quantile(0.995, freedom) == pytest.approx(TABLE[freedom][1], abs=6e-5)


def test_one_and_two_degrees_of_freedom_have_closed_forms() -> None:
    for t in (-7.0, -1.0, -0.01, 0.0, 0.3, 2.0, 40.0):
        assert cdf(t, 1) == pytest.approx(0.5 + math.atan(t) / math.pi, abs=1e-12)
        assert cdf(t, 2) == pytest.approx(0.5 + t / (2 * math.sqrt(2 + t * t)), abs=1e-12)


def test_a_quantile_is_undone_by_the_distribution() -> None:
    for freedom in (1, 3, 7.5, 200):
        for p in (0.001, 0.3, 0.5, 0.9, 0.9999):
            assert cdf(quantile(p, freedom), freedom) == pytest.approx(p, abs=1e-10)


def test_the_distribution_is_the_integral_of_its_density() -> None:
    for freedom in (1, 4, 11):
        at = np.linspace(0, 2.5, 20_001)
        front = math.exp(math.lgamma((freedom + 1) / 2) - math.lgamma(freedom / 2))
        density = (
            front / math.sqrt(freedom * math.pi) * (1 + at**2 / freedom) ** (-(freedom + 1) / 2)
        )
        assert cdf(2.5, freedom) == pytest.approx(0.5 + float(np.trapezoid(density, at)), abs=1e-8)


def test_f_with_one_numerator_is_the_square_of_t() -> None:
    for t in (0.2, 1.0, 3.3):
        assert f_tail(t * t, 1, 6) == pytest.approx(2 * cdf(-t, 6), abs=1e-12)
    # F with 2 degrees has a closed form.
    assert f_tail(4.0, 2, 10) == pytest.approx((1 + 2 * 4.0 / 10) ** -5, abs=1e-12)
    assert (f_tail(0.0, 2, 3), f_tail(math.inf, 2, 3)) == (1.0, 0.0)
