"""Episodes that solved their task become demonstrations that say where they come from."""

from pathlib import Path

import msgspec
import pytest

from etude.errors import ConfigError
from etude.records import Demonstration, Episode, Grade, Origin, Problem, Task, ToolCall, Turn
from etude.stages.demos.checking import make_checks, run_checks
from etude.stages.demos.from_episodes import EpisodesRecipe, from_episodes
from etude.store import Dataset, DatasetWriter

ORIGIN = Origin(source="test", licence="MIT", made_by="test")
TASK = Task(id="t", origin=ORIGIN, codebase="ab" * 32, project="tiny 1.0", statement="It breaks.")
READ = Turn(
    text="I read it.",
    calls=(ToolCall(name="read_file", arguments={"path": "a.py"}, id="1"),),
    observations=("1: x = 1",),
)
SILENT = Turn(text="Hm.", calls=(), observations=("Call a tool.",))
SUBMIT = Turn(text="", calls=(ToolCall(name="submit", id="2"),), observations=("Handed in.",))


def episode(number: int, *turns: Turn, **fields: object) -> Episode:
    made = Episode(
        id=f"e{number}",
        origin=Origin(source="task:t", made_by="test", parents=("t",)),
        task_id="t",
        agent='{"use": "chat", "system": ""}',
        model="m",
        turns=turns,
        patch="",
        ending="submitted",
    )
    return msgspec.structs.replace(made, **fields)


def played(folder: Path, episodes: list[Episode], scores: dict[str, float | None]) -> Dataset:
    with DatasetWriter(folder, record="episode") as writer:
        writer.write("episodes", episodes)
        for one in episodes:
            score = scores.get(one.id, 1.0)
            fault = "" if score is not None else "the box failed"
            grade = Grade(episode_id=one.id, task_id=one.task_id, score=score, fault=fault)
            writer.write("grades", [grade])
        writer.finish(recipe="{}")
    return Dataset.open(folder)


def asked(folder: Path) -> Dataset:
    with DatasetWriter(folder, record="task") as writer:
        writer.write("tasks", [TASK])
        writer.finish(recipe="{}")
    return Dataset.open(folder)


def test_a_solved_episode_becomes_a_conversation_with_its_tools(tmp_path: Path) -> None:
    tasks = asked(tmp_path / "tasks")
    held = played(tmp_path / "ep", [episode(0, READ, SILENT, SUBMIT)], {})
    outcome = from_episodes(held, tasks, tmp_path / "demos")
    assert (outcome.n_demonstrations, outcome.n_tasks, outcome.dropped) == (1, 1, {})
    made = Dataset.open(tmp_path / "demos")
    assert made.manifest.parents == (held.manifest.digest, tasks.manifest.digest)
    (row,) = made.rows("demonstrations", Demonstration)
    roles = [message.role for message in row.messages]
    assert roles == ["system", "user", "assistant", "tool", "assistant", "user", "assistant"]
    assert "It breaks." in row.messages[1].content
    assert row.messages[3].call_id == "1"
    assert (row.origin.licence, row.origin.parents) == ("MIT", ("e0", "t"))
    assert '"name":"read_file"' in row.tags["tools"]
    found = run_checks(row, make_checks(["empty", "role_order", "tool_calls"]))
    assert [one.finding.what for one in found] == ["it ends with a call"]


def test_only_what_was_solved_and_is_new_is_taken(tmp_path: Path) -> None:
    again = msgspec.structs.replace(
        READ, calls=(msgspec.structs.replace(READ.calls[0], id="other"),)
    )
    episodes = [
        episode(0, READ, SUBMIT),
        episode(1, again, SUBMIT),
        episode(2, READ, READ, SUBMIT),
        episode(3, SUBMIT),
        episode(4, READ, SUBMIT, model="n"),
        episode(5, READ, ending="turn_limit"),
        episode(6),
        episode(7, READ, SUBMIT),
    ]
    held = played(tmp_path / "ep", episodes, {"e3": 0.5, "e7": None})
    outcome = from_episodes(
        held, asked(tmp_path / "tasks"), tmp_path / "demos", EpisodesRecipe(models=("m",))
    )
    assert outcome.dropped == {
        "not solved": 1,
        "of another model": 1,
        "it never handed in": 1,
        "no turns to imitate": 1,
        "no verdict": 1,
        "same as another": 1,
    }
    assert Dataset.open(tmp_path / "demos").ids("demonstrations") == ["e0", "e2"]


def test_the_shortest_episodes_of_a_task_are_kept(tmp_path: Path) -> None:
    episodes = [episode(n, *[READ] * (5 - n), SUBMIT) for n in range(4)]
    held = played(tmp_path / "ep", episodes, {})
    from_episodes(held, asked(tmp_path / "tasks"), tmp_path / "demos", EpisodesRecipe(per_task=2))
    assert Dataset.open(tmp_path / "demos").ids("demonstrations") == ["e3", "e2"]


def test_answers_to_problems_become_demonstrations_without_tools(tmp_path: Path) -> None:
    problem = Problem(id="p", origin=ORIGIN, statement="1 + 1?", instruction="Box it.")
    with DatasetWriter(tmp_path / "problems", record="problem") as writer:
        writer.write("problems", [problem])
        writer.finish(recipe="{}")
    turn = Turn(text="It is 2.", calls=(), observations=())
    one = episode(0, turn, task_id="p", agent='{"use": "answer", "system": "Think."}')
    held = played(tmp_path / "ep", [one], {})
    from_episodes(held, Dataset.open(tmp_path / "problems"), tmp_path / "demos")
    (row,) = Dataset.open(tmp_path / "demos").rows("demonstrations", Demonstration)
    assert [(m.role, m.content) for m in row.messages] == [
        ("system", "Think."),
        ("user", "1 + 1?\n\nBox it."),
        ("assistant", "It is 2."),
    ]
    assert "tools" not in row.tags


def test_what_a_program_played_is_taken_only_when_asked_for(tmp_path: Path) -> None:
    held = played(tmp_path / "ep", [episode(0, READ, SUBMIT, model="")], {})
    tasks = asked(tmp_path / "tasks")
    with pytest.raises(ConfigError, match="played by a program"):
        from_episodes(held, tasks, tmp_path / "demos")
    outcome = from_episodes(held, tasks, tmp_path / "demos", EpisodesRecipe(programs=True))
    assert outcome.n_demonstrations == 1


def test_episodes_of_other_tasks_are_refused(tmp_path: Path) -> None:
    held = played(tmp_path / "ep", [episode(0, READ, task_id="other")], {})
    with pytest.raises(ConfigError, match="has no 'other'"):
        from_episodes(held, asked(tmp_path / "tasks"), tmp_path / "demos")
    failed = played(tmp_path / "failed", [episode(0, READ)], {"e0": 0.0})
    with pytest.raises(ConfigError, match="none of 1 episodes is left"):
        from_episodes(failed, asked(tmp_path / "more"), tmp_path / "demos")
    assert not (tmp_path / "demos").exists()
