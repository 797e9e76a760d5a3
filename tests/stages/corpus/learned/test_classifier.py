import random
from pathlib import Path

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from etude.errors import ConfigError, RecordError
from etude.stages.corpus.learned import (
    Classifier,
    LanguageModel,
    Shape,
    Training,
    auc,
    file_digest,
    measure,
    train_classifier,
    train_labels,
)

SMALL = Training(shape=Shape(bits=14), stop_share=0.2, check_share=0.2)
GOOD = [
    "the",
    "method",
    "returns",
    "a",
    "value",
    "and",
    "explains",
    "what",
    "it",
    "does",
    "in",
    "plain",
    "words",
]
BAD = [
    "click",
    "here",
    "buy",
    "cheap",
    "pills",
    "now",
    "win",
    "free",
    "prize",
    "casino",
    "offer",
    "online",
]
SHARED = ["and", "of", "to", "a", "in", "for", "on", "with", "1", "2", ",", ".", "new"]


def prose(words: list[str], n_texts: int, seed: int, own: float = 0.3) -> pa.Array:
    rng = random.Random(seed)
    return pa.array(
        [
            " ".join(rng.choice(words if rng.random() < own else SHARED) for _ in range(30))
            for _ in range(n_texts)
        ]
    )


TRAINED = train_classifier([prose(GOOD, 400, 1)], [prose(BAD, 300, 2)], SMALL)


def test_it_tells_texts_apart_that_it_never_saw() -> None:
    good = TRAINED.score(prose(GOOD, 100, 3))
    bad = TRAINED.score(prose(BAD, 100, 4))
    assert TRAINED.labels == ("bad", "good")
    assert good.dtype == np.float32
    np.testing.assert_allclose(good.sum(axis=1), 1, rtol=1e-5)
    assert (good[:, 1] > 0.5).mean() > 0.97
    assert (bad[:, 1] < 0.5).mean() > 0.97
    assert TRAINED.card.checked.auc > 0.99


def test_its_card_says_what_it_was_made_of() -> None:
    bad, good = TRAINED.card.examples
    assert (bad.label, bad.n_texts, good.label, good.n_texts) == ("bad", 300, "good", 400)
    assert good.n_bytes == sum(len(text) for text in prose(GOOD, 400, 1).to_pylist())
    assert '"rate":1.0' in TRAINED.card.settings
    assert 0 < TRAINED.card.checked.n_texts < 300
    assert TRAINED.card.n_epochs >= 1


def test_the_same_examples_and_seed_give_the_same_file(tmp_path: Path) -> None:
    again = train_classifier(
        [prose(GOOD, 400, 1).slice(0, 100), prose(GOOD, 400, 1).slice(100)],
        [prose(BAD, 300, 2)],
        SMALL,
    )
    TRAINED.save(tmp_path / "one")
    again.save(tmp_path / "two")
    assert (tmp_path / "one").read_bytes() == (tmp_path / "two").read_bytes()
    assert file_digest(tmp_path / "one") == file_digest(tmp_path / "two")


def test_a_file_gives_back_the_classifier(tmp_path: Path) -> None:
    TRAINED.save(tmp_path / "quality")
    read = Classifier.load(tmp_path / "quality")
    assert read.card == TRAINED.card
    texts = pa.concat_arrays([prose(GOOD, 5, 8), pa.array(["", "casino", "\0\n" * 50])])
    assert read.score(texts).tolist() == TRAINED.score(texts).tolist()


def test_a_damaged_file_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "quality"
    TRAINED.save(path)
    whole = path.read_bytes()
    for content, message in (
        (b"", "is no model"),
        (b"text", "is no model"),
        (whole[:-1], "damaged"),
        (whole[:100] + b"\xff" + whole[101:], "damaged"),
        (whole[:8] + b"\x09" + whole[9:], "format 9"),
    ):
        path.write_bytes(content)
        with pytest.raises(RecordError, match=message):
            Classifier.load(path)
    path.write_bytes(whole)
    with pytest.raises(RecordError, match="holds a classifier model, and no ngram model"):
        LanguageModel.load(path)
    with pytest.raises(RecordError, match="cannot read"):
        Classifier.load(tmp_path / "nowhere")


def test_several_labels_are_told_apart() -> None:
    sources = {
        "code": [prose(["def", "return", "self", "import"], 150, 5)],
        "law": [prose(["whereas", "party", "clause", "shall"], 150, 6)],
        "food": [prose(["bake", "flour", "oven", "sugar"], 150, 7)],
    }
    trained = train_labels(sources, SMALL)
    assert trained.labels == ("code", "law", "food")
    scores = trained.score(prose(["bake", "flour", "oven", "sugar"], 20, 9))
    assert scores.shape == (20, 3)
    assert (scores.argmax(axis=1) == trained.column("food")).all()
    assert trained.column("") == 2
    with pytest.raises(RecordError, match="no 'sport'"):
        trained.column("sport")


def test_parts_of_words_tell_languages_apart_that_share_no_words() -> None:
    shape = Shape(bits=14, words=0, letters_from=2, letters_to=3)
    rng = random.Random(1)

    def names(ending: str) -> pa.Array:
        letters = "abdegiklmnorstu"
        return pa.array(
            [
                " ".join("".join(rng.choices(letters, k=5)) + ending for _ in range(10))
                for _ in range(80)
            ]
        )

    trained = train_labels(
        {"a": [names("ung")], "b": [names("zione")]},
        Training(shape=shape, stop_share=0.2, check_share=0.2),
    )
    assert trained.card.checked.accuracy > 0.95


def test_examples_are_drawn_the_same_whatever_their_order() -> None:
    limited = Training(shape=Shape(bits=12), max_texts=60, stop_share=0.2, check_share=0.2)
    good = prose(GOOD, 200, 1)
    backwards = good.take(pa.array(range(199, -1, -1)))
    one = train_classifier([good], [prose(BAD, 200, 2)], limited)
    other = train_classifier([backwards], [prose(BAD, 200, 2)], limited)
    assert one.card.examples == other.card.examples
    assert one.card.examples[1].n_texts == 60


def test_calibrated_probabilities_are_as_often_right_as_they_say() -> None:
    hard = train_classifier(
        [prose(GOOD, 1500, 11, own=0.08)], [prose(BAD, 1500, 12, own=0.08)], SMALL
    )
    assert 0.7 < hard.card.checked.accuracy < 0.999
    assert hard.card.checked.calibration_error < 0.06


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        (Training(stop_share=0), "between 0 and 1"),
        (Training(stop_share=0.5, check_share=0.5), "leave nothing"),
        (Training(rate=0), "must be positive"),
        (Training(shape=Shape(bits=99)), "bits"),
    ],
)
def test_settings_that_cannot_be_are_refused(settings: Training, message: str) -> None:
    with pytest.raises(ConfigError, match=message):
        train_classifier([prose(GOOD, 9, 1)], [prose(BAD, 9, 1)], settings)


def test_too_few_examples_are_refused_by_name() -> None:
    with pytest.raises(ConfigError, match="no examples of 'good'"):
        train_classifier([], [prose(BAD, 9, 1)], SMALL)
    with pytest.raises(ConfigError, match="too few examples of"):
        train_classifier([pa.array(["one"])], [prose(BAD, 50, 1)], SMALL)
    with pytest.raises(ConfigError, match="2 to 64 labels"):
        train_labels({"only": [prose(BAD, 9, 1)]}, SMALL)


@given(
    st.lists(st.tuples(st.integers(0, 6), st.booleans()), min_size=2, max_size=40).filter(
        lambda pairs: len({yes for _, yes in pairs}) == 2
    )
)
@settings(max_examples=60, deadline=None)
def test_auc_is_the_share_of_pairs_in_the_right_order(pairs: list[tuple[int, bool]]) -> None:
    wins = [
        (good > bad) + (good == bad) / 2
        for good, yes in pairs
        for bad, other in pairs
        if yes and not other
    ]
    scores, positive = zip(*pairs, strict=True)
    assert auc(scores, positive) == pytest.approx(sum(wins) / len(wins))


def test_figures_of_known_probabilities() -> None:
    shares = np.array([[0.9, 0.1], [0.2, 0.8], [0.4, 0.6], [0.7, 0.3]])
    measured = measure(shares, np.array([0, 1, 0, 1], dtype=np.int32))
    assert measured.accuracy == 0.5
    assert measured.auc == 0.75
    assert measured.brier == pytest.approx((0.01 + 0.04 + 0.36 + 0.49) / 4)
    assert measured.calibration_error == pytest.approx((0.1 + 0.2 + 0.6 + 0.7) / 4)
    half = next(at for at in measured.thresholds if at.threshold == 0.5)
    assert (half.kept_share, half.precision, half.recall) == (0.5, 0.5, 0.5)
