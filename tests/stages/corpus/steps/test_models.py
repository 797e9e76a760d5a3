"""The steps `classifier` and `perplexity`, which ask a model that was trained before."""

import random
from pathlib import Path

import pyarrow as pa
import pytest

from etude.errors import ConfigError, RecordError
from etude.stages.corpus.batch import DROP, from_columns, signal
from etude.stages.corpus.learned import (
    LanguageTraining,
    Shape,
    Training,
    file_digest,
    train_classifier,
    train_language_model,
)
from etude.stages.corpus.steps import steps

ORIGIN = {"source": "s", "licence": "", "made_by": "t", "parents": []}
GOOD = ["river", "mountain", "history", "language", "village", "music"]
BAD = ["casino", "cheap", "click", "winner", "pills", "free"]


def prose(words: list[str], n: int, seed: int) -> list[str]:
    rng = random.Random(seed)
    return [" ".join(rng.choices([*words, "the", "of", "and"], k=30)) for _ in range(n)]


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    place = tmp_path_factory.mktemp("models")
    good, bad = pa.array(prose(GOOD, 100, 1)), pa.array(prose(BAD, 100, 2))
    settings = Training(shape=Shape(bits=12), stop_share=0.2, check_share=0.2)
    train_classifier([good], [bad], settings).save(place / "quality")
    reference = LanguageTraining(order=3, min_counts=(1,), check_share=0.2)
    train_language_model([good], reference).save(place / "english")
    return place


def batch_of(texts: list[str], languages: list[str] | None = None) -> pa.RecordBatch:
    n = len(texts)
    return from_columns(
        {
            "id": [str(i) for i in range(n)],
            "origin": [ORIGIN] * n,
            "text": texts,
            "language": languages or ["en"] * n,
        },
        n,
    )


TEXTS = [prose(GOOD, 1, 7)[0], prose(BAD, 1, 8)[0], ""]


def reasons(batch: pa.RecordBatch) -> list[str | None]:
    index = batch.schema.get_field_index(DROP)
    found: list[str | None] = batch.column(index).to_pylist()
    return found


def values(batch: pa.RecordBatch, name: str) -> list[float]:
    found = signal(batch, name)
    assert found is not None
    result: list[float] = found.tolist()
    return result


def test_a_classifier_scores_and_drops_what_is_low(folder: Path) -> None:
    table = {"use": "classifier", "model": str(folder / "quality")}
    scored = steps.make(table).apply(batch_of(TEXTS))
    assert DROP not in scored.schema.names
    good, bad, _ = values(scored, "quality")
    assert good > 0.9
    assert bad < 0.1
    kept = steps.make({**table, "keep_above": 0.3}).apply(batch_of(TEXTS[:2]))
    assert reasons(kept) == [None, "low quality"]


def test_another_label_is_dropped_where_it_is_high(folder: Path) -> None:
    step = steps.make(
        {
            "use": "classifier",
            "model": str(folder / "quality"),
            "label": "bad",
            "signal": "spam",
            "drop_above": 0.9,
        }
    )
    judged = step.apply(batch_of(TEXTS[:2]))
    assert reasons(judged) == [None, "high spam"]
    assert values(judged, "spam")[1] > 0.9


def test_only_the_languages_named_are_judged(folder: Path) -> None:
    batch = batch_of(TEXTS[:2] * 2, ["en", "en", "fr", ""])
    table = {"model": str(folder / "quality"), "languages": ["en"]}
    judged = steps.make({"use": "classifier", "keep_above": 0.5, **table}).apply(batch)
    assert reasons(judged) == [None, "low quality", None, None]
    assert judged.column(judged.schema.get_field_index("signal_quality")).null_count == 2
    table["model"] = str(folder / "english")
    measured = steps.make({"use": "perplexity", "high": 1.0, **table}).apply(batch)
    assert reasons(measured) == ["high perplexity"] * 2 + [None, None]
    nobody = steps.make({"use": "perplexity", **table}).apply(batch_of(TEXTS[:1], ["fr"]))
    assert nobody.column(nobody.schema.get_field_index("signal_perplexity")).null_count == 1


def test_perplexity_is_high_for_text_unlike_the_reference(folder: Path) -> None:
    table = {"use": "perplexity", "model": str(folder / "english")}
    good, bad, _ = values(steps.make(table).apply(batch_of(TEXTS)), "perplexity")
    assert good * 20 < bad
    judged = steps.make({**table, "high": good * 2, "low": good / 2}).apply(batch_of(TEXTS))
    assert reasons(judged)[:2] == [None, "high perplexity"]
    low = steps.make({**table, "low": good * 2}).apply(batch_of(TEXTS[:1]))
    assert reasons(low) == ["low perplexity"]


def test_documents_are_sorted_into_head_middle_and_tail(folder: Path) -> None:
    table = {"use": "perplexity", "model": str(folder / "english")}
    good, bad, _ = values(steps.make(table).apply(batch_of(TEXTS)), "perplexity")
    for limits, expected in (
        ([good * 2, bad * 2], [0, 1]),
        ([good / 2, good * 2], [1, 2]),
        ([good / 4, good / 2], [2, 2]),
    ):
        judged = steps.make({**table, "buckets": limits}).apply(batch_of(TEXTS[:2]))
        assert values(judged, "perplexity_bucket") == expected
    own = steps.make(table).apply(batch_of(prose(GOOD, 200, 11)))
    buckets = values(own, "perplexity_bucket")
    assert {0.0, 1.0, 2.0} == set(buckets)


def test_a_model_that_is_not_the_one_asked_for_is_refused(folder: Path) -> None:
    path = folder / "quality"
    good = {"use": "classifier", "model": str(path), "sha256": file_digest(path)}
    steps.make(good).apply(batch_of(TEXTS))
    with pytest.raises(ConfigError, match="digest is another"):
        steps.make({**good, "sha256": "0" * 64}).apply(batch_of(TEXTS))
    with pytest.raises(ConfigError, match="cannot read the model"):
        steps.make({**good, "model": str(folder / "none")}).apply(batch_of(TEXTS))
    with pytest.raises(ConfigError, match="needs the path"):
        steps.make({**good, "model": ""}).apply(batch_of(TEXTS))
    with pytest.raises(RecordError, match="no ngram model"):
        steps.make({"use": "perplexity", "model": str(path)}).apply(batch_of(TEXTS))
    with pytest.raises(RecordError, match="no 'else'"):
        steps.make({**good, "label": "else"}).apply(batch_of(TEXTS))


@pytest.mark.parametrize(
    "wrong",
    [
        {"use": "classifier", "model": "m", "keep_above": 2},
        {"use": "perplexity", "model": "m", "buckets": [3]},
        {"use": "perplexity", "model": "m", "low": 9, "high": 3},
    ],
)
def test_settings_that_cannot_be_are_refused(wrong: dict[str, object]) -> None:
    with pytest.raises(ConfigError):
        steps.make(wrong)


def test_an_empty_batch_stays_empty(folder: Path) -> None:
    batch = batch_of([])
    for use, model in (("classifier", "quality"), ("perplexity", "english")):
        step = steps.make({"use": use, "model": str(folder / model)})
        assert step.apply(batch).num_rows == 0
