"""The tables in C are those of the data files, and the library is built or done without."""

import logging
import os
import subprocess
import sys
from pathlib import Path

import pytest

import etude
from etude.stages.corpus.kernel._library import available, library

KERNEL = Path(etude.__file__).parent / "stages" / "corpus" / "kernel"


def test_the_c_tables_are_those_of_the_data_files(tmp_path: Path) -> None:
    for folder in ("tables", "."):
        (tmp_path / "kernel" / folder).mkdir(parents=True, exist_ok=True)
    for path in (KERNEL / "tables").iterdir():
        if path.is_file():
            (tmp_path / "kernel" / "tables" / path.name).write_bytes(path.read_bytes())
    script = tmp_path / "kernel" / "tables" / "embed.py"
    subprocess.run([sys.executable, str(script)], check=True)
    for name in ("tables.c", "tables.h"):
        assert (tmp_path / "kernel" / name).read_text() == (KERNEL / name).read_text()


def test_tables_name_their_sources_and_licences() -> None:
    for name in ("characters.txt", "normalise.txt", "english.json"):
        head = (KERNEL / "tables" / name).read_text("utf-8")[:400]
        assert "Made by collect.py" in head
        assert "MIT" in head


def test_without_the_library_python_does_the_work_and_says_so_once() -> None:
    script = """
import logging, sys, etude.stages.corpus.kernel._library as kernel
from pathlib import Path
logging.basicConfig(stream=sys.stdout, format="%(message)s")
kernel.PATH = Path("nowhere/_kernel.so")
assert not kernel.available() and not kernel.available()
"""
    done = subprocess.run(
        [sys.executable, "-c", script], capture_output=True, text=True, check=True
    )
    assert done.stdout.count("not compiled") == 1


def test_the_environment_can_ask_for_the_reference() -> None:
    script = "from etude.stages.corpus.kernel import _library; assert not _library.available()"
    environment = os.environ | {"ETUDE_KERNEL": "reference"}
    subprocess.run([sys.executable, "-c", script], check=True, env=environment)


@pytest.mark.skipif(not available(), reason="the kernel is not compiled")
def test_the_library_is_loaded_once(caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level(logging.WARNING):
        assert library() is library()
    assert not caplog.records
