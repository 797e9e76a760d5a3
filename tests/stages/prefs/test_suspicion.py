"""Lazy and biased raters are found by name of their fault, and honest ones are left alone."""

from collections import Counter

import numpy as np
import pytest

from etude.errors import ConfigError
from etude.stages.prefs.agreement import Resampling
from etude.stages.prefs.habits import features, measure_habit, one_pair_a_rating
from etude.stages.prefs.measure import suspicions_of
from etude.stages.prefs.ratings import Ballots, read_ballots
from etude.stages.prefs.simulate import (
    Design,
    Simulated,
    SimulatedRater,
    first_lover,
    honest,
    length_lover,
    simulate,
    sycophant,
    usual_suspects,
)
from etude.stages.prefs.speed import measure_speeds
from etude.stages.prefs.suspicion import Suspicion, SuspicionSettings, chance_of_run
from etude.stages.prefs.truth import fit_truth

QUICK = Resampling(n_draws=100)
PLANTED = {
    "spammer": "random",
    "inverter": "inverts",
    "first-lover": "first",
    "sycophant": "agrees",
    "length-lover": "longer",
    "copier": "copies",
    "hasty": "too fast",
}


def ballots_of(made: Simulated) -> Ballots:
    return read_ballots(made.comparisons, made.ratings)


def suspicions(made: Simulated, settings: SuspicionSettings | None = None) -> tuple[Suspicion, ...]:
    by_id = {comparison.id: comparison for comparison in made.comparisons}
    return suspicions_of(ballots_of(made), by_id, settings or SuspicionSettings(), QUICK)


def flags(made: Simulated) -> set[tuple[str, str]]:
    return {(one.rater, one.kind) for one in suspicions(made) if one.flagged}


def test_each_planted_fault_is_found_under_its_name_and_no_honest_rater_is() -> None:
    made = simulate(usual_suspects(), Design(n_comparisons=900, overlap=8), seed=1)
    found = suspicions(made)
    flagged = {(one.rater, one.kind): one.sentence for one in found if one.flagged}
    assert set(PLANTED.items()) <= set(flagged)
    assert not [rater for rater, _ in flagged if rater.startswith("honest")]
    assert "where a coin is in half" in flagged["inverter", "inverts"]
    assert "honest-5" in flagged["copier", "copies"]
    assert all(one.low <= one.value <= one.high and one.q_value >= one.p_value for one in found)


@pytest.mark.slow
def test_over_twenty_seeds_faults_are_found_and_false_alarms_are_rare() -> None:
    found: Counter[str] = Counter()
    false: Counter[str] = Counter()
    for seed in range(20):
        made = simulate(usual_suspects(), Design(n_comparisons=700, overlap=8), seed)
        flagged = flags(made)
        found.update(rater for rater, kind in PLANTED.items() if (rater, kind) in flagged)
        false.update({rater for rater, _ in flagged if rater.startswith("honest")})
    assert all(found[rater] >= 15 for rater in PLANTED), found
    assert sum(false.values()) <= 0.02 * 20 * 8, false


@pytest.mark.slow
def test_over_twenty_seeds_a_crowd_of_honest_raters_is_left_alone() -> None:
    alarms = [
        len(flags(simulate(honest(10), Design(n_comparisons=300, difficulty=0.5), seed)))
        for seed in range(20)
    ]
    assert sum(alarms) <= 2, alarms


def habits_held(n_seeds: int, n_honest: int, design: Design) -> Counter[str]:
    """How often the interval of a planted habit of 0.4 holds it."""
    lovers = (first_lover(strength=0.4), sycophant(strength=0.4), length_lover(strength=0.4))
    held: Counter[str] = Counter()
    for seed in range(n_seeds):
        made = simulate((*honest(n_honest), *lovers), design, seed)
        ballots = ballots_of(made)
        votes, truth = ballots.votes, fit_truth(ballots)
        of_votes = features(votes, {comparison.id: comparison for comparison in made.comparisons})
        for lover in lovers:
            own = one_pair_a_rating(votes) & (votes.rater == votes.raters.index(lover.name))
            habit = measure_habit(
                votes.outcome[own], of_votes[lover.habit][own], truth.others_left[own]
            ).estimate
            assert habit is not None
            held[lover.habit] += habit.low <= lover.strength <= habit.high
    return held


def test_planted_habits_lie_in_their_intervals_in_nine_seeds_of_ten() -> None:
    held = habits_held(20, 6, Design(n_comparisons=250, overlap=7))
    assert all(n >= 18 for n in held.values()), held


@pytest.mark.slow
def test_planted_habits_lie_in_their_intervals_as_often_over_many_seeds_and_fewer_raters() -> None:
    held = habits_held(150, 5, Design(n_comparisons=200, overlap=6))
    assert all(n >= 135 for n in held.values()), held


def test_who_always_takes_the_first_stands_in_a_straight_line_and_is_unsteady() -> None:
    lazy = first_lover("lazy", 1.0)
    design = Design(n_comparisons=200, overlap=4, repeat_share=0.3)
    flagged = flags(simulate((*honest(4, 0.8, 0.9), lazy), design, seed=3))
    assert {(lazy.name, "first"), (lazy.name, "straight line"), (lazy.name, "unsteady")} <= flagged
    assert {rater for rater, _ in flagged} == {"lazy"}


def test_who_ties_everything_stands_in_a_straight_line() -> None:
    lazy = SimulatedRater(name="lazy", tie_share=1.0)
    made = simulate((*honest(4), lazy), Design(n_comparisons=150), seed=3)
    assert ("lazy", "straight line") in flags(made)


def test_nobody_is_flagged_where_nothing_may_be_or_too_little_is_known() -> None:
    made = simulate(usual_suspects(), Design(n_comparisons=60, overlap=6), seed=1)
    assert not any(one.flagged for one in suspicions(made, SuspicionSettings(false_share=0.0)))
    assert suspicions(made, SuspicionSettings(min_votes=1000)) == ()
    with pytest.raises(ConfigError, match="shares lie"):
        SuspicionSettings(false_share=2)
    with pytest.raises(ConfigError, match="fast_share"):
        SuspicionSettings(fast_share=0)


def test_runs_have_their_exact_chance() -> None:
    rng = np.random.default_rng(0)
    tosses = rng.random((40_000, 12)) < 0.6
    runs = np.zeros(len(tosses), dtype=int)
    longest = runs.copy()
    for column in tosses.T:
        runs = np.where(column, runs + 1, 0)
        longest = np.maximum(longest, runs)
    for length in (1, 3, 6, 12):
        simulated = float((longest >= length).mean())
        assert chance_of_run(length, 12, 0.6) == pytest.approx(simulated, abs=0.01)
    assert chance_of_run(13, 12, 0.6) == 0.0
    assert 0 < chance_of_run(200, 300, 0.5) < 1e-50


def test_speed_is_told_apart_from_what_is_rated() -> None:
    raters = (*honest(5), SimulatedRater(name="quick", seconds=10.0))
    votes = ballots_of(simulate(raters, Design(n_comparisons=120), seed=5)).votes
    speeds = measure_speeds(votes)
    quick = votes.raters.index("quick")
    assert speeds.pace.argmin() == quick
    assert np.exp(speeds.pace[quick]) == pytest.approx(10 / 38, abs=0.1)
    assert speeds.pace_z[quick] < -3
    silent = votes.take(np.isnan(votes.seconds))
    assert len(measure_speeds(silent).ratio) == 0
