import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

SIDE = Path(__file__).parents[2] / "benchmarks" / "corpus_peers_ours.py"
PROSE = "The cat sat on the mat and that was all there was to be said of it by anyone with sense. "
TEXTS = [
    PROSE * 3 + "It slept.",
    "A line that has no end\nShort.\nThis line { has an end.\nAnd this one has one too.",
    PROSE * 3 + "It slept well.",
    PROSE * 3 + "It slept.",
]


def answers(folder: Path, task: str) -> list[list[list[object]]]:
    (folder / "documents.json").write_text(json.dumps(TEXTS), "utf-8")
    done = subprocess.run(
        [sys.executable, str(SIDE), str(folder)],
        input=f"{task} 0 {len(TEXTS)} 2\n",
        check=True,
        capture_output=True,
        text=True,
        env={**os.environ, "TMPDIR": str(folder)},
    )
    seconds, found = json.loads(done.stdout)
    assert seconds > 0
    return found  # type: ignore[no-any-return]


@pytest.mark.parametrize("task", ["exact", "exact_files"])
def test_copies_are_named_by_their_place(tmp_path: Path, task: str) -> None:
    assert [row[0][0] for row in answers(tmp_path, task)] == [False, False, False, True]


@pytest.mark.parametrize("task", ["minhash", "minhash_files"])
def test_near_copies_are_named_by_their_place(tmp_path: Path, task: str) -> None:
    assert [row[0][0] for row in answers(tmp_path, task)] == [False, False, True, True]


def test_lines_are_told_also_of_documents_that_go(tmp_path: Path) -> None:
    gone, lines, plain = answers(tmp_path, "c4")[1]
    assert gone == [True, "curly bracket"]
    assert lines[0] == plain[0] == "This line { has an end.\nAnd this one has one too."
