"""Data sets are shipped whole or not at all, and read back by what they are made for."""

import re
import tomllib
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


def test_a_taskset_for_verifiers_keeps_references_off_its_tasks(tmp_path: Path) -> None:
    held = problems(tmp_path / "ds")
    written = formats.make({"use": "verifiers", "package": "sums"}).ship(held, tmp_path / "out")
    assert written == [
        "README.md",
        "pyproject.toml",
        "sums/__init__.py",
        "sums/problems.jsonl",
        "sums/references.jsonl",
        "sums/taskset.py",
    ]
    rows = (tmp_path / "out" / "sums" / "problems.jsonl").read_text("utf-8").splitlines()
    assert set(msgspec.json.decode(rows[0])) == {"id", "prompt", "topic", "family", "level", "bin"}
    hidden = (tmp_path / "out" / "sums" / "references.jsonl").read_text("utf-8").splitlines()
    assert [msgspec.json.decode(row, type=Reference).answer for row in hidden] == ["1", "2", "3"]
    project = tomllib.loads((tmp_path / "out" / "pyproject.toml").read_text("utf-8"))
    assert project["project"]["name"] == "sums"


def test_rows_for_nemo_gym_hold_the_request_and_what_verifying_needs(tmp_path: Path) -> None:
    held = problems(tmp_path / "ds")
    formats.make({"use": "nemo_gym", "server": "sums"}).ship(held, tmp_path / "out")
    rows = (tmp_path / "out" / "data" / "train.jsonl").read_text("utf-8").splitlines()
    first = msgspec.json.decode(rows[0])
    message = {"role": "user", "content": "What is 0 + 1?\n\nBox it."}
    assert first["responses_create_params"] == {"input": [message]}
    assert msgspec.json.decode(first["reference"], type=Reference).answer == "1"
    assert (tmp_path / "out" / "configs" / "sums.yaml").is_file()


@pytest.mark.parametrize("spec", [{"use": "verifiers"}, {"use": "nemo_gym"}, {"use": "trl"}])
def test_every_program_that_is_shipped_is_valid_and_holds_no_blank(
    spec: dict[str, str], tmp_path: Path
) -> None:
    formats.make(spec).ship(problems(tmp_path / "ds"), tmp_path / "out")
    for path in (tmp_path / "out").rglob("*.py"):
        text = path.read_text("utf-8")
        compile(text, path.name, "exec")
        assert not re.search(r"\{(package|server|digest)\}", text)


@pytest.mark.parametrize(
    "spec", [{"use": "verifiers", "package": "../up"}, {"use": "nemo_gym", "server": "A b"}]
)
def test_a_name_that_would_lead_elsewhere_is_refused(spec: dict[str, str]) -> None:
    with pytest.raises(ConfigError, match="cannot be the name"):
        formats.make(spec)
