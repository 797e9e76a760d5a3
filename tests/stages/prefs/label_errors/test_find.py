"""Planted errors are found better than by lot, and weak features are called weak."""

from collections.abc import Sequence
from pathlib import Path
from random import Random

import msgspec
import numpy as np
import pytest

from etude.errors import ConfigError
from etude.records import Origin, Problem
from etude.stages.prefs.choices import Choice
from etude.stages.prefs.label_errors import (
    ErrorRecipe,
    Labelled,
    error_lines,
    find_label_errors,
    of_choices,
    of_labelled,
    read_labelled,
    worth_of_fixes,
)
from etude.stages.prefs.label_errors.hashed import hash_differences, hash_texts
from etude.stages.prefs.label_errors.softmax import chances, fit_softmax
from etude.store import Dataset, DatasetWriter

NOISE = [f"word{n}" for n in range(60)]
TELLING = {"sea": ["wave", "ship", "salt", "tide"], "farm": ["cow", "barn", "hay", "plough"]}


def labelled(n: int, seed: int, *, n_wrong: int = 0, telling: bool = True) -> list[Labelled]:
    """Texts of two topics; the first `n_wrong` have the other label."""
    rng = Random(seed)
    items = []
    for number in range(n):
        topic = rng.choice(sorted(TELLING))
        words = rng.choices(NOISE, k=8) + (rng.choices(TELLING[topic], k=2) if telling else [])
        other = next(name for name in TELLING if name != topic)
        label = other if number < n_wrong else topic
        items.append(Labelled(id=str(number), text=" ".join(words), label=label))
    return items


def choices(n: int, seed: int, n_wrong: int = 0) -> list[Choice]:
    """Choices for the answer that says `because`, save the first `n_wrong`."""
    rng = Random(seed)
    made = []
    for number in range(n):
        good = " ".join([*rng.choices(NOISE, k=8), "because", "therefore"])
        bad = " ".join([*rng.choices(NOISE, k=9), "whatever"])
        chosen, rejected = (bad, good) if number < n_wrong else (good, bad)
        made.append(
            Choice(id=str(number), group=str(number), prompt="?", chosen=chosen, rejected=rejected)
        )
    return made


def test_wrong_labels_of_texts_top_the_list() -> None:
    report = find_label_errors(of_labelled(labelled(300, 0, n_wrong=30)))
    found = [int(suspect.id) for suspect in report.suspects]
    assert sum(number < 30 for number in found[:30]) >= 18
    assert 15 <= report.n_errors <= 60
    assert report.strength in ("fair", "strong")
    assert report.suspects[0].likely != report.suspects[0].label


def test_wrong_choices_top_the_list_and_turning_one_round_is_the_fix() -> None:
    report = find_label_errors(of_choices(choices(200, 1, n_wrong=20)))
    found = [int(suspect.id) for suspect in report.suspects]
    assert sum(number < 20 for number in found[:20]) >= 14
    assert (report.suspects[0].label, report.suspects[0].likely) == ("chosen", "rejected")
    assert report.planted.area.low > 0.8


def test_features_that_tell_nothing_are_called_so() -> None:
    report = find_label_errors(of_labelled(labelled(200, 2, telling=False)))
    assert report.strength == "none"
    assert report.planted.area.low < 0.5 < report.planted.area.high
    assert "THE FEATURES TELL NOTHING" in error_lines(report)[0]


def test_fixing_what_is_truly_wrong_is_worth_something() -> None:
    items = labelled(400, 3, n_wrong=0)
    rng = Random(9)
    wrong = rng.sample(range(400), 140)
    flipped = [
        msgspec.structs.replace(item, label=other(item.label)) if int(item.id) in wrong else item
        for item in items
    ]
    fixes = {item.id: item.label for item in items if int(item.id) in wrong}
    worth = worth_of_fixes(of_labelled(flipped), fixes)
    assert worth is not None
    assert worth.gain.value > 0
    assert worth.n_fixed > 80
    assert worth.before.value < worth.after.value


def other(label: str) -> str:
    return next(name for name in TELLING if name != label)


def test_a_fix_of_no_item_is_refused() -> None:
    material = of_labelled(labelled(40, 0))
    with pytest.raises(ConfigError, match="cannot fix 'nobody'"):
        worth_of_fixes(material, {"nobody": "sea"})
    assert worth_of_fixes(material, {}) is None


def test_the_same_seed_gives_the_same_report_and_its_lines_say_all() -> None:
    material = of_labelled(labelled(80, 4, n_wrong=8))
    report = find_label_errors(material, ErrorRecipe(seed=3))
    assert find_label_errors(material, ErrorRecipe(seed=3)) == report
    text = "\n".join(error_lines(report))
    assert "planted: 8 labels made wrong" in text
    assert report.suspects[0].id in text


def test_items_of_one_group_are_never_learnt_from_when_one_is_judged() -> None:
    texts = ["same words here", "quite other things"] * 10
    items = [
        Labelled(id=str(n), text=f"{text} {NOISE[n]}", label="sea" if n % 2 else "farm", group="g")
        for n, text in enumerate(texts)
    ]
    report = find_label_errors(of_labelled(items))
    assert report.accuracy.value <= 0.5


@pytest.mark.parametrize("items", [labelled(5, 0), [labelled(40, 0)[0]] * 40])
def test_too_little_to_learn_from_is_refused(items: Sequence[Labelled]) -> None:
    with pytest.raises(ConfigError):
        of_labelled(items)


def test_labels_are_read_from_tags_and_fields(tmp_path: Path) -> None:
    origin = Origin(source="made here", made_by="test")
    problems = [
        Problem(id="a", origin=origin, statement="1+1?", topic="sums"),
        Problem(id="b", origin=origin, statement="Why?", tags={"mood": "odd"}),
    ]
    with DatasetWriter(tmp_path, record="problem") as writer:
        writer.write("problems", problems)
        writer.finish(recipe="{}")
    dataset = Dataset.open(tmp_path)
    assert [(one.id, one.label) for one in read_labelled(dataset, "topic")] == [("a", "sums")]
    assert [one.text for one in read_labelled(dataset, "mood")] == ["Why?"]
    with pytest.raises(ConfigError, match="no record has a tag or field 'size'"):
        read_labelled(dataset, "size")


def test_rows_taken_in_any_order_are_the_rows_themselves() -> None:
    rows = hash_texts(["a b c", "", "d d e", "\x00\ud800"])
    weights = np.random.default_rng(0).normal(size=(rows.n_columns, 2))
    places = np.array([2, 0, 1, 2])
    assert rows.take(places).times(weights) == pytest.approx(rows.times(weights)[places])
    assert rows.times(weights)[1].tolist() == [0.0, 0.0]


def test_turning_pairs_round_turns_their_rows_round() -> None:
    one, other_way = hash_differences(["a b"], ["c"]), hash_differences(["c"], ["a b"])
    weights = np.random.default_rng(0).normal(size=(one.n_columns, 1))
    assert one.times(weights) == pytest.approx(-other_way.times(weights))


def test_the_descent_arrives_where_the_gradient_vanishes() -> None:
    items = labelled(60, 5)
    rows = hash_texts([item.text for item in items])
    labels = np.array([int(item.label == "sea") for item in items])
    weights = fit_softmax(rows, labels, 2)
    wanted = np.eye(2)[labels]
    rest = (chances(rows, weights) - wanted) / 60
    gradient = rows.transposed_times(rest) + weights[:-1] / 60
    assert np.abs(gradient).max() < 1e-4
    assert np.abs(rest.sum(axis=0)).max() < 1e-4
