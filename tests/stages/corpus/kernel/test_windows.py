import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from etude.stages.corpus.kernel import windows
from etude.stages.corpus.kernel._texts import Texts

ODD = "a b\tc\n\u00a0\u3000\u2028é漢字かな\x00\x1f\x85ß🙂"


def held(*values: str) -> Texts:
    return Texts.of(pa.array(values, type=pa.string()))


@settings(max_examples=60, deadline=None)
@given(
    st.lists(st.text(st.sampled_from(ODD), max_size=30) | st.text(max_size=20), max_size=4),
    st.integers(1, 6),
)
def test_the_kernel_finds_the_windows_and_tokens_that_plain_python_finds(
    values: list[str], width: int
) -> None:
    texts = held(*values)
    for quick, plain in (
        (windows.hash_windows(texts, width), windows.hash_windows_in_python(texts, width)),
        (windows.find_tokens(texts), windows.find_tokens_in_python(texts)),
    ):
        for one, other in zip(quick, plain, strict=True):
            assert one.tolist() == other.tolist()


def test_equal_windows_have_equal_hashes_and_others_have_others() -> None:
    text = "one two  three four\nfive one two three"
    found = windows.hash_windows(held(text, "x one two three"), 3)
    assert found.n_tokens.tolist() == [8, 4]
    assert found.keys[0] == found.keys[5] == found.keys[7]
    assert found.checks[0] == found.checks[5] == found.checks[7]
    assert len(np.unique(found.keys)) == 6
    assert len(np.unique(found.checks)) == 6


@pytest.mark.parametrize("text", ["", " ", "\n\n", "a", "漢"])
def test_short_texts_have_no_windows(text: str) -> None:
    found = windows.hash_windows(held(text, "", text), 2)
    assert len(found.keys) == 0
    assert found.n_tokens.tolist() == [len(text.split()), 0, len(text.split())]


def test_texts_of_a_sliced_array_are_found_where_they_lie() -> None:
    array = pa.array(["skip me", "a b", "c"], type=pa.string()).slice(1)
    tokens = windows.find_tokens(Texts.of(array))
    assert tokens.starts.tolist() == [7, 9, 10]
    assert tokens.n_tokens.tolist() == [2, 1]
