"""Strengths of sources equal the reference, and say what ties and position do."""

import json
import math
import random
from pathlib import Path

import numpy as np
import pytest

from etude.stages.prefs.bradley_terry import (
    contests_of,
    fit_bradley_terry,
    named_contests,
    win_chance,
)
from etude.stages.prefs.ratings import read_ballots
from etude.stages.prefs.simulate import FOUR_SOURCES, Design, first_lover, honest, simulate

REFERENCE = json.loads(Path(__file__).with_name("bradley_terry_reference.json").read_text())
SIDES = {"l": "left", "r": "right"}


def reference_rows() -> list[tuple[str, str, str]]:
    return [(row[0], row[1], SIDES[row[2]]) for row in REFERENCE["rows"]]


def test_strengths_equal_evalica() -> None:
    ladder = fit_bradley_terry(named_contests("abcde", reference_rows()), ridge=0.0)
    wanted = REFERENCE["log_strength"]
    middle = sum(wanted.values()) / len(wanted)
    assert ladder.settled
    for one in ladder.strengths:
        assert one.log_strength.value == pytest.approx(wanted[one.source] - middle, abs=1e-7)
    assert win_chance(ladder, "a", "e") == pytest.approx(
        1 / (1 + math.exp(wanted["e"] - wanted["a"])), abs=1e-7
    )


def test_order_of_contests_names_of_sides_and_raters_change_nothing() -> None:
    rows = reference_rows()
    turned = [
        (b, a, {"left": "right", "right": "left"}[what]) if k % 2 else (a, b, what)
        for k, (a, b, what) in enumerate(random.Random(0).sample(rows, len(rows)))
    ]
    one, other = (fit_bradley_terry(named_contests("abcde", given)) for given in (rows, turned))
    for left, right in zip(one.strengths, other.strengths, strict=True):
        assert left.source == right.source
        assert left.log_strength.value == pytest.approx(right.log_strength.value, abs=1e-9)

    made = simulate(honest(5), Design(n_comparisons=60), seed=4)
    ladders = [
        fit_bradley_terry(contests_of(read_ballots(made.comparisons, ratings).votes))
        for ratings in (made.ratings, made.ratings[::-1])
    ]
    for left, right in zip(*(ladder.strengths for ladder in ladders), strict=True):
        assert left.log_strength.low == pytest.approx(right.log_strength.low, abs=1e-9)


def test_davidsons_tie_parameter_has_its_closed_form_between_two_equals() -> None:
    rows = [("a", "b", "left")] * 30 + [("a", "b", "right")] * 30 + [("a", "b", "tie")] * 40
    ladder = fit_bradley_terry(named_contests("ab", rows), ridge=0.0)
    assert ladder.tie is not None
    assert ladder.tie.value == pytest.approx(2 * 40 / 60, abs=1e-8)
    assert ladder.strengths[0].log_strength.value == pytest.approx(0.0, abs=1e-8)
    # The delta method gives 1 / (n p (1 - p)) for the log-odds of a tie.
    reach = 1.959963984540054 / math.sqrt(100 * 0.4 * 0.6)
    assert math.log(ladder.tie.high / ladder.tie.value) == pytest.approx(reach, rel=0.02)


def test_the_advantage_of_the_first_is_found_and_does_not_count_for_sources() -> None:
    made = simulate([first_lover(f"f{k}", 0.5) for k in range(3)], Design(n_comparisons=600), 1)
    ladder = fit_bradley_terry(contests_of(read_ballots(made.comparisons, made.ratings).votes))
    assert ladder.first_advantage is not None
    # Half of choices go to the first, the others evenly: three to one.
    assert ladder.first_advantage.value == pytest.approx(math.log(3), abs=0.25)
    assert ladder.strengths[-1].source == min(FOUR_SOURCES, key=lambda name: FOUR_SOURCES[name])


def test_sources_that_never_met_are_not_compared() -> None:
    rows = [("a", "b", "left"), ("a", "b", "right"), ("c", "d", "left")]
    ladder = fit_bradley_terry(named_contests("abcd", rows))
    assert {one.source: one.group for one in ladder.strengths} == {"a": 0, "b": 0, "c": 1, "d": 1}
    always = [one.log_strength for one in ladder.strengths if one.source == "c"]
    assert math.isfinite(always[0].value)


def test_a_rater_of_weight_nothing_is_not_there() -> None:
    made = simulate(honest(3), Design(n_comparisons=50, overlap=3), seed=2)
    votes = read_ballots(made.comparisons, made.ratings).votes
    weights = np.array([1.0, 1.0, 0.0])
    one = fit_bradley_terry(contests_of(votes, weights))
    other = fit_bradley_terry(contests_of(votes.take(votes.rater < 2)))
    assert one == other


@pytest.mark.parametrize("overlap", [1, 4])
def test_intervals_of_strengths_hold_the_truth_about_as_often_as_they_say(overlap: int) -> None:
    held = tried = 0
    for seed in range(40):
        design = Design(n_comparisons=150, overlap=overlap, gold_share=0, repeat_share=0)
        made = simulate(honest(4, 1.0, 1.0), design, seed)
        ladder = fit_bradley_terry(contests_of(read_ballots(made.comparisons, made.ratings).votes))
        for one in ladder.strengths:
            held += one.log_strength.low <= FOUR_SOURCES[one.source] <= one.log_strength.high
            tried += 1
    assert held / tried > 0.88
