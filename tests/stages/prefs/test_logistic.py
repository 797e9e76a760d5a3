"""Slopes with their intervals: what was planted is found, and signs follow sides."""

import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from etude.stages.prefs.logistic import fit_choices, group_codes, mean_of, share_of


def drawn(slopes: list[float], n: int, seed: int) -> NDArray[np.float64]:
    """Differences, chosen less rejected, of choices made with these slopes."""
    rng = np.random.default_rng(seed)
    x = rng.normal(size=(n, len(slopes)))
    won = rng.random(n) < 1 / (1 + np.exp(-(x @ np.array(slopes))))
    return np.where(won[:, None], x, -x)


def test_planted_slopes_are_inside_nineteen_of_twenty_intervals() -> None:
    planted = [0.7, 0.0, -0.3]
    inside = np.zeros(3)
    for seed in range(300):
        fit = fit_choices(drawn(planted, 400, seed), np.ones(400), np.arange(400))
        for j, slope in enumerate(planted):
            found = fit.estimate(j, 400)
            inside[j] += found.low <= slope <= found.high
    assert (inside / 300 >= 0.92).all(), inside


def test_copies_of_a_choice_within_one_group_narrow_nothing() -> None:
    x = drawn([0.5], 100, 1)
    once = fit_choices(x, np.ones(100), np.arange(100)).estimate(0, 100)
    copies = np.repeat(x, 5, axis=0)
    clustered = fit_choices(copies, np.ones(500), np.repeat(np.arange(100), 5)).estimate(0, 500)
    loose = fit_choices(copies, np.ones(500), np.arange(500)).estimate(0, 500)
    assert clustered.half_width == pytest.approx(once.half_width, rel=0.15)
    assert loose.half_width < 0.6 * once.half_width


@given(st.integers(0, 10_000))
@settings(max_examples=20, deadline=None)
def test_turning_a_difference_round_turns_the_sign_of_its_slope(seed: int) -> None:
    x = drawn([0.4, 0.2], 60, seed)
    turned = x * np.array([-1.0, 1.0])
    codes = np.arange(60)
    first, second = (fit_choices(one, np.ones(60), codes) for one in (x, turned))
    assert first.slopes[0] == pytest.approx(-second.slopes[0], abs=1e-6)
    assert first.slopes[1] == pytest.approx(second.slopes[1], abs=1e-6)
    assert first.errors == pytest.approx(second.errors, rel=1e-5)


def test_a_slope_stays_finite_and_its_interval_wide_when_all_choices_go_one_way() -> None:
    fit = fit_choices(np.ones((50, 1)), np.ones(50), np.arange(50))
    found = fit.estimate(0, 50)
    assert found.value == pytest.approx(math.log(101), abs=1e-6)
    assert found.low > 0
    assert found.half_width > 2


def test_a_weight_of_two_is_worth_two_choices() -> None:
    x = drawn([0.5], 80, 3)
    weights = np.where(np.arange(80) % 2, 1.0, 3.0)
    weighted = fit_choices(x, weights, np.arange(80))
    repeated = fit_choices(
        np.repeat(x, weights.astype(int), axis=0),
        np.ones(160),
        np.repeat(np.arange(80), weights.astype(int)),
    )
    assert weighted.slopes[0] == pytest.approx(repeated.slopes[0], abs=0.02)


def test_groups_are_numbered_by_first_appearance() -> None:
    assert group_codes(["b", "a", "b"]).tolist() == [0, 1, 0]


def test_a_share_of_independent_hits_is_that_of_wilson_and_copies_narrow_nothing() -> None:
    hits = np.array([1.0] * 60 + [0.0] * 40)
    found = share_of(hits, np.ones(100), np.arange(100))
    assert (found.low, found.high) == pytest.approx((0.5020, 0.6906), abs=2e-3)
    copied = share_of(np.repeat(hits, 4), np.ones(400), np.repeat(np.arange(100), 4))
    assert (copied.low, copied.high) == pytest.approx((found.low, found.high), abs=1e-6)


def test_the_mean_of_differences_has_the_interval_of_student() -> None:
    found = mean_of(np.array([1.0, 2.0, 3.0]), np.ones(3), np.arange(3))
    assert found.value == 2.0
    assert found.high - 2.0 == pytest.approx(4.3027 / math.sqrt(3), rel=1e-3)
