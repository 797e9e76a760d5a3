"""Agreement equals what the reference packages compute, and obeys its laws."""

import json
import math
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from etude.stages.prefs.agreement import (
    Level,
    Resampling,
    Weights,
    alpha_without_each,
    cohen_kappa,
    fleiss_kappa,
    gwet_ac1,
    krippendorff_alpha,
    percent_agreement,
)
from etude.stages.prefs.intervals import Estimate, normal_quantile

REFERENCE = json.loads(Path(__file__).with_name("agreement_reference.json").read_text())
LEVELS: tuple[Level, ...] = ("nominal", "ordinal", "interval")
KAPPAS: tuple[Weights, ...] = ("identity", "linear", "quadratic")
QUICK = Resampling(n_draws=50)


def reference_table(name: str) -> NDArray[np.float64]:
    return np.array(REFERENCE["tables"][name], dtype=np.float64)


def sure(found: Estimate | None) -> Estimate:
    assert found is not None
    return found


def raters(accuracies: list[float], n_items: int, seed: int) -> NDArray[np.float64]:
    rng = np.random.default_rng(seed)
    truth = rng.integers(0, 2, n_items)
    return np.array(
        [np.where(rng.random(n_items) < a, truth, 1 - truth) for a in accuracies], float
    )


@pytest.mark.parametrize("name", ["example", "made"])
@pytest.mark.parametrize("level", LEVELS)
def test_alpha_equals_krippendorffs_package(name: str, level: Level) -> None:
    found = sure(krippendorff_alpha(reference_table(name), level, resampling=QUICK))
    assert found.value == pytest.approx(REFERENCE["alpha"][name][level], abs=1e-9)


@pytest.mark.parametrize("name", ["example", "made"])
def test_fleiss_and_ac1_and_their_errors_equal_irrcac(name: str) -> None:
    # irrCAC prints its interval from t; its error is compared, which is not rounded.
    for function, key in ((fleiss_kappa, "fleiss"), (gwet_ac1, "ac1")):
        found, wanted = sure(function(reference_table(name))), REFERENCE[key][name]
        assert found.value == pytest.approx(wanted["value"], abs=1e-9)
        assert found.low == pytest.approx(wanted["interval"][0], abs=1e-8)
        assert found.high == pytest.approx(min(1, wanted["interval"][1]), abs=1e-8)


@pytest.mark.parametrize("weights", KAPPAS)
def test_cohens_kappa_and_its_error_equal_statsmodels(weights: Weights) -> None:
    table = reference_table("made")
    found, wanted = sure(cohen_kappa(table[0], table[1], weights)), REFERENCE["cohen"][weights]
    assert found.value == pytest.approx(wanted["value"], abs=1e-9)
    assert found.high - found.value == pytest.approx(
        normal_quantile(0.95) * wanted["error"], abs=1e-9
    )


def test_raters_who_agree_in_all_have_one_and_undefined_is_none() -> None:
    same = np.array([[0.0, 1, 0, 1], [0, 1, 0, 1]])
    for found in (krippendorff_alpha(same), fleiss_kappa(same), gwet_ac1(same)):
        assert sure(found).value == 1.0
    assert sure(cohen_kappa(same[0], same[1])).value == 1.0
    constant = np.ones((3, 5))
    assert krippendorff_alpha(constant) is None
    assert fleiss_kappa(constant) is None
    assert cohen_kappa(constant[0], constant[1]) is None
    assert sure(percent_agreement(constant)).value == 1.0
    for empty in (np.full((2, 3), np.nan), np.zeros((0, 0)), np.array([[1.0, np.nan]])):
        assert krippendorff_alpha(empty) is None
        assert fleiss_kappa(empty) is None
        assert gwet_ac1(empty) is None
        assert percent_agreement(empty) is None


@settings(max_examples=30, deadline=None)
@given(st.integers(0, 10**6))
def test_order_of_raters_and_items_changes_nothing(seed: int) -> None:
    rng = np.random.default_rng(seed)
    table = rng.integers(0, 3, (4, 12)).astype(float)
    table[rng.random(table.shape) < 0.3] = np.nan
    shuffled = table[rng.permutation(4)][:, rng.permutation(12)]
    for level in LEVELS:
        one, other = (krippendorff_alpha(t, level, resampling=QUICK) for t in (table, shuffled))
        assert (one is None) == (other is None)
        if one and other:
            assert one.value == pytest.approx(other.value)
            assert one.value <= 1 + 1e-12


def test_alpha_rises_without_the_random_clicker_and_falls_without_a_good_rater() -> None:
    table = raters([0.95, 0.9, 0.9, 0.9, 0.5], 300, seed=1)
    left_out = alpha_without_each(table, resampling=Resampling(n_draws=200))
    rises = [one.rise for one in left_out]
    assert sure(rises[4]).low > 0.1
    assert all(sure(rise).high < 0.02 for rise in rises[:4])


def test_the_interval_of_alpha_holds_the_truth_about_as_often_as_it_says() -> None:
    # Two classes of even share: alpha tends to the mean of (2a-1)(2b-1) over pairs of raters.
    accuracies = [0.9, 0.8, 0.8, 0.7]
    gains = [2 * a - 1 for a in accuracies]
    pairs = [a * b for i, a in enumerate(gains) for b in gains[:i]]
    truth = sum(pairs) / len(pairs)
    held = 0
    for seed in range(100):
        found = sure(
            krippendorff_alpha(raters(accuracies, 120, seed), resampling=Resampling(n_draws=200))
        )
        held += found.low <= truth <= found.high
    assert held >= 88


def test_items_drawn_together_widen_the_interval() -> None:
    table = np.repeat(raters([0.9, 0.8, 0.7], 80, seed=3), 3, axis=1)
    groups = np.repeat(np.arange(80), 3)
    apart = sure(krippendorff_alpha(table))
    together = sure(krippendorff_alpha(table, groups=groups))
    assert together.value == pytest.approx(apart.value)
    assert together.half_width > 1.4 * apart.half_width
    assert math.isclose(apart.n, 240)
