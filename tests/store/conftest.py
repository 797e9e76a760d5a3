"""Small records, data sets and prepared codebases, made by hand."""

import tempfile
from collections.abc import Callable
from pathlib import Path

import msgspec
import pytest

from etude.records import (
    AnswerKey,
    BaselineTest,
    Codebase,
    Coverage,
    Origin,
    Task,
    TextFile,
    Workspace,
)
from etude.store import Counts, DatasetWriter, codebase_digest


def card(digest: str = "") -> Codebase:
    return Codebase(
        id=digest,
        origin=Origin(source="pypi:tiny==1.0", made_by="etude.stages.swe.prepare 1"),
        name="tiny",
        version="1.0",
        source_digest="cd" * 32,
        interpreter="cpython-3.11.7",
        runner="pytest-9.2.0",
        lock=("tiny==1.0",),
        source_roots=("tiny",),
        test_paths=("tests",),
        tests=(BaselineTest(id="tests/test_a.py::test_a", outcome="passed", duration_s=0.1),),
        suite_s=0.5,
        n_source_lines=12,
    )


def coverage() -> Coverage:
    return Coverage(lines={"tiny/a.py": {1: (0,), 2: (0,)}}, imported={"tiny/a.py": (1,)})


def fill(draft: Path, digest: str = "") -> Path:
    """Lay out a small prepared codebase, with a link inside it and one that leads out."""
    (draft / "source" / "tiny").mkdir(parents=True)
    (draft / "source" / "tiny" / "a.py").write_text("def a():\n    return 1\n")
    (draft / "source" / "run.sh").write_text("#!/bin/sh\n")
    (draft / "source" / "run.sh").chmod(0o755)
    (draft / "source" / "link").symlink_to("tiny/a.py")
    (draft / "env" / "bin").mkdir(parents=True)
    (draft / "env" / "bin" / "python").symlink_to("/usr/bin/python3")
    digest = digest or codebase_digest(card(), draft)
    (draft / "card.json").write_bytes(msgspec.json.encode(card(digest)))
    (draft / "coverage.msgpack").write_bytes(msgspec.msgpack.encode(coverage()))
    return draft


def _digest() -> str:
    with tempfile.TemporaryDirectory() as folder:
        fill(Path(folder))
        return codebase_digest(card(), Path(folder))


DIGEST = _digest()
"""That of the small codebase that `fill` lays out."""


@pytest.fixture
def fill_draft() -> Callable[..., Path]:
    """A function that lays out a small prepared codebase in a folder."""
    return fill


def task(number: int) -> Task:
    return Task(
        id=f"tiny-{number:04}",
        origin=Origin(source="pypi:tiny==1.0", made_by="etude.stages.swe.make 1"),
        codebase=DIGEST,
        project="tiny 1.0",
        statement=f"Report {number}\n\nIt breaks.",
        tags={"b": "2", "a": "1"},
    )


def write_tasks(
    path: Path, n_tasks: int = 5, *, shard_rows: int = 2, text: str = "x = 1\n"
) -> None:
    """Write a small data set of tasks."""
    archive = path.with_name(f"{path.name}.archive")
    archive.write_bytes(b"a codebase")
    numbers = range(n_tasks)
    with DatasetWriter(path, record="task", shard_rows=shard_rows) as writer:
        writer.write("tasks", (task(n) for n in numbers))
        writer.write(
            "workspaces",
            (
                Workspace(task_id=task(n).id, files=(TextFile(path="tiny/a.py", text=text),))
                for n in numbers
            ),
        )
        writer.write(
            "keys",
            (
                AnswerKey(
                    task_id=task(n).id,
                    oracle_patch="SECRET",
                    fail_to_pass=("t::a",),
                    pass_to_pass=(),
                    maker="mutate",
                    kind="off_by_one",
                )
                for n in numbers
            ),
        )
        writer.add_file(f"codebases/{DIGEST}.tar.zst", archive)
        writer.finish(
            recipe='{"limit": 5}', counts=Counts(n_in=9, dropped={"nothing fails": 3, "flaky": 1})
        )


@pytest.fixture
def dataset_path(tmp_path: Path) -> Path:
    """A folder that holds a data set of five tasks."""
    write_tasks(tmp_path / "ds")
    return tmp_path / "ds"


@pytest.fixture
def write_dataset() -> Callable[..., None]:
    """A function that writes a small data set of tasks."""
    return write_tasks
