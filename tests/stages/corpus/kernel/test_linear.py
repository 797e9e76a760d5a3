import random

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from etude.stages.corpus.kernel import grams, linear
from etude.stages.corpus.kernel._texts import Texts
from etude.stages.corpus.kernel.linear import Fit, Shape

SHAPES = [
    Shape(bits=10),
    Shape(bits=8, words=1, letters_from=3, letters_to=5),
    Shape(bits=12, words=8, letters_from=1, letters_to=16, fold_digits=True),
    Shape(bits=6, words=0, letters_from=2, letters_to=4, max_bytes=40, fold_case=False),
]
HOSTILE = st.lists(
    st.one_of(
        st.binary(max_size=80),
        st.text(max_size=60).map(str.encode),
        st.text(alphabet="aB c1_.,中\u00a0\u3000\u2019é😀ไ", max_size=60).map(str.encode),
        st.text(alphabet="中é😀\u3000\u2019", max_size=30).map(lambda text: text.encode()[1:-1]),
    ),
    max_size=6,
)


def texts_of(documents: list[bytes]) -> Texts:
    return Texts.of(pa.array(documents, type=pa.binary()))


@pytest.mark.parametrize("shape", SHAPES)
@given(documents=HOSTILE)
@settings(max_examples=60, deadline=None)
def test_the_kernel_adds_up_what_the_reference_does(shape: Shape, documents: list[bytes]) -> None:
    weights = np.random.default_rng(0).integers(-9999, 9999, (1 << shape.bits, 3))
    table = weights.astype(np.int32)
    sums, counts = linear.sums(shape, table, texts_of(documents))
    plain_sums, plain_counts = linear.sums_in_python(shape, table, texts_of(documents))
    assert sums.tolist() == plain_sums.tolist()
    assert counts.tolist() == plain_counts.tolist()


@pytest.mark.parametrize("columns", [1, 3])
@pytest.mark.parametrize("shape", SHAPES)
def test_the_kernel_learns_what_the_reference_does(shape: Shape, columns: int) -> None:
    rng = random.Random(7)
    documents = [
        b" ".join(rng.choices([b"ab", b"Cd1", b"e.", b"\xc3\xa9f"], k=n)) for n in range(9)
    ]
    labels = np.array([n % max(columns, 2) for n in range(9)], dtype=np.int32)

    def fresh() -> Fit:
        table = (1 << shape.bits, columns)
        zeros = [np.zeros(size, dtype=np.float32) for size in (table, table, columns, columns)]
        weights = np.linspace(0.5, 1.5, max(columns, 2)).astype(np.float32)
        return Fit(zeros[0], zeros[1], zeros[2], zeros[3], labels, weights, 0.5, 1e-3)

    order = np.array([3, 1, 8, 0, 5, 2, 4, 7, 6], dtype=np.int64)
    ours, plain = fresh(), fresh()
    for _ in range(2):
        loss = linear.train_pass(shape, ours, texts_of(documents), order)
        expected = linear.train_pass_in_python(shape, plain, texts_of(documents), order)
        assert loss == pytest.approx(expected, rel=1e-4)
    np.testing.assert_allclose(ours.weights, plain.weights, rtol=1e-3, atol=1e-4)
    np.testing.assert_allclose(ours.bias, plain.bias, rtol=1e-3, atol=1e-4)


def words(text: str) -> list[str]:
    fold = grams.fold_table(fold_case=True, fold_digits=True)
    return [word.letters.decode() for word in grams.read_words(text.encode(), fold)]


def test_words_are_runs_of_letters_and_marks_and_han_characters_stand_alone() -> None:
    assert words("Don't 2x snake_case") == ["don", "'", "t", "0x", "snake_case"]
    assert words("中文とword") == ["中", "文", "と", "word"]
    assert words("naïve\u00a0Été\u3000café") == ["naïve", "Été", "café"]
    assert words("“so”…😀😀ok") == ["“", "so", "”", "…", "😀", "😀", "ok"]
    assert words(" \t\0\x7f\n") == []


def test_an_array_of_keys_is_chained_as_one_key_is() -> None:
    keys = np.array([1, 2**63, 12345], dtype=np.uint64)
    hashes = np.array([9, 2**64 - 1, 77], dtype=np.uint64)
    chained = grams.chain_all(keys, hashes).tolist()
    assert chained == [
        grams.chain(key, word) for key, word in zip(keys.tolist(), hashes.tolist(), strict=True)
    ]


def test_texts_are_the_same_from_any_arrow_array() -> None:
    values = ["", "ab", "ü", None, "last"]
    expected = [b"", b"ab", "ü".encode(), b"", b"last"]
    arrays = [
        pa.array(values),
        pa.array(values, type=pa.large_string()),
        pa.array(["x", *values, "y"]).slice(1, 5),
        pa.chunked_array([values[:2], values[2:]], type=pa.string()),
    ]
    for array in arrays:
        texts = Texts.of(array)
        assert [texts.text(i) for i in range(len(texts))] == expected
    assert len(Texts.of(pa.array([], type=pa.string()))) == 0
    assert Texts.of(pa.array(["", None], type=pa.string())).sizes().tolist() == [0, 0]


@pytest.mark.parametrize(
    ("shape", "message"),
    [
        (Shape(bits=29), "bits must be from 1 to 28"),
        (Shape(words=0), "neither words nor parts"),
        (Shape(letters_from=5, letters_to=4), "letters_to must be from 5"),
        (Shape(max_bytes=-1), "max_bytes must not be negative"),
    ],
)
def test_a_shape_that_cannot_be_is_named(shape: Shape, message: str) -> None:
    assert message in (shape.fault() or "")
