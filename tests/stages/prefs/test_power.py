"""How many more: closed forms agree with simulation."""

import math

import numpy as np
import pytest

from etude.stages.prefs.agreement import Resampling, krippendorff_alpha
from etude.stages.prefs.power import (
    contests_for_difference,
    further_ratings,
    items_for_half_width,
    majority_accuracy,
    raters_for_certainty,
    simulate_alpha_half_width,
    simulate_further,
    trials_for_share,
)


def test_a_majority_is_as_good_as_the_jury_theorem_says() -> None:
    assert majority_accuracy(3, 0.8) == pytest.approx(0.896)
    assert majority_accuracy(2, 0.8) == pytest.approx(0.8)
    assert raters_for_certainty(0.8, 0.95) == 7
    assert raters_for_certainty(0.5, 0.9) is None


def test_items_shares_and_contests_have_the_numbers_of_the_books() -> None:
    assert items_for_half_width(0.06, 100, 0.03) == 400
    assert trials_for_share(0.5, 0.05) == pytest.approx(381, abs=2)
    assert contests_for_difference(0.6) == pytest.approx(194, abs=2)
    with pytest.raises(ValueError, match="half-width"):
        items_for_half_width(0, 1, 1)
    with pytest.raises(ValueError, match="half-width"):
        trials_for_share(0.5, 0.7)
    with pytest.raises(ValueError, match="equally good"):
        contests_for_difference(0.5)


def test_the_closed_form_of_further_ratings_is_near_the_simulation() -> None:
    left = np.full(4000, 0.5)
    for accuracy, certainty in ((0.6, 0.99), (0.65, 0.99)):
        closed = float(further_ratings(left, accuracy, certainty).mean())
        simulated = simulate_further(left, np.array([accuracy]), certainty, most=400)
        # Wald leaves the overshoot out, so the simulation takes a little more.
        assert closed < simulated.ratings[-1] < closed * 1.15
        assert simulated.certain[-1] > 0.99


def test_what_is_certain_needs_no_more_and_a_coin_never_helps() -> None:
    assert further_ratings(np.array([0.99, 0.01]), 0.8, 0.95).tolist() == [0.0, 0.0]
    assert math.isinf(further_ratings(np.array([0.6]), 0.5, 0.95)[0])
    assert further_ratings(np.array([0.6]), 1.0, 0.95).tolist() == [1.0]
    rising = simulate_further(np.full(200, 0.6), np.array([0.9, 0.7]), 0.9)
    assert list(rising.certain) == sorted(rising.certain)


def test_four_times_the_items_halve_the_interval_of_alpha() -> None:
    rng = np.random.default_rng(3)
    truth = rng.integers(0, 2, 150)
    table = np.array([np.where(rng.random(150) < 0.8, truth, 1 - truth) for _ in range(4)], float)
    now = krippendorff_alpha(table, resampling=Resampling(n_draws=600))
    assert now is not None
    wanted = now.half_width / 2
    n_items = items_for_half_width(now.half_width, 150, wanted)
    assert n_items == pytest.approx(600, abs=1)
    assert simulate_alpha_half_width(table, n_items) == pytest.approx(wanted, rel=0.15)
