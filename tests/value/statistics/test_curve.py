import math
from collections.abc import Callable

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from etude.errors import ConfigError
from etude.value.statistics.curve import LearningCurve, draw_curves, fit_curve

AMOUNTS = [1e5, 2e5, 4e5, 8e5, 1.6e6, 3.2e6]


def law(n: float) -> float:
    return 1.2 + 40 * math.pow(n, -0.3)


def runs(sigma: float, seed: int, per_amount: int = 3) -> tuple[list[float], list[float]]:
    chance = np.random.Generator(np.random.PCG64(seed))
    amounts = [n for n in AMOUNTS for _ in range(per_amount)]
    return amounts, [law(n) + sigma * chance.normal() for n in amounts]


def test_a_law_without_noise_is_found_exactly() -> None:
    found = fit_curve(AMOUNTS, [law(n) for n in AMOUNTS])
    assert found.floor.value == pytest.approx(1.2, rel=1e-3)
    assert found.exponent.value == pytest.approx(0.3, rel=1e-3)
    assert found.next_gain.value == pytest.approx(law(3.2e6) - law(3.52e6), rel=1e-3)
    assert found.doubts == ()
    assert found.at(1e7) == pytest.approx(law(1e7), rel=1e-3)
    assert found.amount_for(law(5e6)) == pytest.approx(5e6, rel=1e-2)
    assert found.amount_for(1.0) == math.inf


@settings(max_examples=40, deadline=None)
@given(
    st.floats(0.05, 5),
    st.floats(0.1, 1.5),
    st.floats(0.05, 10),
    st.floats(1e-3, 1e9),
)
def test_any_law_is_found_from_exact_values_in_any_unit(
    floor: float, exponent: float, scale: float, unit: float
) -> None:
    x = np.geomspace(1, 64, 7)
    y = floor + scale * x**-exponent
    found = fit_curve((x * unit).tolist(), y.tolist())
    assert found.at(float(x[3] * unit)) == pytest.approx(float(y[3]), rel=1e-4)
    assert found.exponent.value == pytest.approx(exponent, rel=0.02)


def test_the_fit_is_the_least_square_of_a_plain_search() -> None:
    amounts, losses = runs(0.01, 4)
    found = fit_curve(amounts, losses)
    x, y = np.array(amounts), np.array(losses)
    best = math.inf
    for a in np.geomspace(0.05, 2, 400):
        for floor in np.linspace(0, y.min(), 400):
            power = x**-a
            scale = float(power @ (y - floor) / (power @ power))
            best = min(best, float(((floor + scale * power - y) ** 2).sum()))
    assert found.residual**2 * (len(y) - 3) <= best * (1 + 1e-9)
    assert found.residual**2 * (len(y) - 3) == pytest.approx(best, rel=5e-3)


def test_the_profile_interval_is_that_of_a_plain_search() -> None:
    amounts, losses = runs(0.01, 5)
    found = fit_curve(amounts, losses)
    x, y = np.array(amounts), np.array(losses)
    freedom = len(y) - 3
    limit = found.residual**2 * freedom * (1 + 2.1314**2 / freedom)  # t of 15 degrees
    inside = []
    for a in np.geomspace(0.05, 2, 500):
        columns = np.stack((np.ones(len(x)), x**-a), axis=1)
        rest = float(np.linalg.lstsq(columns, y, rcond=None)[1][0])
        if rest <= limit:
            inside.append(a)
    assert found.exponent.low == pytest.approx(min(inside), rel=0.02)
    assert found.exponent.high == pytest.approx(max(inside), rel=0.02)


def coverage(what: Callable[[LearningCurve], bool], trials: int, sigma: float) -> float:
    return sum(what(fit_curve(*runs(sigma, seed))) for seed in range(trials)) / trials


def gain_is_inside(found: LearningCurve) -> bool:
    return found.next_gain.low <= law(3.2e6) - law(3.52e6) <= found.next_gain.high


@pytest.mark.slow
@pytest.mark.parametrize("sigma", [0.003, 0.02])
def test_intervals_of_a_curve_hold_what_they_promise(sigma: float) -> None:
    assert 0.92 <= coverage(gain_is_inside, 500, sigma) <= 0.985
    assert 0.92 <= coverage(lambda c: c.floor.low <= 1.2 <= c.floor.high, 500, sigma) <= 0.985
    assert 0.92 <= coverage(lambda c: c.exponent.low <= 0.3 <= c.exponent.high, 500, sigma) <= 0.985


def test_the_interval_of_what_more_data_is_worth_holds_what_it_promises() -> None:
    assert coverage(gain_is_inside, 120, 0.01) >= 0.9


def test_data_that_do_not_determine_the_law_are_said_not_to() -> None:
    found = fit_curve(*runs(0.2, 1, per_amount=1))
    assert any("not determined" in doubt for doubt in found.doubts)
    chance = np.random.Generator(np.random.PCG64(3))
    flat = fit_curve(AMOUNTS, (2 + 0.01 * chance.normal(size=6)).tolist())
    assert any("what more data is worth" in doubt for doubt in flat.doubts)
    rising = fit_curve(AMOUNTS, [1.0, 1.1, 1.2, 1.3, 1.4, 1.5])
    assert rising.next_gain.value == pytest.approx(0, abs=1e-9)
    assert rising.doubts


def test_runs_that_count_more_pull_the_law_to_them() -> None:
    amounts, losses = runs(0.0, 0, per_amount=1)
    losses[0] += 0.5
    pulled = fit_curve(amounts, losses)
    trusted = fit_curve(amounts, losses, weights=[1e-9, 1, 1, 1, 1, 1])
    assert abs(trusted.exponent.value - 0.3) < 1e-3 < abs(pulled.exponent.value - 0.3)


def test_curves_drawn_anew_spread_about_as_far_as_the_interval() -> None:
    amounts, losses = runs(0.01, 8, per_amount=5)
    found = fit_curve(amounts, losses)
    gains = [curve.next_gain.value for curve in draw_curves(amounts, losses, draws=100, seed=1)]
    low, high = np.quantile(gains, (0.025, 0.975))
    assert 0.4 < (high - low) / (found.next_gain.high - found.next_gain.low) < 1.3


def test_what_makes_no_curve_is_refused() -> None:
    for amounts, losses, reason in (
        ([1.0, 2.0, 3.0], [3.0, 2.0, 1.0], "four amounts, not 3"),
        ([1.0, 2.0], [1.0], "for each amount"),
        ([1.0, 2.0, 3.0, 0.0], [1.0] * 4, "above 0"),
        ([1.0, 2.0, 3.0, 4.0], [1.0, 1.0, 1.0, math.inf], "finite"),
    ):
        with pytest.raises(ConfigError, match=reason):
            fit_curve(amounts, losses)
