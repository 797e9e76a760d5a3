import json
from collections.abc import Callable
from pathlib import Path

import msgspec
import pytest
from tokenizers import Tokenizer

from etude.errors import ConfigError
from etude.stages.corpus.tokens.bpe import (
    BpeSettings,
    TokenizerCard,
    report,
    train,
    train_tokenizer,
)
from etude.stages.corpus.tokens.bytelevel import BYTE_TO_CHAR, merges_of, to_bytes, to_chars
from etude.stages.corpus.tokens.encode import Encoder


def test_every_byte_has_a_character_of_its_own() -> None:
    assert len(set(BYTE_TO_CHAR.values())) == 256
    assert to_bytes(to_chars(bytes(range(256)))) == bytes(range(256))
    assert to_bytes("no byte: \u4e2d") is None


def test_merges_are_found_again_from_the_tokens_alone() -> None:
    single = [bytes([n]) for n in range(256)]
    assert merges_of([*single, b"ab", b"abc", b"abcab"]) == [
        (b"a", b"b"),
        (b"ab", b"c"),
        (b"abc", b"ab"),
    ]
    with pytest.raises(ValueError, match="not made of earlier"):
        merges_of([*single, b"abc"])


@pytest.mark.parametrize("engine", ["rustbpe", "tokenizers"])
def test_same_texts_give_the_same_bytes(engine: str, corpus_texts: list[str]) -> None:
    settings = msgspec.convert({"vocab": 400, "engine": engine}, BpeSettings)
    assert train(corpus_texts, settings) == train(iter(corpus_texts), settings)


@pytest.mark.parametrize("engine", ["rustbpe", "tokenizers"])
def test_the_file_is_a_standard_one_with_special_tokens_last(
    engine: str, corpus_texts: list[str], tmp_path: Path
) -> None:
    path = tmp_path / "tokenizer.json"
    settings = msgspec.convert({"vocab": 400, "engine": engine}, BpeSettings)
    path.write_bytes(train(corpus_texts, settings))
    loaded = Tokenizer.from_file(str(path))
    assert loaded.get_vocab_size() == 400
    assert loaded.token_to_id("<|endoftext|>") == 400 - 16
    assert loaded.token_to_id("<|reserved_8|>") == 399
    for text in corpus_texts:
        if "<|" not in text:
            assert loaded.decode(loaded.encode(text).ids) == text
    assert Encoder(path).engine == "tokie"


def test_a_tokenizer_comes_with_a_card_that_says_how_it_compresses(
    make_corpus: Callable[..., Path], corpus_texts: list[str], tmp_path: Path
) -> None:
    domains = [("web", "code")[n % 2] for n in range(len(corpus_texts))]
    data = make_corpus(corpus_texts, None, domains)
    told: list[tuple[int, int]] = []
    settings = BpeSettings(vocab=420, sample_bytes=20_000, measure_bytes=30_000)
    out = tmp_path / "own.json"
    card = train_tokenizer(data, out, settings, lambda done, total: told.append((done, total)))
    stored = msgspec.json.decode((tmp_path / "own.card.json").read_bytes(), type=TokenizerCard)
    assert stored == card
    assert card.held_out
    assert card.n_vocab == 420
    assert set(card.by_domain) == {"web", "code"}
    assert card.compression.n_bytes == sum(c.n_bytes for c in card.by_domain.values())
    assert 1.0 < card.compression.bytes_per_token < 8.0
    assert "| web |" in report(card)
    assert told[-1] == (len(corpus_texts), len(corpus_texts))
    again = tmp_path / "again.json"
    train_tokenizer(data, again, settings)
    assert again.read_bytes() == out.read_bytes()


def test_hostile_text_is_learned_from_in_bounded_time(
    make_corpus: Callable[..., Path], tmp_path: Path
) -> None:
    data = make_corpus(["x" * 300_000, "ab" * 200_000, " " * 300_000, "\0" * 1000, "中" * 90_000])
    card = train_tokenizer(data, tmp_path / "t.json", BpeSettings(vocab=400))
    assert not card.held_out
    assert card.compression.n_bytes > 1_000_000


def test_what_cannot_be_is_refused(make_corpus: Callable[..., Path], tmp_path: Path) -> None:
    for settings, words in (
        (BpeSettings(vocab=200), "256 bytes"),
        (BpeSettings(pattern="gtp4"), "no pattern is called"),
        (BpeSettings(pattern="(unclosed"), "cannot train"),
        (BpeSettings(special=("a", "a")), "differ"),
        (BpeSettings(special=("<|x|>",)), "endoftext"),
    ):
        with pytest.raises(ConfigError, match=words):
            train(["some text"], settings)
    with pytest.raises(ConfigError, match="no text"):
        train_tokenizer(make_corpus([]), tmp_path / "t.json")


def test_the_default_pattern_is_written_into_the_file(tokenizer: Path) -> None:
    steps = json.loads(tokenizer.read_bytes())["pre_tokenizer"]["pretokenizers"]
    assert steps[0]["pattern"]["Regex"].startswith("(?i:'s|'t|")
