"""Data sets are shipped whole or not at all, and read back by what they are made for."""

from pathlib import Path

import msgspec
import pyarrow.parquet as pq
import pytest

from etude.errors import ConfigError
from etude.records import Origin, Problem, Reference
from etude.store import Dataset, DatasetWriter
from etude.store.formats import formats


def problems(folder: Path, *, with_references: bool = True) -> Dataset:
    origin = Origin(source="test", licence="CC0-1.0", made_by="test")
    with DatasetWriter(folder, record="problem") as writer:
        for number in range(3):
            problem = Problem(
                id=f"p{number}",
                origin=origin,
                statement=f"What is {number} + 1?",
                instruction="Box it.",
                topic="arithmetic",
                level=number,
                tags={"bin": "2"},
            )
            writer.write("problems", [problem])
            if with_references:
                reference = Reference(
                    problem_id=problem.id, answer=str(number + 1), solution="Add."
                )
                writer.write("references", [reference])
        writer.finish(recipe="{}")
    return Dataset.open(folder)


def test_json_lines_hold_every_record_and_answers_lie_apart(tmp_path: Path) -> None:
    held = problems(tmp_path / "ds")
    written = formats.make("jsonl").ship(held, tmp_path / "out")
    assert written == ["problems.jsonl", "references.jsonl"]
    text = (tmp_path / "out" / "problems.jsonl").read_text("utf-8")
    assert [msgspec.json.decode(line, type=Problem) for line in text.splitlines()] == list(
        held.rows("problems", Problem)
    )
    assert "answer" not in text


def test_only_the_tables_that_are_named_are_shipped(tmp_path: Path) -> None:
    held = problems(tmp_path / "ds")
    only = formats.make({"use": "jsonl", "tables": ["problems"]})
    assert only.ship(held, tmp_path / "out") == ["problems.jsonl"]
    with pytest.raises(ConfigError, match="has no table 'tasks'"):
        formats.make({"use": "jsonl", "tables": ["tasks"]}).ship(held, tmp_path / "other")
    assert not (tmp_path / "other").exists()


def test_rows_for_trl_hold_a_conversation_and_the_reference(tmp_path: Path) -> None:
    held = problems(tmp_path / "ds")
    written = formats.make({"use": "trl", "system": "Think."}).ship(held, tmp_path / "out")
    assert written == ["README.md", "reward.py", "train.parquet"]
    rows = pq.read_table(tmp_path / "out" / "train.parquet").to_pylist()
    assert rows[1]["prompt"] == [
        {"role": "system", "content": "Think."},
        {"role": "user", "content": "What is 1 + 1?\n\nBox it."},
    ]
    assert (rows[1]["level"], rows[1]["bin"], rows[1]["licence"]) == (1, "2", "CC0-1.0")
    reference = msgspec.json.decode(rows[1]["reference"], type=Reference)
    assert reference.answer == rows[1]["answer"] == "2"
    compile((tmp_path / "out" / "reward.py").read_text("utf-8"), "reward.py", "exec")
    assert held.manifest.digest in (tmp_path / "out" / "README.md").read_text("utf-8")


def test_what_is_there_is_never_overwritten(tmp_path: Path) -> None:
    held = problems(tmp_path / "ds")
    (tmp_path / "out").mkdir()
    (tmp_path / "out" / "mine.txt").write_text("keep me")
    with pytest.raises(ConfigError, match="is there already"):
        formats.make("jsonl").ship(held, tmp_path / "out")
    assert [path.name for path in (tmp_path / "out").iterdir()] == ["mine.txt"]


def test_a_data_set_that_lacks_answers_is_refused_and_leaves_nothing(tmp_path: Path) -> None:
    held = problems(tmp_path / "ds", with_references=False)
    with pytest.raises(ConfigError, match="references"):
        formats.make("trl").ship(held, tmp_path / "out")
    assert [path.name for path in tmp_path.iterdir()] == ["ds"]


def test_a_format_says_which_records_it_takes(tmp_path: Path) -> None:
    with DatasetWriter(tmp_path / "ds", record="document") as writer:
        writer.finish(recipe="{}")
    with pytest.raises(ConfigError, match="holds documents, and this format takes problems"):
        formats.make("trl").ship(Dataset.open(tmp_path / "ds"), tmp_path / "out")
