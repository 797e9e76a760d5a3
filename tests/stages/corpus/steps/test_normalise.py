"""The step that brings text into one form."""

import unicodedata

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.stages.corpus.steps.plain_batch import batch_of, texts_of

from etude.stages.corpus.steps import steps


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ("plain\n\ntext", "plain\n\ntext"),
        ("a\r\nb\rc\x0cd\u2028e\x85f", "a\nb\nc\nd\ne\nf"),
        ("a  \nb\t\n\n", "a\nb"),
        ("\n\n  a", "  a"),
        ("a\n\n\n\n\n\nb", "a\n\n\nb"),
        ("e\u0301", "é"),
        ("so\u00adft ze\u200bro \ufeffmark \u202eright", "soft zero mark right"),
        ("می\u200cخواهم", "می\u200cخواهم"),  # noqa: RUF001
        ("co-\noperate", "co-\noperate"),
        ("", ""),
    ],
)
def test_text_takes_its_form(before: str, after: str) -> None:
    assert texts_of(steps.make("normalise").apply(batch_of([before]))) == [after]


def test_settings_do_more_or_less() -> None:
    def done(text: str, **settings: object) -> str:
        return texts_of(steps.make({"use": "normalise", **settings}).apply(batch_of([text])))[0]

    assert done("ﬁne ①", form="NFKC") == "fine 1"
    assert done("e\u0301", form="none") == "e\u0301"
    assert done("a \nb", trailing_spaces=False) == "a \nb"
    assert done("co-\n  operate 3-\n4", join_hyphenated=True) == "cooperate 3-\n4"
    assert done("a\u00a0b\u3000c", odd_spaces=True) == "a b c"
    assert done("a\n\n\nb", max_blank_lines=0) == "a\nb"
    assert done("a\u200bb", invisible=False) == "a\u200bb"


def test_a_batch_that_needs_nothing_is_the_same_object() -> None:
    batch = batch_of(["nothing to do\n\nhere", "x"])
    assert steps.make("normalise").apply(batch) is batch


TEXTS = st.text(
    alphabet=st.characters(codec="utf-8")
    | st.sampled_from("\n\r\t -\u200b\u0301\u1100\u1161ae\x1f"),
    max_size=40,
)


@settings(max_examples=150, deadline=None)
@given(TEXTS, st.booleans(), st.sampled_from(["NFC", "NFKC", "none"]))
def test_normalising_twice_is_normalising_once(text: str, join: bool, form: str) -> None:
    step = steps.make({"use": "normalise", "join_hyphenated": join, "form": form})
    once = step.apply(batch_of([text]))
    assert texts_of(step.apply(once)) == texts_of(once)
    if form != "none":
        assert unicodedata.is_normalized("NFC", texts_of(once)[0])
