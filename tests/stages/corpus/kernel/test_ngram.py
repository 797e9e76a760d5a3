import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from etude.stages.corpus.kernel import ngram
from etude.stages.corpus.kernel._texts import Texts
from etude.stages.corpus.learned import LanguageModel, LanguageTraining, train_language_model

REFERENCE = pa.array(
    [
        "the cat sat on the mat.",
        "the cat sat on 2 hats",
        "a dog, the cat and 中文 the mat",
        "",
        "é!",
    ]
)
HOSTILE = st.lists(
    st.one_of(
        st.binary(max_size=60),
        st.lists(
            st.sampled_from(["the", "cat", "sat", "on", "mat", "X9", "中", ",", "é"]), max_size=20
        ).map(lambda words: " ".join(words).encode()),
    ),
    max_size=8,
)


def model(order: int) -> LanguageModel:
    floors = LanguageTraining(order=order, min_counts=(1,), check_share=0)
    return train_language_model([REFERENCE], floors)


MODELS = {order: model(order) for order in (1, 2, 3, 8)}


@pytest.mark.parametrize("order", MODELS)
@given(documents=HOSTILE)
@settings(max_examples=50, deadline=None)
def test_the_kernel_scores_as_the_reference_does_to_the_bit(
    order: int, documents: list[bytes]
) -> None:
    texts = Texts.of(pa.array(documents, type=pa.binary()))
    ours = ngram.score(MODELS[order].ngrams, texts)
    plain = ngram.score_in_python(MODELS[order].ngrams, texts)
    assert ours.log_p.tolist() == plain.log_p.tolist()
    assert ours.words.tolist() == plain.words.tolist()
    assert ours.unknown.tolist() == plain.unknown.tolist()


@given(documents=HOSTILE)
@settings(max_examples=50, deadline=None)
def test_the_kernel_finds_the_words_and_the_spelling_of_the_reference(
    documents: list[bytes],
) -> None:
    fold = MODELS[1].ngrams.fold
    texts = Texts.of(pa.array(documents, type=pa.binary()))
    ours, plain = ngram.split(fold, texts), ngram.split_in_python(fold, texts)
    assert ours.hashes.tolist() == plain.hashes.tolist()
    assert ours.starts.tolist() == plain.starts.tolist()
    assert ours.lengths.tolist() == plain.lengths.tolist()
    assert ours.ends.tolist() == plain.ends.tolist()
    pairs = [np.zeros((257, 257), dtype=np.int64) for _ in range(2)]
    ngram.spell(fold, texts, ours, pairs[0])
    ngram.spell_in_python(fold, texts, plain, pairs[1])
    assert (pairs[0] == pairs[1]).all()


def test_a_table_that_is_full_is_searched_to_its_end_and_no_further() -> None:
    whole = MODELS[3].ngrams
    full = whole._replace(table=whole.table[whole.table["key"] > 0], bits=1)
    texts = Texts.of(pa.array(["the cat sat", "zebra"]))
    assert ngram.score(full, texts).words.tolist() == [4, 2]
