"""A model answers every problem so many times; what was answered is graded, kept and resumed."""

import asyncio
from collections.abc import Sequence
from pathlib import Path

import msgspec
import pytest

from etude.errors import ConfigError
from etude.records import Episode, Grade, Origin, Problem, Reference
from etude.rollout.answering import AnswerPlan, answer_all
from etude.rollout.graders import Means
from etude.store import Dataset, DatasetWriter

MEANS = Means(jobs=2)


def problems(folder: Path, answers: Sequence[str]) -> Dataset:
    with DatasetWriter(folder, record="problem") as writer:
        for number, answer in enumerate(answers):
            origin = Origin(source="test", licence="CC0-1.0", made_by="test")
            problem = Problem(id=f"p{number}", origin=origin, statement="What is it?")
            writer.write("problems", [problem])
            writer.write("references", [Reference(problem_id=problem.id, answer=answer)])
        writer.finish(recipe="{}")
    return Dataset.open(folder)


def canned(*answers: str, n_attempts: int = 2) -> AnswerPlan:
    return AnswerPlan(model={"use": "canned", "answers": answers}, n_attempts=n_attempts)


def test_every_problem_is_answered_so_many_times_and_graded(tmp_path: Path) -> None:
    held = problems(tmp_path / "ds", ["7", "8"])
    told = []
    rows = asyncio.run(
        answer_all(
            held,
            canned(r"It is \boxed{7}."),
            tmp_path / "out",
            MEANS,
            tell=lambda row, done, n: told.append((done, n)),
        )
    )
    assert [(r.grade.task_id, r.episode.attempt, r.grade.score) for r in rows] == [
        ("p0", 0, 1.0),
        ("p0", 1, 1.0),
        ("p1", 0, 0.0),
        ("p1", 1, 0.0),
    ]
    assert told[-1] == (4, 4)
    made = Dataset.open(tmp_path / "out")
    episodes = list(made.rows("episodes", Episode))
    assert episodes[0].turns[0].text == r"It is \boxed{7}."
    assert episodes[0].origin.licence == "CC0-1.0"
    assert [g.episode_id for g in made.rows("grades", Grade)] == [e.id for e in episodes]
    assert made.manifest.parents == (held.manifest.digest,)
    assert not made.verify()


def test_a_model_that_cannot_answer_leaves_faults_and_no_zeros(tmp_path: Path) -> None:
    held = problems(tmp_path / "ds", ["7"])
    rows = asyncio.run(answer_all(held, canned(), tmp_path / "out", MEANS))
    assert [row.grade.score for row in rows] == [None, None]
    assert "was asked for more" in rows[0].grade.fault
    assert rows[0].episode.ending == "error"


def test_what_was_answered_before_is_not_asked_again(tmp_path: Path) -> None:
    held = problems(tmp_path / "ds", ["7"])
    first = asyncio.run(
        answer_all(held, canned(r"\boxed{7}", n_attempts=1), tmp_path / "out", MEANS)
    )
    again = asyncio.run(
        answer_all(held, canned(r"\boxed{7}", n_attempts=2), tmp_path / "out", MEANS)
    )
    assert again[0] == first[0]
    assert len(again) == 2
    other = asyncio.run(
        answer_all(held, canned(r"\boxed{8}", n_attempts=1), tmp_path / "out", MEANS)
    )
    assert other[0].grade.score == 0.0


def test_only_the_problems_that_are_named_are_put(tmp_path: Path) -> None:
    held = problems(tmp_path / "ds", ["7", "8"])
    plan = canned(r"\boxed{8}", n_attempts=1)
    rows = asyncio.run(answer_all(held, plan, tmp_path / "out", MEANS, ids=["p1"]))
    assert [(row.grade.task_id, row.grade.score) for row in rows] == [("p1", 1.0)]
    with pytest.raises(ConfigError, match="no problem 'p9'"):
        asyncio.run(answer_all(held, plan, tmp_path / "out", MEANS, ids=["p9"]))


def test_wrong_settings_of_a_model_leave_nothing_behind(tmp_path: Path) -> None:
    held = problems(tmp_path / "ds", ["7"])
    plan = AnswerPlan(model={"use": "no such model"})
    with pytest.raises(ConfigError, match="no such model"):
        asyncio.run(answer_all(held, plan, tmp_path / "out", MEANS))
    assert not (tmp_path / "out").exists()


def test_the_recipe_says_who_answered_and_how(tmp_path: Path) -> None:
    held = problems(tmp_path / "ds", ["7"])
    plan = msgspec.structs.replace(canned(r"\boxed{7}"), system="Be brief.")
    asyncio.run(answer_all(held, plan, tmp_path / "out", MEANS))
    recipe = Dataset.open(tmp_path / "out").manifest.recipe
    assert msgspec.json.decode(recipe, type=AnswerPlan) == plan
