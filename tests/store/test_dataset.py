"""A data set is read through its manifest, and says what is wrong with it."""

from collections.abc import Callable
from pathlib import Path

import msgspec
import pyarrow.parquet as pq
import pytest
from tests.store.conftest import DIGEST

from etude.errors import ConfigError, RecordError
from etude.records import Task
from etude.store import Dataset, DatasetWriter
from etude.store.stats import measure


def test_a_data_set_gives_back_its_rows_in_order(dataset_path: Path) -> None:
    dataset = Dataset.open(dataset_path)
    ids = [f"tiny-{n:04}" for n in range(5)]
    assert [task.id for task in dataset.tasks()] == ids
    assert [row.task_id for row in dataset.workspaces()] == ids
    assert [row.task_id for row in list(dataset.keys())] == ids
    assert dataset.ids("keys") == ids
    assert dataset.n_rows("tasks") == 5
    assert next(dataset.tasks()).tags == {"a": "1", "b": "2"}
    assert dataset.verify() == []


def test_the_manifest_says_how_it_was_made(dataset_path: Path) -> None:
    manifest = Dataset.open(dataset_path).manifest
    assert manifest.record == "task"
    assert manifest.recipe == '{"limit": 5}'
    assert (manifest.counts.n_in, manifest.counts.n_kept) == (9, 5)
    assert manifest.counts.dropped == {"nothing fails": 3, "flaky": 1}
    assert [shard.n_rows for shard in manifest.tables["tasks"]] == [2, 2, 1]
    assert [file.name for file in manifest.files] == [f"codebases/{DIGEST}.tar.zst"]


def test_other_tools_find_one_folder_of_parquet_per_table(dataset_path: Path) -> None:
    assert pq.read_table(dataset_path / "shards").num_rows == 5
    assert pq.read_table(dataset_path / "keys").column("oracle_patch").to_pylist() == ["SECRET"] * 5
    there = {path.name for path in dataset_path.iterdir()}
    assert there == {"manifest.json", "shards", "workspaces", "keys", "codebases"}


def test_equal_content_gives_an_equal_digest(
    tmp_path: Path, write_dataset: Callable[..., None]
) -> None:
    digests = []
    for name, text in (("a", "1"), ("b", "1"), ("c", "2")):
        write_dataset(tmp_path / name, text=text)
        digests.append(Dataset.open(tmp_path / name).manifest.digest)
    assert digests[0] == digests[1] != digests[2]


def test_a_row_is_found_by_its_id_in_any_shard(dataset_path: Path) -> None:
    dataset = Dataset.open(dataset_path)
    assert [dataset.find("tasks", f"tiny-{n:04}", Task).id[-1] for n in range(5)] == list("01234")


def test_an_unknown_id_is_answered_with_near_ones(dataset_path: Path) -> None:
    with pytest.raises(ConfigError, match=r"tasks has no 'tiny-003' among 5 rows; near it are t"):
        Dataset.open(dataset_path).find("tasks", "tiny-003", Task)


def test_an_unknown_table_is_answered_with_the_known_ones(dataset_path: Path) -> None:
    with pytest.raises(ConfigError, match=r"has no table 'grades' \(it has: tasks, works"):
        list(Dataset.open(dataset_path).grades())


def test_what_is_no_data_set_is_one_line(tmp_path: Path, dataset_path: Path) -> None:
    (tmp_path / "file").write_text("")
    (tmp_path / "empty").mkdir()
    for path, reason in (
        (tmp_path / "nowhere", "is not there"),
        (tmp_path / "empty", "it is no data set"),
        (tmp_path / "file", "Not a directory"),
    ):
        with pytest.raises(ConfigError, match=reason):
            Dataset.open(path)
    manifest = dataset_path / "manifest.json"
    manifest.write_bytes(manifest.read_bytes().replace(b'"format": 1', b'"format": 2, "new": 1'))
    with pytest.raises(ConfigError, match="format 2, this Etude reads up to 1; install a newer"):
        Dataset.open(dataset_path)
    manifest.write_text('{"format": 1}')
    with pytest.raises(ConfigError, match=r"manifest.json: damaged: "):
        Dataset.open(dataset_path)


def test_answer_keys_can_be_taken_away(dataset_path: Path) -> None:
    for path in (dataset_path / "keys").iterdir():
        path.unlink()
    (dataset_path / "keys").rmdir()
    dataset = Dataset.open(dataset_path)
    assert dataset.verify() == []
    assert dataset.tables() == ["tasks", "workspaces"]
    with pytest.raises(ConfigError, match="'keys' was withheld from this copy"):
        list(dataset.keys())
    assert measure(dataset).by_kind == {}


def test_no_answer_lies_outside_the_keys(dataset_path: Path) -> None:
    for path in dataset_path.rglob("*.*"):
        if path.suffix == ".parquet" and path.parent.name != "keys":
            assert b"SECRET" not in path.read_bytes()
            assert "SECRET" not in str(pq.read_table(path).to_pylist())


def first(folder: Path) -> Path:
    return min(folder.iterdir())


def flip(path: Path) -> None:
    content = bytearray(path.read_bytes())
    content[len(content) // 2] ^= 0xFF
    path.write_bytes(content)


CHANGED = "its content is not what was written"
DAMAGES: dict[str, tuple[Callable[[Path], object], str]] = {
    "lost shard": (lambda ds: first(ds / "shards").unlink(), "missing"),
    "changed shard": (lambda ds: flip(first(ds / "workspaces")), CHANGED),
    "cut shard": (lambda ds: first(ds / "keys").write_bytes(b"PAR1"), "4 bytes, "),
    "changed file": (lambda ds: flip(first(ds / "codebases")), CHANGED),
    "lost file": (lambda ds: first(ds / "codebases").unlink(), "missing"),
    "stray shard": (lambda ds: (ds / "shards" / "x").touch(), "shards/x: not in the manifest"),
    "stray file": (lambda ds: (ds / "codebases" / "x").touch(), "codebases/x: not in the"),
}


@pytest.mark.parametrize("name", DAMAGES)
def test_every_damage_is_found(dataset_path: Path, name: str) -> None:
    damage, problem = DAMAGES[name]
    damage(dataset_path)
    problems = Dataset.open(dataset_path).verify()
    assert any(problem in line for line in problems)
    assert all("\n" not in line for line in problems)


def test_rows_that_belong_to_nothing_are_found(tmp_path: Path, dataset_path: Path) -> None:
    dataset = Dataset.open(dataset_path)
    tasks, keys = list(dataset.tasks()), list(dataset.keys())
    with DatasetWriter(tmp_path / "bad", record="task") as writer:
        writer.write("tasks", [*tasks, tasks[0]])
        writer.write("keys", [*keys[1:], msgspec.structs.replace(keys[0], task_id="stranger")])
        writer.finish(recipe="{}")
    assert Dataset.open(tmp_path / "bad").verify() == [
        "tasks: ids there more than once: tiny-0000",
        "keys: rows that belong to nothing here: stranger",
        "tasks: without a row in keys: tiny-0000",
        f"tasks: set in codebases that are not here: {DIGEST}",
    ]


def test_a_damaged_shard_is_named_when_it_is_read(dataset_path: Path) -> None:
    path = first(dataset_path / "shards")
    path.write_bytes(b"nope")
    with pytest.raises(RecordError, match=path.name):
        list(Dataset.open(dataset_path).tasks())
    with pytest.raises(RecordError, match=path.name):
        Dataset.open(dataset_path).ids("tasks")
