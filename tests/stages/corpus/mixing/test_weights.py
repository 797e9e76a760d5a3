import itertools

import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from etude.errors import ConfigError
from etude.stages.corpus.mixing import natural, plan, tempered, unimax
from etude.stages.corpus.mixing.weights import fill

SIZES = st.dictionaries(st.sampled_from("abcdefgh"), st.floats(1, 1e12), min_size=1, max_size=8)


def test_natural_weights_are_shares_of_size() -> None:
    assert natural({"web": 60.0, "code": 30.0, "books": 10.0}) == pytest.approx(
        {"web": 0.6, "code": 0.3, "books": 0.1}
    )
    assert natural({"web": 5.0, "none": 0.0}) == {"web": 1.0, "none": 0.0}


def test_temperature_evens_out() -> None:
    sizes = {"big": 1e9, "small": 1e5}
    assert tempered(sizes, 2)["small"] == pytest.approx(0.01 / 1.01)
    small = [tempered(sizes, at)["small"] for at in (1, 1.5, 2, 5, 100)]
    assert small == sorted(small)
    assert small[-1] == pytest.approx(0.5, abs=0.03)


def test_unimax_is_even_where_no_domain_is_at_its_cap() -> None:
    # Chung et al., 2023: from the smallest on, a language gets an even part of what is left of
    # the budget, but no more than its cap.
    found = unimax({"en": 1000.0, "de": 100.0, "is": 10.0}, budget=300, max_epochs=4)
    assert found == pytest.approx({"is": 40 / 300, "de": 130 / 300, "en": 130 / 300})


def unimax_as_published(sizes: dict[str, float], budget: float, cap: float) -> dict[str, float]:
    taken, left = {}, budget
    for place, (name, size) in enumerate(sorted(sizes.items(), key=lambda item: item[1])):
        taken[name] = min(left / (len(sizes) - place), size * cap)
        left -= taken[name]
    return {name: part / sum(taken.values()) for name, part in taken.items()}


@given(sizes=SIZES, budget=st.floats(1, 1e13), cap=st.floats(0.5, 20))
@settings(max_examples=100, deadline=None)
def test_unimax_is_the_published_algorithm(
    sizes: dict[str, float], budget: float, cap: float
) -> None:
    assert unimax(sizes, budget, cap) == pytest.approx(
        unimax_as_published(sizes, budget, cap), rel=1e-6
    )


@given(sizes=SIZES, data=st.data(), budget=st.floats(1, 1e13), cap=st.floats(0.5, 20))
@settings(max_examples=150, deadline=None)
def test_a_plan_spends_the_budget_and_keeps_to_the_cap(
    sizes: dict[str, float], data: st.DataObject, budget: float, cap: float
) -> None:
    weights = {name: data.draw(st.floats(0, 1)) for name in sizes}
    assume(any(weight > 1e-6 for weight in weights.values()))
    weights = {name: weight if weight > 1e-6 else 0.0 for name, weight in weights.items()}
    made = plan(sizes, weights, budget, cap)
    room = sum(sizes[name] * cap for name, weight in weights.items() if weight)
    assert made.taken == pytest.approx(min(budget, room), rel=1e-9)
    assert made.shortfall == pytest.approx(max(budget - room, 0), abs=budget * 1e-9)
    assert sum(share.weight for share in made.shares) == pytest.approx(1)
    for share in made.shares:
        assert share.epochs <= cap * (1 + 1e-9)
        assert share.taken == pytest.approx(share.epochs * share.available)
        if not weights[share.domain]:
            assert share.taken == 0
    # Domains below their caps keep the proportions that were asked for.
    free = [s for s in made.shares if s.wanted_weight and s.epochs < cap * (1 - 1e-6)]
    for one, other in itertools.pairwise(free):
        assert one.taken * other.wanted_weight == pytest.approx(
            other.taken * one.wanted_weight, rel=1e-6
        )


@given(sizes=SIZES, low=st.floats(1, 1e12), more=st.floats(1, 10))
@settings(max_examples=60, deadline=None)
def test_a_larger_budget_takes_no_less_of_any_domain(
    sizes: dict[str, float], low: float, more: float
) -> None:
    small, large = (plan(sizes, natural(sizes), budget, 2.5) for budget in (low, low * more))
    for one, other in zip(small.shares, large.shares, strict=True):
        assert one.taken <= other.taken * (1 + 1e-9)


def test_without_a_budget_nothing_is_repeated_more_than_the_cap() -> None:
    sizes = {"a": 100.0, "b": 50.0}
    once = plan(sizes, {"a": 1, "b": 1})
    assert {share.domain: share.taken for share in once.shares} == {"a": 50, "b": 50}
    often = plan(sizes, {"a": 1, "b": 1}, max_epochs=4)
    assert {share.domain: share.epochs for share in often.shares} == {"a": 2, "b": 4}


def test_what_one_domain_lacks_goes_to_the_others_by_weight() -> None:
    made = plan({"a": 10.0, "b": 1000.0, "c": 1000.0}, {"a": 2, "b": 1, "c": 3}, 600, 4)
    assert [share.taken for share in made.shares] == pytest.approx([40, 140, 420])


def test_filling_to_the_brim_and_nothing_wanted() -> None:
    assert fill([1, 1], [2, 3], 100).tolist() == [2, 3]
    assert fill([1, 0], [5, 9], 3).tolist() == [3, 0]


@pytest.mark.parametrize(
    ("sizes", "weights", "message"),
    [
        ({"a": 1.0}, {"b": 1.0}, "no documents are in 'b'"),
        ({"a": -1.0}, {"a": 1.0}, "0 or more"),
        ({"a": float("nan")}, {"a": 1.0}, "must be numbers"),
        ({"a": 1.0}, {"a": 0.0}, "not all 0"),
        ({}, {}, "not all 0"),
        ({"a": 0.0, "b": 1.0}, {"a": 1.0}, "no domain that holds anything"),
    ],
)
def test_numbers_that_make_no_mixture_are_refused(
    sizes: dict[str, float], weights: dict[str, float], message: str
) -> None:
    with pytest.raises(ConfigError, match=message):
        plan(sizes, weights, 10)
