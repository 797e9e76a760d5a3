"""The step that tells languages."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.stages.corpus.steps.plain_batch import batch_of, reasons_of, signal_of

from etude.stages.corpus.identifiers import identifiers
from etude.stages.corpus.steps import steps

SAMPLES = {
    "en": "The committee met on Tuesday and agreed that the report should be published before the "
    "end of the year, although two of its members would have liked to wait.",
    "de": "Der Ausschuss traf sich am Dienstag und beschloss, dass der Bericht vor dem Ende des "
    "Jahres veröffentlicht werden soll, obwohl zwei Mitglieder lieber gewartet hätten.",
    "fr": "Le comité s'est réuni mardi et a décidé que le rapport devait être publié avant la fin "
    "de l'année, bien que deux de ses membres eussent préféré attendre encore un peu.",
    "es": "El comité se reunió el martes y acordó que el informe debería publicarse antes de que "
    "termine el año, aunque dos de sus miembros habrían preferido esperar.",
    "ru": "Комитет собрался во вторник и решил, что доклад должен быть опубликован до конца года, "
    "хотя двое из его членов предпочли бы подождать.",  # noqa: RUF001
    "zh": "委员会于星期二召开会议，并同意报告应在年底之前发表，尽管其中两名成员更愿意再等一等。",  # noqa: RUF001
    "ja": "委員会は火曜日に集まり、二人の委員は待ちたがっていたが、"
    "報告書を年末までに公表すべきだと決めた。",
}


def test_languages_are_told_and_written_into_the_column() -> None:
    out = steps.make("language").apply(batch_of(list(SAMPLES.values())))
    assert out.column("language").to_pylist() == list(SAMPLES)
    assert all(0 < score <= 1 for score in signal_of(out, "language_score"))


def test_other_languages_are_dropped_and_code_passes() -> None:
    texts = [SAMPLES["en"], SAMPLES["de"], "x = 1", "\0", SAMPLES["ru"]]
    media = ["text/plain", "text/plain", "text/x-code", "text/plain", "text/plain"]
    step = steps.make({"use": "language", "keep": ["en", "ru"]})
    out = step.apply(batch_of(texts, media_type=media))
    assert reasons_of(out) == [
        None,
        "language not wanted: de",
        None,
        "language not wanted: und",
        None,
    ]
    assert out.column("language").to_pylist() == ["en", "de", "", "und", "ru"]


def test_a_declared_language_stands_where_none_can_be_told_or_where_it_is_trusted() -> None:
    batch = batch_of(["", SAMPLES["en"]], language=["sv", "sv"])
    told = steps.make("language").apply(batch).column("language").to_pylist()
    assert told == ["sv", "en"]
    trusted = steps.make({"use": "language", "trust_declared": True}).apply(batch)
    assert trusted.column("language").to_pylist() == ["sv", "sv"]


@pytest.mark.parametrize("name", identifiers.names())
@settings(max_examples=60, deadline=None)
@given(text=st.text(max_size=300))
def test_nothing_crashes_on_arbitrary_text(name: str, text: str) -> None:
    verdict = identifiers.make(name).identify(text)
    assert 0 <= verdict.score <= 1


@settings(max_examples=30, deadline=None)
@given(st.lists(st.text(max_size=50), max_size=5))
def test_the_step_takes_arbitrary_text(texts: list[str]) -> None:
    assert steps.make("language").apply(batch_of(texts)).num_rows == len(texts)
