"""Values are compared with their exact types, and nothing that is given is ever run."""

import asyncio

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from etude import Reference
from etude.errors import GradeError
from etude.rollout.graders import Means, Verdict, graders


def verdict(response: str, answer: str, spellings: tuple[str, ...] = ()) -> Verdict:
    async def judge() -> Verdict:
        reference = Reference(problem_id="p", answer=answer, spellings=spellings)
        async with graders.make("literal").open(Means()) as opened:
            return await opened.judge(response, reference)

    return asyncio.run(judge())


def score(text: str, answer: str) -> float:
    return verdict(graders.make("literal").present(text), answer).score


@pytest.mark.parametrize(
    ("given_", "answer"),
    [
        ("{'a': 1, 'b': [2]}", "{'b': [2], 'a': 1}"),
        ("{1, 2}", "{2, 1}"),
        ('"x"', "'x'"),
        ("0x10", "16"),
        ("1e3", "1000.0"),
        (" (1,\n 2) ", "(1, 2)"),
        ("set()", "set()"),
        ("1+2j", "(1+2j)"),
    ],
)
def test_the_same_value_in_other_words_is_right(given_: str, answer: str) -> None:
    assert score(given_, answer) == 1.0


@pytest.mark.parametrize(
    ("given_", "answer"),
    [
        ("True", "1"),
        ("1.0", "1"),
        ("[1, 2]", "(1, 2)"),
        ("-0.0", "0.0"),
        ("b'x'", "'x'"),
        ("{True}", "{1}"),
        ("[2, 1]", "[1, 2]"),
        ("1e400", "1"),
        ("f'x'", "'x'"),
        ("x", "1"),
        ("__import__('os')._exit(1)", "1"),
        ("10**9", "1000000000"),
        ("[" * 5000, "1"),
        ("-" * 15_000 + "1", "1"),
        ("9" * 10_000, "1"),
        ("{[]: 1}", "1"),
        ("1\n2", "2"),
        ("(" + " " * 30_000 + "1)", "1"),
        ("\0", "1"),
        ("'\ud800'", "1"),
        ("", "''"),
    ],
)
def test_another_value_or_none_is_wrong(given_: str, answer: str) -> None:
    assert score(given_, answer) == 0.0


def test_the_last_block_or_box_counts() -> None:
    assert verdict("```python\n1\n```\nno:\n```\n2\n```", "2").score == 1.0
    assert verdict("```python\n1\n```\nso \\boxed{{'a': 2}}", "{'a': 2}").score == 1.0
    assert verdict("\\boxed{1}\n~~~\n[2]\n~~~", "[2]").score == 1.0
    assert verdict("```json\n2\n```", "2").note == "there is no fenced block and no box"
    assert verdict("```python\n2\n", "2").score == 0.0
    assert verdict("2", "2").score == 0.0


def test_further_answers_are_right_too() -> None:
    assert verdict("```\n3\n```", "2", ("3",)).score == 1.0


def test_an_answer_that_is_no_literal_is_nobodys_zero() -> None:
    with pytest.raises(GradeError, match="its answer"):
        verdict("```\n1\n```", "frozenset()")


VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text() | st.binary() | st.floats(-9, 9),
    lambda inner: (
        st.lists(inner, max_size=4)
        | st.tuples(inner, inner)
        | st.dictionaries(st.text() | st.integers(), inner, max_size=3)
    ),
    max_leaves=12,
)


@settings(deadline=None, max_examples=40)
@given(VALUES, VALUES)
def test_two_values_are_equal_exactly_when_their_reprs_are(left: object, right: object) -> None:
    assert score(repr(left), repr(left)) == 1.0
    if left != right:
        assert score(repr(left), repr(right)) == 0.0


@settings(deadline=None, max_examples=40)
@given(st.text(alphabet="`~\n ab\\boxed{}1[", max_size=80))
def test_no_response_breaks_the_judge(response: str) -> None:
    assert verdict(response, "1").score in (0.0, 1.0)
