"""Lines that are no text go; the document and its sentences stay."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.stages.corpus.steps.plain_batch import batch_of, reasons_of, signal_of, texts_of

from etude.stages.corpus.steps import steps

PROSE = "The quick brown fox jumps over the lazy dog, and the dog sleeps on."


def repaired(text: str, **chosen: object) -> str:
    return texts_of(steps.make({"use": "repair_lines", **chosen}).apply(batch_of([text])))[0]


@pytest.mark.parametrize(
    ("rule", "line"),
    [
        ("cookies", "We use cookies to improve your experience."),
        ("cookies", "Accept all cookies"),
        ("scripts", "Please enable JavaScript to view this page."),
        ("links", "Read more..."),
        ("links", "Back to top"),
        ("links", "Sign in or sign up"),
        ("shares", "1,234 shares"),
        ("shares", "Facebook Twitter | LinkedIn"),
        ("shares", "Share this on Facebook"),
        ("navigation", "Home | About us | News | Contact"),
        ("symbols", "123 / 456 --> 7"),
    ],
)
def test_each_kind_of_boilerplate_goes_by_its_own_rule(rule: str, line: str) -> None:
    text = f"{PROSE}\n{line}\n{PROSE[:30]}"
    assert repaired(text) == f"{PROSE}\n{PROSE[:30]}"
    assert repaired(text, **{rule: 0 if rule == "navigation" else False}) == text


@pytest.mark.parametrize(
    "line",
    [
        "He said that we should read more books about the sea.",
        "The browser stores small files that are called cookies in the folder of its profile.",
        "Sharing what one knows is its own reward.",
        "----",
        "Paris, London, Rome and Berlin are capitals.",
        "x[1] = y[0](z)",
    ],
)
def test_text_stays(line: str) -> None:
    assert repaired(f"{PROSE}\n{line}") == f"{PROSE}\n{line}"


def test_repeats_blank_lines_and_footnotes_go_and_are_counted() -> None:
    text = f"{PROSE}\n\n\n\n\nIt is so.[12] Indeed[a].\n{PROSE}\nshort\nshort"
    batch = steps.make("repair_lines").apply(batch_of([text, "", "plain"]))
    assert texts_of(batch) == [f"{PROSE}\n\n\nIt is so. Indeed.\nshort\nshort", "", "plain"]
    assert signal_of(batch, "lines_repeated") == [1, 0, 0]
    assert signal_of(batch, "footnotes_removed") == [2, 0, 0]
    assert reasons_of(batch) == [None] * 3
    assert repaired(text, repeated=0, footnotes=False, max_blank_lines=9) == text


@settings(max_examples=60, deadline=None)
@given(st.text(alphabet=st.sampled_from("ab1 .|\n[]\0cookies"), max_size=200))
def test_lines_are_only_ever_taken_away(text: str) -> None:
    kept = repaired(text, footnotes=False).split("\n")
    lines = iter(text.split("\n"))
    assert kept == [""] or all(line in lines for line in kept)
