import json
import random
from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from tokenizers import Tokenizer

from etude.errors import ConfigError
from etude.stages.corpus.tokens import _tokie
from etude.stages.corpus.tokens.bpe import BpeSettings, train
from etude.stages.corpus.tokens.encode import Encoder
from etude.stages.corpus.tokens.patterns import PATTERNS, POSSESSIVE

LAW = settings(
    max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
NASTY = (
    "  \t\n\r\x0b\x0c\x85\xa0\u2003\u3000'sStTlLvVrRdDm.,<|>/019²½Ⅷⓐéß\u0301\u017fK\u200d中あ가🙂\0"
)
nasty_text = st.text(st.sampled_from(NASTY), max_size=60) | st.text(max_size=40)


def slow(path: Path, texts: list[str]) -> list[list[int]]:
    """What `tokenizers` itself gives for plain text."""
    reference = Tokenizer.from_file(str(path))
    reference.encode_special_tokens = True
    return [e.ids for e in reference.encode_batch(texts, add_special_tokens=False)]


def fast(encoder: Encoder, texts: list[str]) -> list[list[int]]:
    ids, offsets = encoder.encode(texts)
    return [ids[a:b].tolist() for a, b in pairwise(offsets)]


@pytest.fixture(scope="session")
def encoder(tokenizer: Path) -> Encoder:
    return Encoder(tokenizer)


DIFFERING = {
    "a tab before a sign and letters": "\t(x \t@ISA\t$s",
    "a no-break space before a letter": "\u00a0C\u00a0RAM",
    "other white space before a sign": "\x0b.s\x0c_f\x0b't",
    "numerals that are no digits": " \u2167 \u00b2\u00bd \u200d\u2167",
    "circled letters": "\u24d0.M x\u24d0_f",
    "a sign of two bytes after a tab": "\t\u00d7",
    "a special token's name": "a<|endoftext|>b",
}


@pytest.mark.parametrize("text", DIFFERING.values(), ids=DIFFERING)
def test_what_made_the_engines_differ_no_longer_does(
    text: str, encoder: Encoder, tokenizer: Path
) -> None:
    assert encoder.engine == "tokie"
    assert fast(encoder, [text]) == slow(tokenizer, [text])


def test_long_texts_are_cut_only_where_tokens_end_anyway(encoder: Encoder, tokenizer: Path) -> None:
    rng = random.Random(3)
    runs = ["ab", "  ", " \n", ".", "\t", "\t(x", "\u3000", "中", "\n\n", "don't "]
    texts = ["".join(rng.choice(runs) for _ in range(30_000)) for _ in range(3)]
    texts += [" " * 60_000 + "x", "a" * 50_000, "中" * 40_000, "x\n" * 30_000, "ab. " * 20_000]
    assert fast(encoder, texts) == slow(tokenizer, texts)
    for text in texts:
        assert fast(encoder, [text]) == slow(tokenizer, [text])


def test_a_cut_is_never_longer_than_tokie_takes_whole() -> None:
    pattern = PATTERNS["gpt4"]
    text = ("word " * 10_000 + "\n" + "中文。\n" * 10_000).encode()
    parts = _tokie.cut(text, pattern)
    assert parts is not None
    assert b"".join(parts) == text
    assert max(map(len, parts)) <= _tokie.LONGEST
    assert _tokie.cut(b"x" * 20_000, pattern) is None


@LAW
@given(st.lists(nasty_text, max_size=6))
def test_both_engines_give_the_same_tokens(
    encoder: Encoder, tokenizer: Path, texts: list[str]
) -> None:
    assert fast(encoder, texts) == slow(tokenizer, texts)


@LAW
@given(nasty_text)
def test_decoding_gives_the_bytes_back(encoder: Encoder, text: str) -> None:
    ids, _ = encoder.encode([text])
    assert encoder.decode(ids) == text.encode()
    assert ids.size == 0 or ids.max() < encoder.special("<|endoftext|>")


@pytest.mark.parametrize("name", [*PATTERNS, "possessive"])
def test_every_known_pattern_is_followed(
    name: str, corpus_texts: list[str], tmp_path: Path
) -> None:
    path = tmp_path / "t.json"
    pattern = next(iter(POSSESSIVE)) if name == "possessive" else name
    path.write_bytes(train(corpus_texts, BpeSettings(vocab=400, pattern=pattern)))
    encoder = Encoder(path, "tokie")
    rng = random.Random(5)
    texts = ["".join(rng.choice(NASTY) for _ in range(40)) for _ in range(400)]
    long = ["".join(rng.choice(["ab ", "\n", "x", "  ", "中\n", "/", "!"]) for _ in range(9000))]
    assert fast(encoder, texts + long) == slow(path, texts + long)


def test_a_pattern_that_is_not_known_is_left_to_tokenizers(
    corpus_texts: list[str], tmp_path: Path
) -> None:
    path = tmp_path / "t.json"
    path.write_bytes(train(corpus_texts, BpeSettings(vocab=400, pattern=r"\w+|\W")))
    encoder = Encoder(path)
    assert encoder.engine == "tokenizers"
    assert "pattern" in encoder.why
    assert fast(encoder, corpus_texts) == slow(path, corpus_texts)
    with pytest.raises(ConfigError, match="tokie cannot be used"):
        Encoder(path, "tokie")


@pytest.mark.parametrize(
    ("change", "why"),
    [
        ({"normalizer": {"type": "NFC"}}, "plain byte-level"),
        ({"pre_tokenizer": {"type": "Whitespace"}}, "plain byte-level"),
    ],
)
def test_other_tokenizers_are_left_to_tokenizers(
    change: dict[str, Any], why: str, tokenizer: Path, tmp_path: Path
) -> None:
    path = tmp_path / "other.json"
    path.write_text(json.dumps({**json.loads(tokenizer.read_bytes()), **change}))
    encoder = Encoder(path)
    assert why in encoder.why
    assert fast(encoder, ["e\u0301 text"]) == slow(path, ["e\u0301 text"])


def test_engines_put_characters_into_the_same_classes() -> None:
    assert _tokie.compare_classes((r"\p{N}",)) == ""


@pytest.mark.slow
def test_engines_agree_on_every_class_of_every_character() -> None:
    assert _tokie.compare_classes() == ""
    assert _tokie.compare_classes((r"\p{Lt}", r"\p{Lm}", r"\p{Lo}")) == ""


def test_null_and_chunked_arrays_are_texts_too(encoder: Encoder) -> None:
    array = pa.chunked_array([pa.array(["a b", None]), pa.array([""], type=pa.string())])
    ids, offsets = encoder.encode(array)
    assert np.diff(offsets).tolist() == [len(ids), 0, 0]
    assert encoder.count(pa.array([], type=pa.string())).tolist() == []


def test_what_cannot_be_asked_is_refused(encoder: Encoder, tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="No such file"):
        Encoder(tmp_path / "none.json")
    (tmp_path / "bad.json").write_text("{}")
    with pytest.raises(ConfigError, match=r"no tokenizer\.json"):
        Encoder(tmp_path / "bad.json")
    with pytest.raises(ConfigError, match="has no special token"):
        encoder.special("<|nothing|>")
    with pytest.raises(ConfigError, match="has no token 70000"):
        encoder.decode([70_000])
