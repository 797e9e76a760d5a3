import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from etude.stages.corpus.tokens.shuffle import chance, mix, permuted

LAW = settings(max_examples=60, deadline=None)
seeds = st.integers(0, 1 << 40)


@LAW
@given(st.integers(1, 5000), seeds)
def test_an_order_is_a_permutation(n: int, seed: int) -> None:
    assert sorted(permuted(np.arange(n), n, seed).tolist()) == list(range(n))


@LAW
@given(st.integers(1, 5000), seeds, st.data())
def test_one_place_says_the_same_as_all(n: int, seed: int, data: st.DataObject) -> None:
    at = data.draw(st.integers(0, n - 1))
    assert permuted(np.asarray([at]), n, seed)[0] == permuted(np.arange(n), n, seed)[at]


def test_orders_of_different_seeds_differ_and_keep_little_in_place() -> None:
    a, b = (permuted(np.arange(10_000), 10_000, seed) for seed in (0, 1))
    assert np.count_nonzero(a == b) < 20
    assert np.count_nonzero(a == np.arange(10_000)) < 20
    assert abs(np.corrcoef(a, np.arange(10_000))[0, 1]) < 0.05


def test_an_order_needs_no_table_of_what_is_ordered() -> None:
    n = 3_000_000_019
    places = np.asarray([0, 1, n - 1])
    assert all(0 <= p < n for p in permuted(places, n, 5))


@pytest.mark.parametrize("seed", [0, 1, 123456789])
def test_chance_is_even_and_depends_on_the_number_alone(seed: int) -> None:
    values = chance(seed, 0, 20_000)
    assert values.min() >= 0.0
    assert values.max() < 1.0
    assert abs(values.mean() - 0.5) < 0.02
    assert np.array_equal(values[500:600], chance(seed, 500, 100))
    assert len(np.unique(mix(np.arange(20_000), seed))) == 20_000
