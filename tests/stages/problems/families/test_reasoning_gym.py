"""Every data set of reasoning-gym as a family."""

from random import Random

import pytest

from etude.errors import ConfigError, TaskError
from etude.stages.problems.families import families


def test_every_data_set_is_a_family_but_the_one_that_mixes_others() -> None:
    variants = families.load("reasoning_gym").variants()
    assert len(variants) >= 105
    assert "composite" not in variants
    assert variants["gcd"] == {"dataset": "gcd"}


def test_the_same_chance_poses_the_same_problem_and_other_chance_another_one() -> None:
    family = families.make({"use": "reasoning_gym", "dataset": "basic_arithmetic"})
    first, again = family.pose(Random(1), 3), family.pose(Random(1), 3)
    assert first == again
    assert first != family.pose(Random(2), 3)
    assert family.topic == "arithmetic"


def test_levels_come_from_the_curriculum_where_there_is_one() -> None:
    graded = families.make({"use": "reasoning_gym", "dataset": "chain_sum"})
    plain = families.make({"use": "reasoning_gym", "dataset": "acre"})
    assert (graded.levels, plain.levels) == (5, 1)
    easy, hard = graded.pose(Random(1), 1), graded.pose(Random(1), 5)
    assert len(easy.statement) < len(hard.statement)


def test_a_level_that_cannot_be_made_is_the_hardest_below_it() -> None:
    family = families.make({"use": "reasoning_gym", "dataset": "caesar_cipher"})
    assert family.pose(Random(1), 5).answer


def test_a_problem_without_an_answer_may_have_an_example_of_one() -> None:
    posed = families.make({"use": "reasoning_gym", "dataset": "graph_color"}).pose(Random(1), 1)
    assert posed.answer == ""
    assert posed.spellings[0].startswith('{"0":')


def test_a_data_set_that_hangs_makes_no_problem_and_the_next_one_is_made() -> None:
    hanging = {"use": "reasoning_gym", "dataset": "game_of_life", "timeout_s": 0.01}
    for _ in range(3):
        with pytest.raises(TaskError, match="time limit"):
            families.make(hanging).pose(Random(1), 5)
    with pytest.raises(TaskError, match="not tried again"):
        families.make(hanging).pose(Random(1), 5)
    assert families.make({"use": "reasoning_gym", "dataset": "gcd"}).pose(Random(1), 1).answer


def test_a_data_set_that_does_not_exist_is_refused() -> None:
    family = families.make({"use": "reasoning_gym", "dataset": "nowhere"})
    with pytest.raises(ConfigError, match="nowhere"):
        family.pose(Random(1), 1)
