"""The step that repairs encodings."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.stages.corpus.steps.plain_batch import batch_of, reasons_of, signal_of, texts_of

from etude.stages.corpus.steps import steps
from etude.stages.corpus.steps.fix_encoding import repaired

GOOD = [
    "café – “quoted” naïve 10€ façade",  # noqa: RUF001
    "Привет, мир — это «тест»",
    "Größe übermäßig",
    "日本語のテキスト、はい。",
    "Zażółć gęślą jaźń",
]


@pytest.mark.parametrize("text", GOOD)
def test_good_text_stays_as_it_is(text: str) -> None:
    out = steps.make("fix_encoding").apply(batch_of([text]))
    assert texts_of(out) == [text]
    assert signal_of(out, "encoding_repairs") == [0]


@pytest.mark.parametrize(
    ("text", "encoding"),
    [(t, e) for t in GOOD[:3] for e in ("latin-1", "cp1251", "mac_roman")]
    + [(GOOD[0], "cp1250"), (GOOD[4], "cp1252"), (GOOD[2], "cp1252")],
)
def test_text_read_in_the_wrong_encoding_is_repaired(text: str, encoding: str) -> None:
    wrong = text.encode().decode(encoding)
    out = steps.make("fix_encoding").apply(batch_of([f"plain line\n{wrong}\n"]))
    assert texts_of(out) == [f"plain line\n{text}\n"]
    assert signal_of(out, "encoding_repairs") == [1]


def test_text_that_was_misread_twice_is_repaired() -> None:
    twice = "Größe".encode().decode("cp1252").encode().decode("cp1252")
    assert repaired(twice) == ("Größe", 1)


def test_controls_go_and_breaks_stay() -> None:
    out = steps.make("fix_encoding").apply(batch_of(["a\0b\x1b[0m\tc\r\n\x0cd", "ok"]))
    assert texts_of(out) == ["ab[0m\tc\r\n\x0cd", "ok"]
    kept = steps.make({"use": "fix_encoding", "controls": False}).apply(batch_of(["a\0b"]))
    assert texts_of(kept) == ["a\0b"]


def test_replacement_characters_are_counted_and_too_many_are_a_reason() -> None:
    step = steps.make({"use": "fix_encoding", "max_replacement": 0.2})
    out = step.apply(batch_of(["ab\ufffd\ufffd", "x" * 20 + "\ufffd", ""]))
    assert signal_of(out, "replacement_characters") == [2, 1, 0]
    assert reasons_of(out) == ["too many replacement characters", None, None]


@settings(max_examples=80, deadline=None)
@given(
    st.lists(
        st.text(alphabet=st.characters(codec="utf-8") | st.sampled_from("ÃÂâ€™\x80é\0\n")),
        max_size=4,
    )
)
def test_repairing_twice_is_repairing_once(texts: list[str]) -> None:
    step = steps.make("fix_encoding")
    once = step.apply(batch_of(texts))
    assert texts_of(step.apply(once)) == texts_of(once)
