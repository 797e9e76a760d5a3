"""A data set is written whole or not at all, whenever its writer dies."""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from etude.errors import ConfigError, RecordError
from etude.records import Grade, TextFile
from etude.store import Dataset, DatasetWriter

Write = Callable[..., None]


def grades(n: int, note: str = "") -> list[Grade]:
    return [Grade(episode_id=f"e{i}", task_id="t", score=1.0, note=note) for i in range(n)]


def files(folder: Path) -> set[str]:
    return {p.relative_to(folder).as_posix() for p in folder.rglob("*") if p.is_file()}


def test_nothing_is_visible_before_the_end_and_nothing_is_left_without_one(tmp_path: Path) -> None:
    path = tmp_path / "ds"
    with DatasetWriter(path, record="grade", shard_rows=2) as writer:
        writer.write("grades", grades(5))
        with pytest.raises(ConfigError):
            Dataset.open(path)
    assert not path.exists()


def test_a_failed_rewrite_leaves_the_old_data_set(dataset_path: Path) -> None:
    before = {name: (dataset_path / name).read_bytes() for name in files(dataset_path)}
    with DatasetWriter(dataset_path, record="grade", shard_rows=1) as writer:
        writer.write("grades", grades(3))
    assert {name: (dataset_path / name).read_bytes() for name in files(dataset_path)} == before


def test_a_rewrite_replaces_the_old_data_set_and_leaves_no_stray(
    dataset_path: Path, write_dataset: Write
) -> None:
    write_dataset(dataset_path, n_tasks=3, text="other")
    dataset = Dataset.open(dataset_path)
    assert dataset.n_rows("tasks") == 3
    assert next(dataset.workspaces()).files == (TextFile(path="tiny/a.py", text="other"),)
    assert dataset.verify() == []
    assert not (dataset_path / ".draft").exists()


def test_writing_the_same_again_changes_no_shard(dataset_path: Path, write_dataset: Write) -> None:
    before, digest = files(dataset_path), Dataset.open(dataset_path).manifest.digest
    write_dataset(dataset_path)
    assert files(dataset_path) == before
    assert Dataset.open(dataset_path).manifest.digest == digest


def test_a_table_without_rows_is_a_table(tmp_path: Path) -> None:
    with DatasetWriter(tmp_path / "ds", record="episode") as writer:
        writer.write("grades", [])
        writer.finish(recipe="{}")
    dataset = Dataset.open(tmp_path / "ds")
    assert [*dataset.episodes(), *dataset.grades()] == []
    assert dataset.verify() == []


def test_a_file_that_is_there_already_is_kept(dataset_path: Path, tmp_path: Path) -> None:
    name = Dataset.open(dataset_path).manifest.files[0].name
    with DatasetWriter(dataset_path, record="task") as writer:
        assert writer.holds_file(name)
        assert not writer.holds_file("codebases/other")
        writer.add_file(name, tmp_path / "not there")
        with pytest.raises(ConfigError, match="holds no codebases/other"):
            writer.keep_file("codebases/other")
        with pytest.raises(ConfigError, match="cannot copy"):
            writer.add_file("codebases/other", tmp_path / "not there")
        writer.finish(recipe="{}")
    assert (dataset_path / name).read_bytes() == b"a codebase"
    assert Dataset.open(dataset_path).verify() == []


def test_a_place_that_is_not_ours_is_left_alone(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("mine")
    (tmp_path / "folder").mkdir()
    (tmp_path / "folder" / "thesis.txt").write_text("mine")
    for path, reason in (
        (tmp_path / "file", "is a file; a data set needs a folder"),
        (tmp_path / "folder", "holds something else and no data set"),
        (tmp_path / "file" / "below", "cannot write"),
    ):
        with pytest.raises(ConfigError, match=reason), DatasetWriter(path, record="task"):
            pass
    assert files(tmp_path) == {"file", "folder/thesis.txt"}


@pytest.mark.skipif(os.geteuid() == 0, reason="root may write anywhere")
def test_a_folder_without_permission_is_one_line(tmp_path: Path) -> None:
    tmp_path.chmod(0o500)
    with (
        pytest.raises(ConfigError, match="Permission denied"),
        DatasetWriter(tmp_path / "ds", record="task"),
    ):
        pass


def test_a_journal_may_lie_in_the_folder_before_the_data_set(tmp_path: Path) -> None:
    (tmp_path / "log.jsonl").write_text("{}\n")
    with DatasetWriter(tmp_path, record="grade") as writer:
        writer.write("grades", grades(1))
        writer.finish(recipe="{}")
    assert (tmp_path / "log.jsonl").read_text() == "{}\n"
    assert Dataset.open(tmp_path).verify() == []


def test_a_second_writer_is_turned_away(tmp_path: Path) -> None:
    with DatasetWriter(tmp_path / "ds", record="grade") as writer:
        writer.write("grades", grades(1))
        with (
            pytest.raises(ConfigError, match=f"being written by process {os.getpid()}"),
            DatasetWriter(tmp_path / "ds", record="grade"),
        ):
            pass
        writer.finish(recipe="{}")
    assert Dataset.open(tmp_path / "ds").verify() == []


def test_rows_of_another_table_are_refused(tmp_path: Path) -> None:
    with DatasetWriter(tmp_path / "ds", record="task") as writer:
        with pytest.raises(RecordError, match="table tasks holds no Grade"):
            writer.write("tasks", grades(1))
        with pytest.raises(RecordError, match=r"no data set has a table 'task' \(known: tasks, "):
            writer.write("task", [])
    with pytest.raises(ConfigError, match="no data set is made of 'tasks'"):
        DatasetWriter(tmp_path / "ds", record="tasks")


KILLED = """
import pathlib, sys
from etude.records import Grade
from etude.store import DatasetWriter
path, number = pathlib.Path(sys.argv[1]), 0
while True:
    number += 1
    with DatasetWriter(path, record="grade", shard_rows=1) as writer:
        for table in ("grades",):
            writer.write(table, [
                Grade(episode_id=f"e{i}", task_id="t", score=1.0, note=f"{number}")
                for i in range(4)
            ])
        writer.finish(recipe=f"{number}")
    print(number, flush=True)
"""


def test_a_killed_writer_leaves_the_old_data_set_or_the_new_one(tmp_path: Path) -> None:
    path = tmp_path / "ds"
    for delay_ms in (0, 3, 7, 12):
        with subprocess.Popen(
            [sys.executable, "-c", KILLED, str(path)], stdout=subprocess.PIPE
        ) as child:
            assert child.stdout is not None
            child.stdout.readline()
            time.sleep(delay_ms / 1000)
            child.send_signal(signal.SIGKILL)
        dataset = Dataset.open(path)
        found = list(dataset.grades())
        assert len(found) == 4
        assert {grade.note for grade in found} == {dataset.manifest.recipe}
    with DatasetWriter(path, record="grade", shard_rows=1) as writer:
        writer.write("grades", grades(2))
        writer.finish(recipe="{}")
    assert Dataset.open(path).verify() == []
    assert len(files(path)) == 3
