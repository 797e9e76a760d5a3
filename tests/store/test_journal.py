"""A journal keeps every finished entry through a crash, and has one writer."""

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from etude.errors import ConfigError, RecordError
from etude.store import Journal


class Entry(msgspec.Struct):
    number: int
    text: str = ""


def entries(path: Path) -> list[Entry]:
    return list(Journal(path).read(Entry))


def test_entries_come_back_in_order_across_writers(tmp_path: Path) -> None:
    path = tmp_path / "log.jsonl"
    assert entries(path) == []
    for start in (0, 2):
        with Journal(path) as journal:
            journal.append(Entry(start, "line\nbreak"))
            journal.append(Entry(start + 1))
    assert [entry.number for entry in entries(path)] == [0, 1, 2, 3]
    assert entries(path)[0].text == "line\nbreak"


@given(cut=st.integers(1, 25), padding=st.integers(0, 70_000))
def test_a_torn_last_line_is_ignored_and_then_cut_off(
    tmp_path_factory: pytest.TempPathFactory, cut: int, padding: int
) -> None:
    path = tmp_path_factory.mktemp("torn") / "log.jsonl"
    line = msgspec.json.encode(Entry(1, "x" * padding)) + b"\n"
    path.write_bytes(b'{"number":0}\n' + line[:-cut])
    assert [entry.number for entry in entries(path)] == [0]
    with Journal(path) as journal:
        journal.append(Entry(2))
    assert [entry.number for entry in entries(path)] == [0, 2]


def test_a_journal_of_one_torn_line_starts_anew(tmp_path: Path) -> None:
    path = tmp_path / "log.jsonl"
    path.write_bytes(b"\0" * 100)
    with Journal(path) as journal:
        journal.append(Entry(2))
    assert path.read_bytes() == b'{"number":2,"text":""}\n'


@pytest.mark.parametrize("bad", [b"nope\n", b'{"number":"x"}\n', b"\n", b"\xff\xfe\n"])
def test_a_damaged_line_before_the_end_is_named(tmp_path: Path, bad: bytes) -> None:
    path = tmp_path / "log.jsonl"
    path.write_bytes(b'{"number":0}\n' + bad + b'{"number":2}\n')
    with pytest.raises(RecordError, match=r"log.jsonl:2: damaged entry"):
        entries(path)


def test_a_second_writer_is_told_who_the_first_is(tmp_path: Path) -> None:
    with Journal(tmp_path / "log.jsonl") as journal:
        journal.append(Entry(1))
        second = Journal(tmp_path / "log.jsonl")
        with pytest.raises(ConfigError, match=f"is being written by process {os.getpid()}"):
            second.append(Entry(2))
        assert [entry.number for entry in second.read(Entry)] == [1]
    second.append(Entry(3))
    second.close()
    assert [entry.number for entry in entries(tmp_path / "log.jsonl")] == [1, 3]


def test_a_killed_writer_loses_nothing_it_was_told_and_holds_no_lock(tmp_path: Path) -> None:
    path = tmp_path / "log.jsonl"
    code = """
import sys, msgspec, pathlib
from etude.store import Journal
class Entry(msgspec.Struct):
    number: int
    text: str = ""
journal = Journal(pathlib.Path(sys.argv[1]))
number = 0
while True:
    journal.append(Entry(number, "x" * 1000))
    print(number, flush=True)
    number += 1
"""
    with subprocess.Popen([sys.executable, "-c", code, str(path)], stdout=subprocess.PIPE) as child:
        assert child.stdout is not None
        for _ in range(5):
            told = int(child.stdout.readline())
        time.sleep(0.05)
        child.send_signal(signal.SIGKILL)
        told = max(told, *(int(line) for line in child.stdout if line.endswith(b"\n")), 0)
    found = [entry.number for entry in entries(path)]
    assert found == list(range(len(found)))
    assert len(found) > told
    with Journal(path) as journal:
        journal.append(Entry(-1))
    assert entries(path)[-1].number == -1


def test_a_folder_that_cannot_be_written_is_named(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(ConfigError, match="cannot write"):
        Journal(tmp_path / "file" / "log.jsonl").append(Entry(1))
