"""The step that measures toxic text."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.stages.corpus.steps.plain_batch import batch_of, reasons_of, signal_of

from etude.stages.corpus.labelled_toxicity import measure_toxicity
from etude.stages.corpus.steps import steps
from etude.stages.corpus.steps.toxicity import is_adult_url, toxic_found

RUDE = "shut the fuck up you asshole, this bullshit is shit"


def test_thick_toxic_text_is_dropped_and_plain_text_is_not() -> None:
    out = steps.make("toxicity").apply(batch_of([RUDE, "A calm text about trains.", ""]))
    assert reasons_of(out) == ["toxic", None, None]
    toxic = signal_of(out, "toxic_density")
    assert toxic[0] > 10
    assert toxic[1:] == [0, 0]


def test_a_few_terms_in_a_long_text_are_measured_and_stay() -> None:
    out = steps.make("toxicity").apply(batch_of([RUDE + " A calm text about trains." * 500]))
    assert reasons_of(out) == [None]
    assert 0 < signal_of(out, "toxic_density")[0] < 1


@pytest.mark.parametrize(
    "text",
    [
        "The Scunthorpe assessment is a classic of the class; Penistone, Essex, cockpit, Dickens",
        "great tits and blue tits; pussy willow; moby dick; magna cum laude",
        "snake_ass_case and shitake mushrooms",
    ],
)
def test_words_that_only_contain_a_term_do_not_count(text: str) -> None:
    assert toxic_found(text) == []


def test_terms_count_in_the_language_of_the_document() -> None:
    words = ["Slut på boken. " * 20, "je mange un bite " * 20, "la hora de la cena " * 20]
    out = steps.make("toxicity").apply(batch_of(words, language=["sv", "en", "es"]))
    assert signal_of(out, "toxic_density") == [0, 0, 0]
    assert signal_of(out, "adult_density") == [0, 0, 0]
    assert toxic_found("Du Arschloch", "de")
    assert toxic_found("你这个傻逼", "zh")


def test_obfuscated_terms_are_read_when_asked() -> None:
    batch = batch_of(["sh1t @sshole fu(k b1tch " * 3])
    assert signal_of(steps.make("toxicity").apply(batch), "toxic_density") == [0]
    step = steps.make({"use": "toxicity", "obfuscated": True})
    assert signal_of(step.apply(batch), "toxic_density")[0] > 0


@pytest.mark.parametrize(
    ("url", "adult"),
    [
        ("https://www.free-porn.example/x", True),
        ("http://a.sex.example", True),
        ("https://www.sussex.ac.uk/sex-education", False),
        ("https://essex.gov.uk", False),
        ("http://[broken", False),
        ("", False),
    ],
)
def test_names_of_adult_hosts_are_known(url: str, adult: bool) -> None:
    assert is_adult_url(url) is adult
    out = steps.make("toxicity").apply(batch_of(["x"], url=[url]))
    assert reasons_of(out) == ["adult address" if adult else None]


def test_the_labelled_set_shows_more_hits_than_false_alarms() -> None:
    shares = measure_toxicity(60)
    assert shares["adult"].value > 0.8
    assert shares["toxic"].value > 0.3
    assert shares["clean"].value < 0.2


@settings(max_examples=60, deadline=None)
@given(st.text(max_size=200), st.text(max_size=60), st.sampled_from(["", "en", "de", "xx", "und"]))
def test_nothing_crashes_on_arbitrary_text(text: str, url: str, language: str) -> None:
    batch = batch_of([text], url=[url], language=[language])
    assert steps.make({"use": "toxicity", "obfuscated": True}).apply(batch).num_rows == 1
