"""Comparisons are of many kinds; what is measured on was not learned, nor said when to stop."""

from random import Random

import pytest
from tests.value.life._small import TINY, silent

from etude.records import Comparison
from etude.store import Dataset
from etude.train.run import Run
from etude.train.training import train
from etude.value.life.comparisons import (
    ALL_KINDS,
    ANSWERS,
    ASKS,
    COMPLETE,
    KIND,
    NUMBERS,
    RIGHT,
    Pair,
    comparison_of,
    is_right,
    truth_of,
)
from etude.value.life.outcome import ALL_PAIRS, BUT_FACTS, FACT_PAIRS
from etude.value.life.own import OWN_FACTS, OWN_KINDS, own_comparisons
from etude.value.life.ratings import Judged
from etude.value.life.topics import ASKS_BACK, user
from etude.value.life.verdicts import Runs, Seen, by_kind, look


def rows(held: Dataset) -> list[Comparison]:
    return list(held.rows("comparisons", Comparison))


def test_every_kind_of_comparison_is_on_every_side(judged: Judged) -> None:
    for rated in judged:
        kinds = {one.tags[KIND] for one in rows(rated.ratings)}
        assert set(ALL_KINDS) <= kinds <= {*ALL_KINDS, *OWN_KINDS}


def test_what_is_measured_on_shares_no_prompt_with_what_is_learned_or_says_when_to_stop(
    judged: Judged,
) -> None:
    prompts = [{one.prompt for one in rows(rated.ratings)} for rated in judged]
    assert not prompts[0] & prompts[1]
    assert not prompts[0] & prompts[2]
    assert not prompts[1] & prompts[2]


def test_the_better_answer_of_a_pair_is_right_and_the_other_is_not(judged: Judged) -> None:
    for one in rows(judged.learned.ratings):
        best, worst = (one.candidates[at].messages[-1].content for at in truth_of(one))
        right = one.tags[RIGHT]
        if one.tags[KIND] != COMPLETE or one.candidates[truth_of(one)[0]].source != "better":
            assert is_right(best, right), one
        assert best != worst
        if one.tags[KIND] == ASKS:
            assert ASKS_BACK in best
            assert ASKS_BACK not in worst
        if one.tags[KIND] == ANSWERS:
            assert ASKS_BACK in worst
        if one.tags[KIND] == NUMBERS:
            assert not is_right(worst, right)
        if one.tags[KIND] == COMPLETE:
            assert best.startswith(worst)


@pytest.mark.parametrize(
    ("said", "right", "wanted"),
    [
        ("It is London.", "London", True),
        ("You are right: it is Paris.", "London", False),
        ("It is London or Paris.", "London", False),
        ("\\boxed{7}", "\\boxed{7}", True),
        ("\\boxed{7} or \\boxed{3}", "\\boxed{7}", False),
        ("Which country do you mean?", "Which country do you mean?", True),
        ("", "London", False),
        ("\x00" * 1000, "\\boxed{7}", False),
    ],
)
def test_an_answer_is_right_when_it_names_what_is_right_and_nothing_else(
    said: str, right: str, wanted: object
) -> None:
    assert is_right(said, right) is wanted


def test_a_model_that_is_never_right_has_no_answers_of_its_own_compared(run: Run) -> None:
    pair = Pair(ANSWERS, (user("What is the capital of the UK?"),), "London", "Paris", "London")
    asked = [comparison_of("one", pair, Random(0))]
    assert not list(own_comparisons(run, asked, 5, 0, 4))
    assert not list(own_comparisons(run, asked, 0, 0, 4))


def seen(kind: str, margin: float, won: float = 0.5, *, is_truly: bool = True) -> Seen:
    return Seen(
        kind=kind,
        is_truly=is_truly,
        margin_before=0.0,
        margin=margin,
        implicit=-margin,
        lengths=(4, 9),
        win_judged=won,
        win_true=1 - won,
    )


def test_figures_are_of_all_pairs_of_those_about_facts_and_of_each_kind() -> None:
    found = {
        one.kind: one
        for one in by_kind(
            [
                *[seen(OWN_FACTS, -1.0, 1.0)] * 2,
                *[seen(NUMBERS, 1.0, 0.0)] * 5,
                seen(NUMBERS, 1.0, is_truly=False),
            ]
        )
    }
    assert set(found) == {ALL_PAIRS, FACT_PAIRS, BUT_FACTS, NUMBERS, OWN_FACTS}
    assert found[ALL_PAIRS].after.value == 6 / 8
    assert found[ALL_PAIRS].after.n == 8
    assert found[FACT_PAIRS].after.value == 0
    assert found[NUMBERS].true.value == 5 / 6
    assert found[NUMBERS].before.value == 0.5
    assert found[NUMBERS].implicit.value == 0
    assert found[ALL_PAIRS].blind.value == 1
    assert found[OWN_FACTS].win_judged.value == 1
    assert found[OWN_FACTS].win_true.value == 0
    low, high = found[ALL_PAIRS].after.low, found[ALL_PAIRS].after.high
    assert low is not None
    assert high is not None
    assert 0 < low < 6 / 8 < high < 1


def test_a_model_that_did_not_change_wins_half_of_the_time(
    run: Run, judged: Judged, tmp_path_factory: pytest.TempPathFactory
) -> None:
    settings = {"data": (str(judged.learned.preferences.path),), "model": str(run.path)}
    held_out = (str(judged.steering.preferences.path),)
    recipe = TINY.stage("judge", {**settings, "held_out": held_out, "steps": 1})
    judge = train(recipe, tmp_path_factory.mktemp("judges") / "judge", tell=silent)
    found = look(Runs(run, judge, run), judged.held_out.preferences, 0, 4)
    assert found == look(Runs(run, judge, run), judged.held_out.preferences, 0, 4)
    assert {one.implicit for one in found} == {0.0}
    assert len(found) == judged.held_out.preferences.n_rows("preferences")
    # Nothing that a model which knows nothing says is right.
    assert {one.win_true for one in found} == {0.5}
