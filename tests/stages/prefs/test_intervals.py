"""Intervals are those of the books, and the sums behind them exact."""

import math

import numpy as np
import pytest

from etude.stages.prefs.intervals import (
    benjamini_hochberg,
    binomial_tail,
    binomial_two_sided,
    bootstrap,
    exact_share,
    incomplete_beta,
    median_interval,
    normal_quantile,
    normal_tail,
    student_quantile,
    wilson,
)


@pytest.mark.parametrize(
    ("k", "n", "p"), [(3, 10, 0.4), (1, 1, 0.3), (55, 60, 0.9), (400, 800, 0.5)]
)
def test_binomial_tails_equal_the_sum_of_their_terms(k: int, n: int, p: float) -> None:
    exact = math.fsum(math.comb(n, j) * p**j * (1 - p) ** (n - j) for j in range(k, n + 1))
    assert binomial_tail(k, n, p) == pytest.approx(exact, rel=1e-10)
    assert binomial_tail(0, n, p) == 1.0
    assert binomial_tail(n + 1, n, p) == 0.0


def test_quantiles_are_those_of_the_tables() -> None:
    assert normal_quantile(0.95) == pytest.approx(1.959963984540054)
    assert normal_tail(1.959963984540054) == pytest.approx(0.025)
    assert student_quantile(0.95, 10) == pytest.approx(2.228138851964939)
    assert student_quantile(0.99, 1) == pytest.approx(63.65674116287399)
    assert incomplete_beta(2, 3, 0.5) == pytest.approx(0.6875)


def test_intervals_of_shares_are_those_of_the_tables() -> None:
    exact = exact_share(8, 10)
    assert (exact.low, exact.high) == pytest.approx((0.4439045, 0.9747893), abs=1e-6)
    score = wilson(8, 10)
    assert (score.low, score.high) == pytest.approx((0.4901625, 0.9433178), abs=1e-6)
    assert exact_share(0, 5).low == 0.0
    assert exact_share(5, 5).high == 1.0
    for function in (wilson, exact_share):
        with pytest.raises(ValueError, match="a share needs"):
            function(3, 2)
    with pytest.raises(ValueError, match="between 0 and 1"):
        normal_quantile(1.0)


def test_a_median_lies_in_an_interval_of_order_statistics() -> None:
    found = median_interval([float(value) for value in range(1, 21)])
    assert (found.value, found.low, found.high) == (10.5, 6.0, 15.0)
    assert median_interval([4.0]).low == 4.0
    with pytest.raises(ValueError, match="no median"):
        median_interval([])


def test_q_values_are_monotone_and_never_below_p() -> None:
    p_values = [0.01, 0.04, 0.03, 0.9]
    assert benjamini_hochberg(p_values) == pytest.approx([0.04, 0.16 / 3, 0.16 / 3, 0.9])
    assert benjamini_hochberg([]) == []


def test_a_two_sided_tail_is_symmetric_at_one_half() -> None:
    assert binomial_two_sided(2, 10) == pytest.approx(binomial_two_sided(8, 10))
    assert binomial_two_sided(5, 10) == 1.0


def test_the_bootstrap_is_the_same_for_the_same_seed() -> None:
    values = np.arange(30.0)
    one, same, other = (
        bootstrap(lambda w: w @ values / w.sum(axis=1), 30, seed=seed) for seed in (1, 1, 2)
    )
    assert one == same
    assert one != other
    assert bootstrap(lambda w: w.sum(axis=1), 0) is None
