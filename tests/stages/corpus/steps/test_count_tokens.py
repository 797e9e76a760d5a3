from pathlib import Path

import pytest

from etude.errors import ConfigError
from etude.stages.corpus import batch as columns
from etude.stages.corpus.steps import steps
from etude.stages.corpus.tokens.bpe import BpeSettings, train


def test_tokens_are_counted_for_each_document(tmp_path: Path) -> None:
    path = tmp_path / "tokenizer.json"
    path.write_bytes(train(["aaaa bbbb aaaa bbbb"] * 10, BpeSettings(vocab=300)))
    step = steps.make({"use": "count_tokens", "tokenizer": str(path)})
    origin = {"source": "here", "licence": "", "made_by": "tests 1", "parents": []}
    texts = ["aaaa bbbb", "", "xyz"]
    batch = columns.from_columns({"id": list("abc"), "origin": [origin] * 3, "text": texts}, 3)
    counts = columns.signal(step.apply(batch), "n_tokens")
    assert counts is not None
    assert counts.tolist() == [2, 0, 3]


def test_a_missing_tokenizer_is_said(tmp_path: Path) -> None:
    step = steps.make({"use": "count_tokens", "tokenizer": str(tmp_path / "none.json")})
    origin = {"source": "here", "licence": "", "made_by": "tests 1", "parents": []}
    batch = columns.from_columns({"id": ["a"], "origin": [origin], "text": ["a"]}, 1)
    with pytest.raises(ConfigError, match="No such file"):
        step.apply(batch)
