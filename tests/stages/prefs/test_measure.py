"""One report says all that is known of a data set of ratings."""

from pathlib import Path

import msgspec
import pytest
from hypothesis import Phase, given, settings
from hypothesis import strategies as st

from etude.errors import ConfigError
from etude.records import Rating
from etude.stages.prefs.agreement import Resampling
from etude.stages.prefs.measure import MeasureSettings, PrefsReport, measure, measure_ratings
from etude.stages.prefs.simulate import (
    Design,
    honest,
    simulate,
    usual_suspects,
    write_simulated,
)
from etude.stages.prefs.suspicion import SuspicionSettings

QUICK = MeasureSettings(resampling=Resampling(n_draws=60))


def test_a_report_holds_everything_and_goes_through_json(tmp_path: Path) -> None:
    made = simulate(usual_suspects(), Design(n_comparisons=200, overlap=7), seed=1)
    report = measure(write_simulated(made, tmp_path / "ratings"), QUICK)
    assert msgspec.json.decode(msgspec.json.encode(report), type=PrefsReport) == report
    assert report.n_ratings == len(made.ratings)
    assert report.n_votes + report.n_repeats == report.n_ratings
    assert report.n_rated == report.n_comparisons == 200
    assert report.agreement.alpha is not None
    assert report.agreement.alpha.low > 0
    assert set(report.agreement.without) == {rater.name for rater in made.raters}
    by_name = {one.rater: one for one in report.raters}
    for rater in made.raters:
        # Whoever is copied looks better than they are, since someone always agrees.
        if rater.name.startswith("honest") and rater.name != "honest-5":
            accuracy = by_name[rater.name].accuracy
            assert accuracy is not None
            assert accuracy.low - 0.06 <= rater.accuracy <= accuracy.high + 0.06
    assert report.sources is not None
    assert report.sources.strengths[-1].source == "dogwood"
    assert report.power.further_ratings is not None
    assert report.power.n_uncertain < report.power.n_pairs
    assert report.power.comparisons_needed is not None
    assert measure_ratings(made.comparisons, made.ratings, QUICK) == report


def test_gold_and_confusions_tell_what_a_rater_is_like() -> None:
    design = Design(n_comparisons=150, overlap=5, gold_share=0.5)
    made = simulate(honest(4, 0.9, 0.95), design, seed=2)
    for one in measure_ratings(made.comparisons, made.ratings, QUICK).raters:
        assert one.gold is not None
        assert one.gold.low < 0.92 < one.gold.high + 0.05
        assert [max(row) for row in one.confusion] == [one.confusion[0][0], one.confusion[1][1]]
        assert one.competence > 0.7
        assert one.median_s is not None


def test_scores_by_criterion_have_an_alpha_of_their_own() -> None:
    made = simulate(honest(3, 0.9, 0.9), Design(n_comparisons=40, overlap=3), seed=2)
    scored = []
    for rating in made.ratings:
        best = rating.ranking[0][0]
        scores = {
            "correct": tuple(5 if place == best else 2 for place in range(2)),
            "style": (3, 3),
        }
        scored.append(msgspec.structs.replace(rating, scores=scores))
    criteria = measure_ratings(made.comparisons, scored, QUICK).agreement.criteria
    assert criteria["correct"] is not None
    assert criteria["correct"].value > 0.3
    assert criteria["style"] is None


def test_one_rater_alone_has_no_agreement_and_no_fault() -> None:
    made = simulate(honest(1, 0.9, 0.9), Design(n_comparisons=50), seed=2)
    report = measure_ratings(made.comparisons, made.ratings, QUICK)
    assert report.agreement.alpha is None
    assert report.agreement.cohen_kappas == ()
    assert not any(one.flagged for one in report.suspicions)
    assert report.power.alpha_half_width is None


def test_ratings_of_nothing_are_refused_with_their_reason() -> None:
    made = simulate(honest(1), Design(n_comparisons=3), seed=2)
    with pytest.raises(ConfigError, match=r"none of 1 ratings .* 1 rates a comparison that is not"):
        measure_ratings(made.comparisons, [Rating(id="r", comparison_id="?", rater="a", order=())])
    with pytest.raises(ConfigError, match="none of 0 ratings"):
        measure_ratings([], [])


PLACES = st.integers(-1, 3)
RATINGS = st.builds(
    Rating,
    id=st.uuids().map(str),
    comparison_id=st.sampled_from(["c0", "c1", "c2", "gold", "three", "\x00?"]),
    rater=st.sampled_from(["a", "b", "c", "", "\u202ez"]),
    order=st.one_of(st.just((0, 1)), st.just((1, 0)), st.lists(PLACES, max_size=3).map(tuple)),
    verdict=st.sampled_from(["ranked", "ranked", "ranked", "both_bad", "cannot_judge"]),
    ranking=st.one_of(
        st.sampled_from([((0,), (1,)), ((1,), (0,)), ((0, 1),), ((2,), (0, 1)), ()]),
        st.lists(st.lists(PLACES, max_size=3).map(tuple), max_size=3).map(tuple),
    ),
    strength=st.integers(-5, 5),
    scores=st.dictionaries(
        st.sampled_from(["good", ""]), st.lists(st.integers(), max_size=3).map(tuple), max_size=2
    ),
    purpose=st.sampled_from(["work", "work", "gold", "repeat", "adjudication"]),
    created=st.sampled_from(["", "2026-01-01", "x"]),
    duration_s=st.floats(),
)


# Shrinking such lists takes minutes, and a list that fails says enough.
@settings(max_examples=80, deadline=None, phases=[Phase.reuse, Phase.generate])
@given(st.lists(RATINGS, max_size=25), st.integers(0, 10))
def test_whatever_ratings_say_there_is_a_report_or_a_reason(
    ratings: list[Rating], seed: int
) -> None:
    pairs = simulate(honest(1), Design(n_comparisons=4, gold_share=0), seed).comparisons
    three = simulate(honest(1), Design(n_comparisons=1, n_candidates=3), seed).comparisons[0]
    named = [
        msgspec.structs.replace(one, id=name, gold=1 if name == "gold" else None)
        for one, name in zip((*pairs, three), ("c0", "c1", "c2", "gold", "three"), strict=True)
    ]
    eager = MeasureSettings(
        resampling=Resampling(n_draws=10),
        suspicion=SuspicionSettings(min_votes=1),
        min_common=1,
    )
    try:
        report = measure_ratings(named, ratings, eager)
    except ConfigError:
        return
    assert msgspec.json.decode(msgspec.json.encode(report), type=PrefsReport) == report
