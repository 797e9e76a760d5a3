import math
from random import Random

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from etude.errors import ConfigError
from etude.value.statistics.difference import holm, paired

# Sleep gained with two drugs by ten patients (Student, 1908): t = 4.0621, p = 0.002833,
# 95 % interval 0.7001 to 2.4599.
FIRST = [0.7, -1.6, -0.2, -1.2, -0.1, 3.4, 3.7, 0.8, 0.0, 2.0]
SECOND = [1.9, 0.8, 1.1, 0.1, -0.1, 4.4, 5.5, 1.6, 4.6, 3.4]


def test_the_sleep_of_students_patients_comes_out_as_published() -> None:
    found = paired(FIRST, SECOND)
    assert found.mean == pytest.approx(1.58)
    assert (found.low, found.high) == pytest.approx((0.7001142, 2.4598858), abs=1e-6)
    assert found.p_value == pytest.approx(0.002833, abs=1e-6)
    assert found.is_sure
    assert found.low_drawn < found.mean < found.high_drawn


def coverage(n: int, draw: str, trials: int = 1500) -> tuple[float, float]:
    chance = np.random.Generator(np.random.PCG64(n))
    by_t = by_draws = 0
    for _ in range(trials):
        gaps = 0.3 + (chance.normal(size=n) if draw == "normal" else chance.exponential(size=n) - 1)
        found = paired([0.0] * n, gaps.tolist())
        by_t += found.low <= 0.3 <= found.high
        by_draws += found.low_drawn <= 0.3 <= found.high_drawn
    return by_t / trials, by_draws / trials


@pytest.mark.slow
@pytest.mark.parametrize("n", [3, 5, 10, 30])
def test_intervals_hold_what_they_promise_many_times(n: int) -> None:
    by_t, by_draws = coverage(n, "normal")
    assert 0.935 <= by_t <= 0.965
    # No draw leaves what was seen, which lies on one side of the truth with chance 2 / 2^n.
    assert (0.72 if n == 3 else 0.86) <= by_draws <= 0.97
    assert coverage(n, "skewed")[0] >= 0.86


def test_intervals_of_five_seeds_hold_what_they_promise() -> None:
    by_t, by_draws = coverage(5, "normal", 300)
    assert by_t >= 0.92
    assert by_draws >= 0.87


def test_one_pair_says_nothing_for_sure() -> None:
    found = paired([1.0], [2.0])
    assert (found.mean, found.low, found.p_value, found.is_sure) == (1.0, -math.inf, 1.0, False)


def test_pairs_that_all_differ_alike_leave_no_doubt_and_equal_ones_no_difference() -> None:
    assert paired([1.0, 2.0], [2.0, 3.0]).p_value == 0.0
    assert paired([1.0, 2.0], [1.0, 2.0]).p_value == 1.0


def test_what_is_no_pair_or_no_number_is_refused() -> None:
    with pytest.raises(ConfigError, match="needs pairs"):
        paired([1.0], [1.0, 2.0])
    with pytest.raises(ConfigError, match="needs pairs"):
        paired([], [])
    with pytest.raises(ConfigError, match="no finite number"):
        paired([1.0, math.nan], [1.0, 2.0])


@given(st.lists(st.floats(-100, 100), min_size=2, max_size=8), st.floats(-10, 10))
def test_moving_all_of_b_moves_the_difference_and_turning_it_round_turns_it(
    values: list[float], by: float
) -> None:
    a = [Random(i).gauss(0, 1) for i in range(len(values))]
    found, moved = paired(a, values), paired(a, [value + by for value in values])
    assert moved.mean == pytest.approx(found.mean + by, abs=1e-9)
    assert moved.high - moved.low == pytest.approx(found.high - found.low, abs=1e-6)
    turned = paired(values, a)
    assert (turned.mean, turned.low, turned.high) == pytest.approx(
        (-found.mean, -found.high, -found.low), abs=1e-9
    )


def test_several_questions_are_held_to_a_stricter_measure() -> None:
    assert holm([0.01, 0.04, 0.03, 0.005]) == pytest.approx([0.03, 0.06, 0.06, 0.02])
    assert holm([0.9, 0.8]) == [1.0, 1.0]
    assert holm([]) == []
