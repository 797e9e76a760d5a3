"""choice: one letter, however it is written, and never several."""

import asyncio

import pytest
from hypothesis import given
from hypothesis import settings as profile
from hypothesis import strategies as st

from etude.errors import ConfigError, GradeError
from etude.records import Reference
from etude.rollout.graders import Means, Verdict, graders

_UNHURRIED = profile(deadline=None, max_examples=40)


def ask(response: str, reference: str, **settings: object) -> Verdict:
    async def judged() -> Verdict:
        async with graders.make({"use": "choice", **settings}).open(Means()) as judge:
            return await judge.judge(response, Reference(problem_id="p", answer=reference))

    return asyncio.run(judged())


@pytest.mark.parametrize(
    "answer",
    [
        *("B", "b", "(B)", "B.", "B)", "[B]", "B:", " B ", "(b)", "**B**", "$B$"),
        *(r"\text{B}", r"\text{(B)}", r"\mathrm{B}", r"\textbf{(B)}\ 42", "(B) I do"),
        *("B) 42", "(B) 42 apples", "B. A car moves", "option B", "The answer is B", "B: 3 and 4"),
    ],
)
def test_a_letter_counts_in_every_form(answer: str) -> None:
    assert ask(f"so \\boxed{{{answer}}}", "B").score == 1.0


@pytest.mark.parametrize(
    "answer",
    [
        *(
            "A",
            "(C)",
            "AB",
            "A or B",
            "B or A",
            "B and C",
            "A, B",
            "B, C",
            "ABCD",
            "B/C",
            "(B) (C)",
        ),
        *("B)C)", "not B", "B or not", "all", "42", "", "E", "B is wrong, A", "(A) or (B)"),
        *("either B", "BB", "Because", "B, (A)", "x = B"),
    ],
)
def test_another_letter_or_several_are_wrong(answer: str) -> None:
    assert ask(f"so \\boxed{{{answer}}}", "B").score == 0.0


@_UNHURRIED
@given(st.text(max_size=40))
def test_whatever_is_answered_gets_a_verdict(answer: str) -> None:
    assert ask(answer, "C", extract=["whole"]).score in (0.0, 1.0)


def test_letters_and_their_number_are_settings() -> None:
    assert ask("\\boxed{J}", "J", n_choices=10).score == 1.0
    assert ask("\\boxed{T}", "T", letters="TF").score == 1.0
    assert ask("\\boxed{F}", "T", letters="TF").score == 0.0
    assert ask("The answer is (B). Note that A is tempting.", "B", extract=["phrase"]).score == 1.0


@pytest.mark.parametrize("reference", ["E", "", "AB", "42"])
def test_a_reference_that_is_no_letter_is_a_fault(reference: str) -> None:
    with pytest.raises(GradeError, match="one of the letters ABCD"):
        ask("\\boxed{A}", reference)


@pytest.mark.parametrize(
    "settings", [{"n_choices": 1}, {"letters": "AA"}, {"extract": []}, {"extract": ["last_number"]}]
)
def test_settings_that_cannot_be_are_refused(settings: dict[str, object]) -> None:
    with pytest.raises(ConfigError):
        graders.make({"use": "choice", **settings})


@pytest.mark.parametrize("first", ["boxed", "phrase", "whole"])
def test_what_is_presented_is_read_again(first: str) -> None:
    grader = graders.make({"use": "choice", "extract": [first]})
    assert ask(grader.present("D"), "D", extract=[first]).score == 1.0
    assert "A, B, C, D" in grader.instruction
