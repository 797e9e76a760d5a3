"""Two problems are the same in the sense that was asked for, and in no other."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from etude.errors import ConfigError
from etude.stages.problems.likeness import likenesses

TEXT = st.text(max_size=30)


def test_case_spaces_and_typography_make_no_other_problem() -> None:
    statements = ["What is 2 \u2212 1?", "what  is 2 - 1?", "What is 2 + 1?"]
    assert likenesses.make("exact").copies(statements) == [-1, 0, -1]


def test_of_a_template_so_many_stay_whatever_the_numbers_and_names() -> None:
    statements = [
        "Then Ann buys 3 pears for 1.50 each.",
        "Then Bob buys 12 pears for 2 each.",
        "Then Bob buys 12 apples for 2 each.",
        "Then Eve buys 1,000 pears for 7 each.",
    ]
    assert likenesses.make("template").copies(statements) == [-1, 0, -1, 0]
    two = likenesses.make({"use": "template", "most": 2})
    assert two.copies(statements) == [-1, -1, -1, 0]


def test_other_words_for_the_same_question_are_found_and_other_numbers_are_not() -> None:
    statements = [
        "A train travels 60 km in 2 hours. What is its average speed in km/h?",
        "If a train covers 60 km in two hours, what is its average speed in km/h?",
        "A train travels 90 km in 2 hours. What is its average speed in km/h?",
        "Two dice are thrown 60 times. How often is a six expected?",
    ]
    assert likenesses.make({"use": "meaning", "threshold": 0.8}).copies(statements) == [
        -1,
        0,
        -1,
        -1,
    ]


@pytest.mark.parametrize("name", ["exact", "template"])
@given(statements=st.lists(TEXT, max_size=8))
def test_a_copy_points_at_an_earlier_problem_that_stays(name: str, statements: list[str]) -> None:
    copies = likenesses.make(name).copies([*statements, *statements])
    assert len(copies) == 2 * len(statements)
    assert all(earlier >= 0 for earlier in copies[len(statements) :])
    for place, earlier in enumerate(copies):
        assert earlier < place
        assert earlier < 0 or copies[earlier] == -1


@pytest.mark.parametrize(
    "spec", [{"use": "template", "most": 0}, {"use": "meaning", "threshold": 0.0}]
)
def test_settings_out_of_range_are_refused(spec: dict[str, object]) -> None:
    with pytest.raises(ConfigError):
        likenesses.make(spec)
