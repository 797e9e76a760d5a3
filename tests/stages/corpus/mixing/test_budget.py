import math

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from etude.errors import ConfigError
from etude.stages.corpus.mixing import data_budget
from etude.stages.corpus.mixing.budget import (
    REPEATED_DATA,
    epochs_until,
    worth_of_next_token,
    worth_of_parameters,
    worth_of_tokens,
)


def test_the_law_gives_what_the_paper_says_of_it() -> None:
    # Muennighoff et al., 2023: up to 4 epochs are almost as good as new data; the worth of a
    # repetition has fallen to 1/e after R* = 15.4 of them; after 40 epochs hardly any is left.
    assert worth_of_tokens(1.0, 4.0) == pytest.approx(3.726, abs=0.001)
    assert worth_of_next_token(1.0, 1 + REPEATED_DATA) == pytest.approx(1 / math.e)
    assert worth_of_tokens(1.0, 1e9) == pytest.approx(1 + REPEATED_DATA)
    assert worth_of_next_token(1.0, 40.0) < 0.08
    assert worth_of_next_token(1.0, 4.0) > 0.8


@given(unique=st.floats(1, 1e12), epochs=st.floats(0, 200), more=st.floats(0.01, 50))
@settings(max_examples=80, deadline=None)
def test_reading_more_is_worth_more_but_never_more_than_fresh_text(
    unique: float, epochs: float, more: float
) -> None:
    one, other = (worth_of_tokens(unique, unique * times) for times in (epochs, epochs + more))
    assert one <= other * (1 + 1e-12)
    assert one <= unique * epochs * (1 + 1e-12)
    # Each further epoch adds less than the one before.
    steps = [worth_of_tokens(unique, unique * (epochs + k)) for k in range(3)]
    assert steps[2] - steps[1] <= (steps[1] - steps[0]) * (1 + 1e-9) + unique * 1e-9


def test_text_read_once_is_worth_what_it_is() -> None:
    assert worth_of_tokens(100, 70) == 70
    assert worth_of_tokens(100, 100) == 100
    assert worth_of_tokens(0, 100) == 0
    assert worth_of_next_token(100, 70) == 1


def test_half_worth_comes_after_eleven_repetitions() -> None:
    assert epochs_until(0.5) == pytest.approx(1 + REPEATED_DATA * math.log(2))
    assert worth_of_next_token(10, 10 * epochs_until(0.5)) == pytest.approx(0.5)
    assert epochs_until(1) == 1
    with pytest.raises(ConfigError, match="share"):
        epochs_until(0)


def test_parameters_beyond_what_the_data_trains_are_worth_less() -> None:
    assert worth_of_parameters(20e9, 1e9) == 1e9
    assert 1e9 < worth_of_parameters(20e9, 3e9) < 3e9
    assert worth_of_parameters(20e9, 1e15) == pytest.approx(1e9 * (1 + 5.309743))


def test_a_budget_names_when_each_domain_ends() -> None:
    made = data_budget(
        {"web": 8e9, "code": 2e9}, tokens=20e9, parameters=1e9, weights={"web": 0.5, "code": 0.5}
    )
    web, code = made.domains
    assert (web.epochs, code.epochs) == pytest.approx((1.25, 5))
    assert (web.lasts_tokens, code.lasts_tokens) == pytest.approx((16e9, 4e9))
    assert code.half_worth_tokens == pytest.approx(4e9 * epochs_until(0.5))
    assert code.worth_tokens == pytest.approx(worth_of_tokens(2e9, 10e9))
    assert made.worth_tokens == pytest.approx(web.worth_tokens + code.worth_tokens)
    assert made.epochs == pytest.approx(2)
    assert code.next_token_worth < web.next_token_worth < 1


def test_tokens_follow_from_parameters_and_caps_from_epochs() -> None:
    made = data_budget({"all": 10e9}, parameters=7e9)
    assert made.wanted_tokens == 140e9
    assert made.domains[0].epochs == pytest.approx(14)
    capped = data_budget({"all": 10e9}, parameters=7e9, max_epochs=4)
    assert capped.read_tokens == pytest.approx(40e9)
    with pytest.raises(ConfigError, match="name how many tokens"):
        data_budget({"all": 1.0})
