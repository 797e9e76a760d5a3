"""Problems of others are taken when their own answer is accepted; what is broken is set aside."""

import asyncio
import json
from pathlib import Path

import pytest

from etude.errors import ConfigError
from etude.records import BrokenRecord, Problem, Reference
from etude.rollout.graders import Means
from etude.stages.problems.take import TakeRecipe, take
from etude.store import Dataset

MEANS = Means(jobs=1)
ROWS = [
    {"question": "Two and two?", "answer": "It is 2+2=<<2+2=4>>4.\n#### 4"},
    {"question": "two  and TWO?", "answer": "Again.\n#### 4"},
    {"question": "Nobody knows.", "answer": "no marker"},
    {"question": "A thousand less one?", "answer": "#### 999"},
]


def gsm8k(path: Path) -> str:
    path.write_text("".join(json.dumps(row) + "\n" for row in ROWS), "utf-8")
    return str(path)


def test_problems_are_taken_with_place_and_licence(tmp_path: Path) -> None:
    recipe = TakeRecipe(
        files=(gsm8k(tmp_path / "train.jsonl"),), source={"use": "gsm8k"}, licence="MIT"
    )
    outcome = asyncio.run(take(recipe, tmp_path / "ds", MEANS))
    assert (outcome.n_in, outcome.n_problems) == (4, 2)
    assert outcome.dropped == {"not readable as a problem": 1, "same words as another": 1}
    held = Dataset.open(tmp_path / "ds")
    first, second = held.rows("problems", Problem)
    assert first.origin.licence == "MIT"
    assert "train.jsonl#" in first.origin.source
    assert first.family == "train.jsonl"
    assert [r.answer for r in held.rows("references", Reference)] == ["4", "999"]
    [broken] = held.rows("broken", BrokenRecord)
    assert "####" in broken.reason
    assert second.statement == "A thousand less one?"
    assert not held.verify()


def test_two_files_of_one_name_do_not_mix_their_ids(tmp_path: Path) -> None:
    files = []
    for name in ("a", "b"):
        (tmp_path / name).mkdir()
        path = tmp_path / name / "train.jsonl"
        path.write_text(json.dumps({"question": f"{name}?", "answer": "#### 1"}) + "\n", "utf-8")
        files.append(str(path))
    recipe = TakeRecipe(files=tuple(files), source={"use": "gsm8k"})
    assert (asyncio.run(take(recipe, tmp_path / "ds", MEANS))).n_problems == 2
    assert not Dataset.open(tmp_path / "ds").verify()


def test_an_answer_that_its_grader_does_not_accept_leaves_the_problem_out(
    tmp_path: Path,
) -> None:
    rows = [{"q": "Which?", "a": "E"}, {"q": "And which?", "a": "B"}]
    path = tmp_path / "choices.jsonl"
    path.write_text("".join(json.dumps(row) + "\n" for row in rows), "utf-8")
    source: dict[str, object] = {
        "use": "jsonl",
        "statement": "q",
        "answer": "a",
        "default_grader": "choice",
    }
    recipe = TakeRecipe(files=(str(path),), source=source)
    outcome = asyncio.run(take(recipe, tmp_path / "ds", MEANS))
    assert outcome.n_problems == 1
    assert sum(outcome.dropped.values()) == 1
    assert outcome.first_refused.startswith("choices-")


@pytest.mark.parametrize("name", ["gsm8k", "no such layout"])
def test_a_file_that_cannot_be_read_leaves_nothing(name: str, tmp_path: Path) -> None:
    recipe = TakeRecipe(files=(str(tmp_path / "gone.jsonl"),), source={"use": name})
    with pytest.raises(ConfigError):
        asyncio.run(take(recipe, tmp_path / "ds", MEANS))
    assert not (tmp_path / "ds").exists()
