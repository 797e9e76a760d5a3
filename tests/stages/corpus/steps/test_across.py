"""What all steps that compare documents have in common."""

from pathlib import Path

import pytest
from tests.stages.corpus.steps.planted import documents, numbered, reasons, run, texts

from etude.errors import RecordError
from etude.stages.corpus.spill import Spill
from etude.stages.corpus.steps import AcrossStep, steps

USES = ["exact", "minhash", "lines", "paragraphs", "substring", "semantic"]
HOSTILE = [
    "",
    " ",
    "\n",
    "\x00",
    "\x00" * 100,
    "a" * 100_000,
    "\r\n\x85\u2028" * 50,
    "漢" * 1000,
    "👍🏽\ufeff\u200b" * 99,
    "one line\n\n\n\n",
]


@pytest.mark.parametrize("use", USES)
def test_nothing_to_compare_is_nothing_to_do(tmp_path: Path, use: str) -> None:
    step = steps.make({"use": use})
    assert run(step, tmp_path / "a", []) == []
    (done,) = run(step, tmp_path / "b", [documents([])])
    assert done.num_rows == 0


@pytest.mark.parametrize("use", USES)
def test_hostile_texts_are_compared_without_harm(tmp_path: Path, use: str) -> None:
    step = steps.make({"use": use})
    parts = [documents(HOSTILE), documents([]), documents([*reversed(HOSTILE), "alone"])]
    done = run(step, tmp_path, parts, rows_at_once=3)
    assert [part.num_rows for part in done] == [10, 0, 11]
    assert reasons(done)[-1] is None
    assert texts(done)[-1] == "alone"


@pytest.mark.parametrize("use", USES)
def test_documents_that_were_not_gathered_stay(tmp_path: Path, use: str) -> None:
    step = steps.make({"use": use})
    assert isinstance(step, AcrossStep)
    run(step, tmp_path, [documents(HOSTILE)])
    late = numbered(documents(["a late one", "another"]), 7)
    assert reasons([step.judge(late, Spill(tmp_path))]) == [None, None]


@pytest.mark.parametrize("use", USES)
def test_a_damaged_spill_is_named(tmp_path: Path, use: str) -> None:
    step = steps.make({"use": use})
    assert isinstance(step, AcrossStep)
    spill = Spill(tmp_path)
    words = " ".join(f"word{n}" for n in range(200))
    with spill.writer(3) as writer:
        step.gather(numbered(documents([words, words]), 3), writer)
    path = tmp_path / "part-00000003.spill"
    content = path.read_bytes()
    path.write_bytes(content[: len(content) // 2])
    with pytest.raises(RecordError, match=r"part-00000003\.spill: damaged"):
        step.settle(Spill(tmp_path))


@pytest.mark.parametrize("use", USES)
def test_settling_twice_decides_the_same_and_leaves_no_passing_files(
    tmp_path: Path, use: str
) -> None:
    step = steps.make({"use": use})
    assert isinstance(step, AcrossStep)
    parts = [documents([*HOSTILE, "x\n\ny " * 90]), documents(["x\n\ny " * 90])]
    first = run(step, tmp_path, parts)
    step.settle(Spill(tmp_path))
    again = [step.judge(numbered(part, n), Spill(tmp_path)) for n, part in enumerate(parts)]
    assert reasons(again) == reasons(first)
    left = {path.name for path in tmp_path.rglob("*") if path.is_file()}
    assert all(name.startswith(("decision-", "part-")) for name in left)
    assert {name for name in left if name.startswith("part-")} == {
        "part-00000000.spill",
        "part-00000001.spill",
    }
