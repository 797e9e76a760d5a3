"""Dawid and Skene, and MACE, find the truth and who knows it."""

import json
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray

from etude.stages.prefs.dawid_skene import Answers, EmSettings, fit_dawid_skene, without_each
from etude.stages.prefs.mace import fit_mace

REFERENCE = json.loads(Path(__file__).with_name("dawid_skene_reference.json").read_text())
CLASSICAL = EmSettings(shrinkage=0.0, even_prior=False, tolerance=1e-13, max_rounds=5000)


def answers(
    rows: list[list[int]], n_truths: int, known: NDArray[np.int64] | None = None
) -> Answers:
    table = np.array(rows, dtype=np.int64)
    return Answers(
        item=table[:, 0],
        rater=table[:, 1],
        label=table[:, 2],
        n_items=int(table[:, 0].max()) + 1,
        n_raters=int(table[:, 1].max()) + 1,
        n_truths=n_truths,
        n_labels=n_truths,
        known=known,
    )


def crowd(accuracies: list[float], n_items: int, seed: int) -> tuple[Answers, NDArray[np.int64]]:
    rng = np.random.default_rng(seed)
    truth = rng.integers(0, 2, n_items)
    rows = [
        [item, rater, int(truth[item] if rng.random() < accuracy else 1 - truth[item])]
        for item in range(n_items)
        for rater, accuracy in enumerate(accuracies)
    ]
    return answers(rows, 2), truth


def test_the_classical_estimate_equals_crowd_kit() -> None:
    fitted = fit_dawid_skene(answers(REFERENCE["rows"], 3), CLASSICAL)
    assert fitted.settled
    assert fitted.posterior == pytest.approx(np.array(REFERENCE["posterior"]), abs=1e-8)
    for rater, errors in REFERENCE["errors"].items():
        assert fitted.confusion[int(rater)] == pytest.approx(np.array(errors), abs=1e-8)


def test_confusions_are_near_the_accuracies_of_the_raters_even_of_an_inverter() -> None:
    accuracies = [0.95, 0.85, 0.75, 0.5, 0.15]
    fitted = fit_dawid_skene(crowd(accuracies, 800, 1)[0])
    for confusion, accuracy in zip(fitted.confusion, accuracies, strict=True):
        assert np.diag(confusion) == pytest.approx([accuracy] * 2, abs=0.07)


def test_one_gold_item_in_ten_sets_a_crowd_of_inverters_right() -> None:
    given, truth = crowd([0.9, 0.2, 0.2, 0.2], 400, 2)
    known = np.where(np.arange(400) % 10 == 0, truth, -1)
    blind, told = (
        fit_dawid_skene(given),
        fit_dawid_skene(
            Answers(
                **{
                    name: getattr(given, name)
                    for name in given.__struct_fields__
                    if name != "known"
                },
                known=known,
            )
        ),
    )
    assert (blind.posterior.argmax(axis=1) == truth).mean() < 0.2
    assert (told.posterior.argmax(axis=1) == truth).mean() > 0.9


def test_a_mirrored_answer_is_the_same_as_a_swapped_one() -> None:
    given, _ = crowd([0.9, 0.7, 0.6], 60, 3)
    rng = np.random.default_rng(0)
    mirrored = rng.random(len(given.label)) < 0.5
    swapped = Answers(
        item=given.item,
        rater=given.rater,
        label=np.where(mirrored, 1 - given.label, given.label),
        n_items=given.n_items,
        n_raters=given.n_raters,
        n_truths=2,
        n_labels=2,
        mirrored=mirrored,
    )
    fitted = fit_dawid_skene(swapped)
    # Raters without a habit of position: the same truths, up to what noise in confusions does.
    assert np.abs(fitted.posterior - fit_dawid_skene(given).posterior).mean() < 0.1


def test_what_others_say_leaves_the_own_answer_out() -> None:
    given = answers([[0, 0, 0], [0, 1, 1], [1, 0, 0], [1, 1, 0]], 2)
    others = without_each(given, fit_dawid_skene(given))
    alone = answers([[0, 0, 0]], 2)
    assert without_each(alone, fit_dawid_skene(alone))[0] == pytest.approx([0.5, 0.5])
    assert others[0, 1] > 0.5
    assert others[1, 0] > 0.5


def test_mace_tells_who_knows_from_who_clicks() -> None:
    given, truth = crowd([0.95, 0.85, 0.75, 0.5], 600, 4)
    mace = fit_mace(given)
    assert (mace.posterior.argmax(axis=1) == truth).mean() > 0.93
    # Of answers that are right in a share a of cases, 2a - 1 follow the truth.
    assert mace.competence == pytest.approx([0.9, 0.7, 0.5, 0.0], abs=0.1)


def test_nothing_said_is_nothing_known() -> None:
    empty = np.zeros(0, dtype=np.int64)
    given = Answers(
        item=empty, rater=empty, label=empty, n_items=2, n_raters=1, n_truths=2, n_labels=2
    )
    assert fit_dawid_skene(given).posterior.tolist() == [[0.5, 0.5], [0.5, 0.5]]
    assert fit_mace(given).posterior.tolist() == [[0.5, 0.5], [0.5, 0.5]]
