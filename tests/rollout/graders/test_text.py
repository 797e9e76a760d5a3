"""text: words are compared after their spelling is levelled, as the settings say."""

import asyncio

import pytest
from hypothesis import given
from hypothesis import settings as profile
from hypothesis import strategies as st

from etude.errors import ConfigError, GradeError
from etude.records import Reference
from etude.rollout.graders import Means, Verdict, graders

_UNHURRIED = profile(deadline=None, max_examples=40)


def ask(
    response: str, reference: str, *, spellings: tuple[str, ...] = (), **settings: object
) -> Verdict:
    kept = Reference(problem_id="p", answer=reference, spellings=spellings)

    async def judged() -> Verdict:
        async with graders.make({"use": "text", **settings}).open(Means()) as judge:
            return await judge.judge(response, kept)

    return asyncio.run(judged())


@pytest.mark.parametrize(
    "answer",
    [
        *("Eiffel Tower", "eiffel tower", "Eiffel  Tower.", "“Eiffel Tower”", "**Eiffel Tower**"),
        *(r"\text{Eiffel Tower}", "$\\text{Eiffel Tower}$", r"\textbf{Eiffel}\ Tower"),
        *("Eiffel\u00a0Tower", "Eiffel\u200b Tower"),
        "\N{FULLWIDTH LATIN CAPITAL LETTER E}iffel Tower",
    ],
)
def test_spellings_of_the_same_words_are_right(answer: str) -> None:
    assert ask(f"so \\boxed{{{answer}}}", "Eiffel Tower").score == 1.0


@pytest.mark.parametrize(
    "answer",
    ["", "Eiffel", "EiffelTower", "Eiffel Tower or Big Ben", "tower eiffel", "Eiffel Towers"],
)
def test_other_words_are_wrong(answer: str) -> None:
    assert ask(f"so \\boxed{{{answer}}}", "Eiffel Tower").score == 0.0


@pytest.mark.parametrize(
    ("answer", "reference", "settings", "score"),
    [
        ("paris", "Paris", {"ignore_case": False}, 0.0),
        ("Paris.", "Paris", {"ignore_punctuation": False}, 0.0),
        ("New York", "NewYork", {"ignore_spaces": True}, 1.0),
        ("cafe", "café", {}, 0.0),
        ("cafe", "café", {"ignore_accents": True}, 1.0),
        ("The Moon", "moon", {}, 0.0),
        ("The Moon", "moon", {"ignore_articles": True}, 1.0),
        ("-5", "5", {}, 0.0),
        ("3.5", "35", {}, 0.0),
        ("5%", "5", {}, 0.0),
        ("C++", "C", {}, 0.0),
    ],
)
def test_settings_say_what_counts_as_the_same(
    answer: str, reference: str, settings: dict[str, object], score: float
) -> None:
    verdict = ask(f"\\boxed{{{answer}}}", reference, **settings)  # type: ignore[arg-type]
    assert verdict.score == score


def test_other_spellings_of_the_reference_are_right_as_well() -> None:
    assert ask("\\boxed{NYC}", "New York", spellings=("NYC", "Big Apple")).score == 1.0
    assert ask("\\boxed{LA}", "New York", spellings=("NYC", "Big Apple")).score == 0.0


@pytest.mark.parametrize("reference", ["", "  ", "..."])
def test_a_reference_with_nothing_to_compare_is_a_fault(reference: str) -> None:
    with pytest.raises(GradeError, match="no answer"):
        ask("\\boxed{x}", reference)


@_UNHURRIED
@given(st.text(min_size=1, max_size=40))
def test_every_text_accepts_itself_or_cannot_be_a_reference(text: str) -> None:
    try:
        assert ask(text, text, extract=["whole"]).score == 1.0
    except GradeError as error:
        assert "no answer" in str(error)  # noqa: PT017


def test_a_very_long_answer_is_wrong() -> None:
    verdict = ask("x " * 30_000, "x", extract=["whole"])
    assert verdict.score == 0.0
    assert "longer" in verdict.note


def test_settings_that_cannot_be_are_refused() -> None:
    with pytest.raises(ConfigError):
        graders.make({"use": "text", "extract": []})


@pytest.mark.parametrize("first", ["boxed", "phrase", "whole"])
def test_what_is_presented_is_read_again(first: str) -> None:
    grader = graders.make({"use": "text", "extract": [first]})
    assert ask(grader.present("red fox"), "red fox", extract=[first]).score == 1.0
    assert grader.instruction
