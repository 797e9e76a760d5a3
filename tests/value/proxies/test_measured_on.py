from pathlib import Path

import msgspec
import pytest

from etude.errors import ConfigError
from etude.store import Dataset
from etude.train.reading.knowing import read_cloze
from etude.train.vocabulary import train_vocabulary
from etude.train.world import Cloze
from etude.value.proxies.measured_on import passages, write_cloze


def test_passages_are_so_many_of_each_domain_and_the_same_each_time(sense: Path) -> None:
    found = passages(Dataset.open(sense).documents(), 7, 400, 0)
    assert [document.domain for document in found] == ["notes"] * 7 + ["tales"] * 7
    assert all(300 <= len(document.text) <= 400 for document in found)
    again = passages(reversed(list(Dataset.open(sense).documents())), 7, 400, 0)
    assert found == again


def test_text_that_is_too_short_to_measure_on_is_refused() -> None:
    with pytest.raises(ConfigError, match="nothing to measure on"):
        passages([], 5, 400, 0)


def test_sentences_are_to_be_finished_with_one_of_four_words(sense: Path, tmp_path: Path) -> None:
    found = list(Dataset.open(sense).documents())
    tokenizer = train_vocabulary((document.text for document in found), 400)
    n = write_cloze(tmp_path / "cloze.jsonl", found, 20, tokenizer, 0)
    lines = (tmp_path / "cloze.jsonl").read_bytes().splitlines()
    items = [msgspec.json.decode(line, type=Cloze) for line in lines]
    assert n == len(items) == 40
    for item in items:
        words = [item.continuation, *item.others]
        assert len(set(words)) == 4
        assert all(word.startswith(" ") for word in words)
        assert item.group in ("notes", "tales")
    assert len(read_cloze(tmp_path / "cloze.jsonl", tokenizer)) == 40
    same = tmp_path / "again.jsonl"
    write_cloze(same, found, 20, tokenizer, 0)
    assert same.read_bytes() == (tmp_path / "cloze.jsonl").read_bytes()
