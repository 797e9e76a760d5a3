"""The audit measures what was planted, and nothing of what was not."""

import math
from collections.abc import Sequence
from pathlib import Path
from random import Random

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from etude.errors import ConfigError, RecordError
from etude.records import Candidate, Comparison, Message, Origin, Preference, Rating
from etude.stages.prefs.bias import (
    BiasReport,
    Slope,
    audit_bias,
    audit_choices,
    bias_lines,
    lift_of,
    measure_rulers,
)
from etude.stages.prefs.bias.features import FEATURES, NAMES, differences, measure
from etude.stages.prefs.choices import Choice, ChoiceSet, choices_of_ratings, read_choices
from etude.stages.prefs.simulate import (
    Design,
    SimulatedRater,
    length_lover,
    simulate,
    write_simulated,
)
from etude.store import Dataset, DatasetWriter

ORIGIN = Origin(source="made here", made_by="test")


def text(rng: Random) -> str:
    """An answer with some format, manners and length of its own."""
    lines = ["word " * rng.randint(5, 60)]
    lines += ["- point"] * rng.choice([0, 0, 2, 5])
    lines += ["**bold** claim"] * rng.choice([0, 0, 1, 3])
    lines += ["I cannot do that."] * rng.choice([0, 0, 0, 1])
    lines += ["Great question!"] * rng.choice([0, 0, 1])
    return "\n".join(lines)


def planted(slopes: dict[str, float], seed: int, n: int = 240) -> list[Choice]:
    """Choices made by these slopes alone, each prompt twice."""
    rng = Random(seed)
    choices = []
    for number in range(n):
        first, second = text(rng), text(rng)
        made = Choice(
            id=str(number),
            group=str(number // 2),
            prompt="?",
            chosen=first,
            rejected=second,
            first=1,
        )
        row = differences([made])[0]
        odds = sum(slope * row[NAMES.index(name)] for name, slope in slopes.items())
        if rng.random() >= 1 / (1 + math.exp(-odds)):
            made = turned(made)
        choices.append(made)
    return choices


def turned(choice: Choice) -> Choice:
    """The other answer chosen."""
    return Choice(
        id=choice.id,
        group=choice.group,
        prompt=choice.prompt,
        chosen=choice.rejected,
        rejected=choice.chosen,
        first=-choice.first,
    )


def audit(choices: Sequence[Choice]) -> BiasReport:
    return audit_choices(ChoiceSet(list(choices), 0, 0))


def slope(report: BiasReport, name: str) -> Slope:
    return next(one for one in report.slopes if one.feature == name)


def test_planted_biases_are_inside_their_joint_intervals_and_absent_ones_hold_zero() -> None:
    truth = {"length": 0.6, "first": 0.4, "lists": -0.3, "refusal": -1.0}
    inside = dict.fromkeys([*truth, "bold", "flattery"], 0)
    for seed in range(20):
        report = audit(planted(truth, seed))
        for name in inside:
            found = slope(report, name).joint
            assert found is not None
            inside[name] += found.low <= truth.get(name, 0.0) <= found.high
    assert all(count >= 17 for count in inside.values()), inside
    assert sum(inside.values()) >= 0.9 * 20 * len(inside), inside


def test_a_bias_alone_can_be_another_one_that_goes_along_with_it() -> None:
    rng = Random(0)
    choices = []
    for number in range(400):
        long = "word " * 30 + "\n- point" * 8
        pair = Choice(id=str(number), group=str(number), prompt="?", chosen=long, rejected="word")
        if number % 2:
            lists_only = Choice(
                id=str(number), group=str(number), prompt="?", chosen="word " * 40, rejected="word"
            )
            pair = lists_only
        odds = 0.4 * differences([pair])[0][NAMES.index("length")]
        choices.append(pair if rng.random() < 1 / (1 + math.exp(-odds)) else turned(pair))
    found = slope(audit(choices), "lists")
    assert found.alone is not None
    assert found.joint is not None
    assert found.alone.low > 0
    assert found.joint.low < 0 < found.joint.high


@given(st.integers(0, 1000))
@settings(max_examples=5, deadline=None)
def test_swapping_what_was_shown_first_turns_the_sign_of_position_and_nothing_else(
    seed: int,
) -> None:
    choices = planted({"first": 0.5}, seed, 60)
    swapped = [
        Choice(
            id=c.id,
            group=c.group,
            prompt=c.prompt,
            chosen=c.chosen,
            rejected=c.rejected,
            first=-c.first,
        )
        for c in choices
    ]
    before, after = audit(choices), audit(swapped)
    one, other = slope(before, "first").alone, slope(after, "first").alone
    assert one is not None
    assert other is not None
    assert one.value == pytest.approx(-other.value, abs=1e-6)
    assert one.low == pytest.approx(-other.high, abs=1e-6)
    alone, swapped_alone = slope(before, "length").alone, slope(after, "length").alone
    assert alone == swapped_alone


def test_the_order_of_choices_changes_nothing() -> None:
    choices = planted({"length": 0.5}, 3, 100)
    before, after = audit(choices), audit(choices[::-1])
    for name in ("length", "first"):
        one, other = slope(before, name).joint, slope(after, name).joint
        assert one is not None
        assert other is not None
        assert one.value == pytest.approx(other.value, abs=1e-6)
        assert one.high == pytest.approx(other.high, abs=1e-6)
    for ruler in before.rulers:
        twin = next(one for one in after.rulers if one.name == ruler.name)
        assert twin.accuracy.value == pytest.approx(ruler.accuracy.value)


@pytest.mark.parametrize(("habit", "feature"), [("first", "first"), ("agrees", "agrees_with_user")])
def test_the_habits_of_simulated_raters_are_inside_their_intervals(
    habit: str, feature: str
) -> None:
    rater = SimulatedRater(name="one", accuracy=0.5, habit=habit, strength=0.4)
    design = Design(n_comparisons=80, strengths={"a": 0.0, "b": 0.0})
    inside = 0
    for seed in range(20):
        made = simulate([rater], design, seed)
        choices = read(made.comparisons, made.ratings)
        found = slope(audit(choices), feature).alone
        assert found is not None
        inside += found.low <= math.log(0.7 / 0.3) <= found.high
    assert inside >= 18


def read(comparisons: Sequence[Comparison], ratings: Sequence[Rating]) -> list[Choice]:
    from_id = {comparison.id: comparison for comparison in comparisons}
    return choices_of_ratings(from_id, iter(ratings)).choices


def test_raters_who_love_length_are_seen_by_the_ruler_and_the_slope(tmp_path: Path) -> None:
    made = simulate([length_lover(strength=0.6)], Design(n_comparisons=200), 1)
    report = audit_bias(write_simulated(made, tmp_path / "d"))
    ruler = next(one for one in report.rulers if one.name == "always longer")
    assert ruler.accuracy.low > 0.7
    length = slope(report, "length")
    assert length.joint is not None
    assert length.joint.low > 0
    assert length.q < 0.001
    assert report.n_positions == report.n_choices


def test_rulers_are_right_as_often_as_counted_and_ties_are_a_coin() -> None:
    choices = [
        Choice(id="a", group="a", prompt="?", chosen="long long", rejected="short"),
        Choice(id="b", group="b", prompt="?", chosen="short", rejected="I cannot, it is long"),
        Choice(id="c", group="c", prompt="?", chosen="same", rejected="same"),
        Choice(id="d", group="d", prompt="?", chosen="longest of all", rejected="short"),
    ]
    rulers = {one.name: one for one in measure_rulers(choices)}
    assert "always first" not in rulers
    assert rulers["always longer"].accuracy.value == pytest.approx(2.5 / 4)
    assert rulers["always longer"].n_decided == 3
    assert rulers["fewest refusals"].accuracy.value == pytest.approx(2.5 / 4)
    assert rulers["fewest refusals"].n_decided == 1
    assert rulers["always shorter"].accuracy.value == pytest.approx(1.5 / 4)


def test_a_scorer_is_lifted_over_the_best_ruler_only_by_what_it_knows() -> None:
    rng = Random(2)
    choices = []
    for number in range(300):
        good, bad = "good " * rng.randint(1, 40), "bad " * rng.randint(1, 40)
        choices.append(
            Choice(id=str(number), group=str(number), prompt="?", chosen=good, rejected=bad)
        )
    knowing = lift_of(choices, lambda _, answer: float(answer.startswith("good")))
    assert knowing.accuracy.value == 1.0
    assert knowing.lift.low > 0.2
    blind = lift_of(choices, lambda _, answer: float(len(answer)))
    assert blind.lift.low <= 0 <= blind.lift.high + 0.1


def test_ties_and_refusals_to_judge_are_counted_and_repeats_and_rulings_left_out(
    tmp_path: Path,
) -> None:
    comparison = Comparison(
        id="c",
        origin=ORIGIN,
        prompt=(Message(role="user", content="?"),),
        candidates=tuple(
            Candidate(messages=(Message(role="assistant", content=one),))
            for one in ("a", "bb", "c")
        ),
    )
    ratings = [
        Rating(id="1", comparison_id="c", rater="r", order=(2, 0, 1), ranking=((0,), (1, 2))),
        Rating(id="2", comparison_id="c", rater="s", order=(0, 1, 2), verdict="both_bad"),
        Rating(
            id="3",
            comparison_id="c",
            rater="r",
            order=(0, 1),
            ranking=((1,), (0,)),
            purpose="repeat",
        ),
        Rating(
            id="4",
            comparison_id="c",
            rater="l",
            order=(0, 1),
            ranking=((1,), (0,)),
            purpose="adjudication",
        ),
    ]
    with DatasetWriter(tmp_path, record="comparison") as writer:
        writer.write("comparisons", [comparison])
        writer.write("ratings", ratings)
        writer.finish(recipe="{}")
    found = read_choices(Dataset.open(tmp_path))
    assert [(c.chosen, c.rejected, c.first) for c in found.choices] == [
        ("a", "bb", 1),
        ("a", "c", -1),
    ]
    assert (found.n_ties, found.n_without_verdict) == (1, 1)


@pytest.mark.parametrize(
    "rating",
    [
        Rating(id="1", comparison_id="x", rater="r", order=(0, 1), ranking=((0,), (1,))),
        Rating(id="1", comparison_id="c", rater="r", order=(0, 1), ranking=((0,), (7,))),
        Rating(id="1", comparison_id="c", rater="r", order=(0, 1), ranking=((0,), (0,))),
    ],
)
def test_a_rating_that_does_not_fit_is_named(rating: Rating, tmp_path: Path) -> None:
    comparison = Comparison(
        id="c", origin=ORIGIN, prompt=(), candidates=(Candidate(messages=()),) * 2
    )
    with DatasetWriter(tmp_path, record="comparison") as writer:
        writer.write("comparisons", [comparison])
        writer.write("ratings", [rating])
        writer.finish(recipe="{}")
    with pytest.raises(RecordError, match="rating 1"):
        audit_bias(Dataset.open(tmp_path))


def preference(number: int, **tags: str) -> Preference:
    return Preference(
        id=f"p{number}",
        origin=ORIGIN,
        prompt=(Message(role="user", content=f"{number}?"),),
        chosen=(Message(role="assistant", content="yes " * 9),),
        rejected=(Message(role="assistant", content="no"),),
        tags=tags,
    )


def test_preferences_are_read_with_their_weight_and_place(tmp_path: Path) -> None:
    rows = [preference(0, weight="0"), preference(1, weight="2", shown_first="rejected")]
    with DatasetWriter(tmp_path, record="preference") as writer:
        writer.write("preferences", rows)
        writer.finish(recipe="{}")
    found = read_choices(Dataset.open(tmp_path)).choices
    assert [(choice.weight, choice.first) for choice in found] == [(0.0, 0), (2.0, -1)]
    report = audit_bias(Dataset.open(tmp_path))
    assert report.n_choices == 1


def test_what_cannot_be_audited_is_refused_with_a_reason(tmp_path: Path) -> None:
    with DatasetWriter(tmp_path, record="preference") as writer:
        writer.write("preferences", [preference(0, weight="heavy")])
        writer.finish(recipe="{}")
    with pytest.raises(RecordError, match="p0: its weight 'heavy'"):
        audit_bias(Dataset.open(tmp_path))
    with pytest.raises(ConfigError, match="holds no comparisons with ratings"):
        audit_bias(Dataset.open(tmp_path), table="ratings")
    with pytest.raises(ConfigError, match="not one answer was chosen"):
        audit([])
    with pytest.raises(ConfigError, match="a confidence"):
        audit_bias(Dataset.open(tmp_path), confidence=1.0)


def test_one_single_choice_is_reported_and_no_slope_is_claimed() -> None:
    report = audit(planted({}, 0, 1))
    assert all(one.alone is None for one in report.slopes)
    assert "too few choices differ" in "\n".join(bias_lines(report))


def test_the_report_says_what_it_does_not_know() -> None:
    lines = "\n".join(bias_lines(audit(planted({"length": 1.0}, 5, 60))))
    assert "always longer" in lines
    assert "have probes rated" in lines


@pytest.mark.parametrize(
    ("answer", "name", "value"),
    [
        ("- a\n* b\n3. c", "lists", 2.0),
        ("**a** and __b__ and ** c", "bold", math.log2(3)),
        ("# Title\n#no", "headings", 1.0),
        ("```\nx\n```", "code", 1.0),
        ("I can\u2019t help", "refusal", 1.0),
        ("I canter", "refusal", 0.0),
        ("As an AI, I", "as_an_ai", 1.0),
        ("Great question! Brilliant.", "flattery", math.log2(3)),
        ("You're right.", "agreement", 1.0),
        ("the informations", "learner", 1.0),
        ("the colour of behaviour", "british", 1.0),
        ("the color", "british", -1.0),
        ("приве", "other_script", 1.0),
        ("\x00\ud800" + "(" * 50, "lists", 0.0),
    ],
)
def test_a_feature_is_what_it_says(answer: str, name: str, value: float) -> None:
    place = [feature.name for feature in FEATURES].index(name)
    assert measure(answer, "what?")[place] == pytest.approx(value)


@pytest.mark.parametrize(
    "hostile", ["*" * 1_000_000, "- " * 500_000, "#" * 1_000_000, "i " * 200_000]
)
def test_a_hostile_answer_of_a_megabyte_is_measured(hostile: str) -> None:
    assert np.isfinite(measure(hostile, hostile)).all()
