"""Texts are split exactly as spaCy splits English, in C and in Python."""
# ruff: noqa: SIM905 - lists of characters, hard to tell apart

import ctypes
import json
from pathlib import Path
from typing import NamedTuple

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from etude.stages.corpus.kernel._library import available, library
from etude.stages.corpus.kernel.reference import words as reference
from etude.stages.corpus.kernel.reference._tables import english

DATA = Path(__file__).parents[3] / "data" / "corpus" / "words.json"
GOLDEN = json.loads(DATA.read_text("utf-8"))
in_c = pytest.mark.skipif(not available(), reason="the kernel is not compiled")
PIECES = st.sampled_from(
    [
        *english().exceptions,
        *english().units,
        *english().money,
        *(". .. ... ; ! ? - -- --- ( ) [ ] ' \" 's / = < > + ^ * @ % $ a B z 1 9 0".split()),
        *("\u2013 \u2014 ~ \u2019s \u2026 \u65e5\u672c \u3002 \u00e9 \u0301 \u03a3 \xb0".split()),
        *("http:// www. .com 10. 192.168. : ,".split()),
        *[" ", "  ", "\n", "\t", "\u3000", "\xa0", "\x85", "\ufeff", "\x00"],
    ]
)
TEXTS = st.lists(st.one_of(PIECES, PIECES, PIECES, st.text(max_size=3)), max_size=12).map("".join)


class _Words(ctypes.Structure):
    _fields_ = (
        ("n", ctypes.c_int64),
        ("cap", ctypes.c_int64),
        ("start", ctypes.POINTER(ctypes.c_int64)),
        ("bytes", ctypes.POINTER(ctypes.c_int32)),
        ("chars", ctypes.POINTER(ctypes.c_int32)),
        ("flags", ctypes.POINTER(ctypes.c_uint32)),
        ("hash", ctypes.POINTER(ctypes.c_uint64)),
        ("gap", ctypes.POINTER(ctypes.c_uint8)),
        ("end_gap", ctypes.c_uint8),
        ("end", ctypes.c_void_p),
    )


class Token(NamedTuple):
    text: str
    chars: int
    flags: int
    gap: bool


def split_in_c(text: bytes) -> tuple[list[Token], bool]:
    kernel = library()
    assert kernel is not None
    words = _Words()
    assert kernel.words_split(text, ctypes.c_int64(len(text)), ctypes.byref(words)) == 0
    tokens = []
    for k in range(words.n):
        start, size = words.start[k], words.bytes[k]
        part = text[start : start + size].decode("utf-8", "surrogateescape")
        tokens.append(Token(part, words.chars[k], words.flags[k], bool(words.gap[k])))
    end_gap = bool(words.end_gap)
    kernel.words_free(ctypes.byref(words))
    return tokens, end_gap


def split_in_python(text: str) -> tuple[list[Token], bool]:
    words, end_gap = reference.split(text)
    tokens = [Token(w.text, len(w.text), reference.flags(w.text), w.gap) for w in words]
    return tokens, end_gap


def with_gaps(tokens: list[Token], end_gap: bool) -> list[str]:
    """The tokens of spaCy, with a blank for each token of whitespace."""
    out = []
    for token in tokens:
        out += [" ", token.text] if token.gap else [token.text]
    return [*out, " "] if end_gap else out


def test_the_reference_splits_as_spacy_did() -> None:
    for text, tokens in GOLDEN["words"].items():
        expected = [" " if token.isspace() else token for token in tokens]
        assert with_gaps(*split_in_python(text)) == expected, text


@in_c
def test_the_kernel_splits_as_spacy_did() -> None:
    for text, tokens in GOLDEN["words"].items():
        expected = [" " if token.isspace() else token for token in tokens]
        assert with_gaps(*split_in_c(text.encode())) == expected, text


@in_c
@settings(max_examples=300, deadline=None)
@given(TEXTS)
@example(": :) ):) (:")
@example("°C. (°C.) 10a.m. x10a.m.")
@example("><(((*><(((*>:)))")
@example("http://a@b@c.de:80 1.2.3.4:99999 a.b:80/x")
def test_kernel_and_reference_agree_on_words_and_what_they_are(text: str) -> None:
    assert split_in_c(text.encode()) == split_in_python(text)


@pytest.mark.parametrize("split", [split_in_python, pytest.param(split_in_c, marks=in_c)])
def test_words_say_what_they_are(split: object) -> None:
    text = "The the , . … 3"
    tokens, _ = split(text.encode() if split is split_in_c else text)  # type: ignore[operator]
    kinds = {token.text: token.flags for token in tokens}
    assert kinds["The"] == 1 | 2
    assert kinds["the"] == 1 | 2 | 1 << 13
    assert kinds[","] == 8
    assert kinds["."] == 4 | 8
    assert kinds["…"] == 8
    assert kinds["3"] == 1


@in_c
@settings(max_examples=200, deadline=None)
@given(st.binary(max_size=60))
@example(b"\xf0\x9f\x98 \xe2\x80 a\xc3")
def test_bytes_that_are_no_text_lose_whitespace_only(data: bytes) -> None:
    tokens, _ = split_in_c(data)
    text = data.decode("utf-8", "surrogateescape")
    kept = "".join(char for char in text if not char.isspace())
    assert "".join(token.text for token in tokens) == kept


@in_c
@pytest.mark.parametrize(
    "piece", ["(", "a.", "..a", ":)", "><(((*>", "a@", "°C.", "9km", "\u302e\u1b44"]
)
def test_a_hostile_line_takes_linear_time(piece: str) -> None:
    line = piece.encode() * (2_000_000 // len(piece.encode()))
    tokens = _Words()
    kernel = library()
    assert kernel is not None
    # Quadratic work on two megabytes would outlast the test's time limit.
    assert kernel.words_split(line, ctypes.c_int64(len(line)), ctypes.byref(tokens)) == 0
    assert tokens.n >= 1
    kernel.words_free(ctypes.byref(tokens))


@pytest.mark.parametrize("piece", ["(", "..a", ":)", "a@", "9km"])
def test_a_hostile_line_takes_linear_time_in_python_too(piece: str) -> None:
    assert split_in_python(piece * 20_000)[0]
