"""Confident learning agrees with cleanlab's and keeps its laws."""

import json
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from etude.stages.prefs.label_errors import (
    area_under_curve,
    confident_joint,
    find_suspects,
    likely_labels,
)

REFERENCE = json.loads(Path(__file__).with_name("cleanlab_reference.json").read_text("utf-8"))
CASES = range(len(REFERENCE["cases"]))


def made(seed: int, n: int = 120, k: int = 3) -> tuple[NDArray[np.int64], NDArray[np.float64]]:
    """Labels of which a seventh is wrong, and chances that know some of it."""
    rng = np.random.default_rng(seed)
    true = rng.integers(0, k, n)
    labels = np.where(rng.random(n) < 0.15, (true + rng.integers(1, k, n)) % k, true)
    scores = rng.normal(size=(n, k))
    scores[np.arange(n), true] += 1.5
    chances = np.exp(scores)
    return labels, np.round(chances / chances.sum(1, keepdims=True), 6)


@pytest.mark.parametrize("number", CASES)
def test_likely_labels_are_counted_as_cleanlab_counts_them(number: int) -> None:
    case = REFERENCE["cases"][number]
    labels, chances = made(case["seed"])
    likely = likely_labels(labels, chances)
    counts = np.zeros((3, 3), dtype=np.int64)
    np.add.at(counts, (labels[likely >= 0], likely[likely >= 0]), 1)
    assert counts.tolist() == case["counts"]


@pytest.mark.parametrize("number", CASES)
def test_the_joint_is_that_of_cleanlab_but_for_its_rounding_to_whole_items(number: int) -> None:
    case = REFERENCE["cases"][number]
    joint = confident_joint(*made(case["seed"]))
    assert joint == pytest.approx(np.array(case["joint"]), abs=1 / 120)
    assert joint.sum() == pytest.approx(1.0)


@pytest.mark.parametrize("number", CASES)
def test_the_suspects_and_their_order_are_those_of_cleanlab(number: int) -> None:
    case = REFERENCE["cases"][number]
    labels, chances = made(case["seed"])
    places = np.flatnonzero(find_suspects(labels, chances))
    own = chances[np.arange(len(labels)), labels]
    assert sorted(places.tolist(), key=lambda place: own[place]) == case["suspects"]


@given(st.integers(0, 1000))
@settings(max_examples=20, deadline=None)
def test_renaming_the_classes_renames_the_result(seed: int) -> None:
    labels, chances = made(seed, n=60)
    new_name = np.random.default_rng(seed).permutation(3)
    turned = np.zeros_like(chances)
    turned[:, new_name] = chances
    joint, renamed = confident_joint(labels, chances), confident_joint(new_name[labels], turned)
    assert renamed[np.ix_(new_name, new_name)] == pytest.approx(joint)
    assert (find_suspects(labels, chances) == find_suspects(new_name[labels], turned)).all()


def test_a_class_without_items_is_nobodys_likely_label() -> None:
    labels = np.array([0, 0, 1, 1])
    chances = np.array([[0.1, 0.1, 0.8], [0.8, 0.1, 0.1], [0.1, 0.8, 0.1], [0.2, 0.7, 0.1]])
    assert 2 not in likely_labels(labels, chances)
    assert np.isfinite(confident_joint(labels, chances)).all()


def test_the_area_is_the_share_of_pairs_that_are_in_order() -> None:
    scores = np.array([3.0, 1.0, 2.0, 2.0])
    positive = np.array([True, False, True, False])
    assert area_under_curve(scores, positive) == pytest.approx((2 + 1.5) / 4)
    assert np.isnan(area_under_curve(scores, np.zeros(4, dtype=np.bool_)))
