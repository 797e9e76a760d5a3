"""Codebases with bugs as environments: tools reach the box, and only a repair is paid."""

from collections.abc import Iterator
from pathlib import Path

import msgspec
import pytest
from click.testing import CliRunner

from etude.cli import main
from etude.errors import ConfigError
from etude.records import Demonstration, Message, Origin, ToolCall
from etude.rollout import open_environments
from etude.sandbox import sandboxes
from etude.store import CodebaseStore, Dataset, DatasetWriter
from etude.train.loops.grpo import GrpoLoop
from etude.train.loops.sft import SftLoop
from etude.train.repairing import CodebaseEnvironment, Workbench, asked_to_repair, rewards_of
from etude.train.run import Run
from etude.train.training import train

pytestmark = pytest.mark.slow
LEDGER = Path(__file__).parents[1] / "flows" / "ledger"


@pytest.fixture(scope="module")
def tasks(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """Two tasks of a small project."""
    folder = tmp_path_factory.mktemp("repairing")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("ETUDE_HOME", str(folder / "home"))
        words = ["swe", "make", LEDGER, "--out", folder / "tasks", "--limit", "2", "--seed", "3"]
        done = CliRunner().invoke(main, [str(word) for word in words])
        assert done.exit_code == 0, done.output
        yield folder / "tasks"


def test_only_a_repair_is_paid_and_every_attempt_has_a_box_of_its_own(tasks: Path) -> None:
    data = Dataset.open(tasks)
    environments = list(open_environments(data, CodebaseStore(CodebaseStore.home())))
    keys = {key.task_id: key for key in data.keys()}
    bench = Workbench(environments, list(keys.values()), sandboxes.make("bubblewrap"))
    task = environments[0].task.id
    right, wrong, idle = (CodebaseEnvironment(bench) for _ in range(3))
    for one in (right, wrong, idle):
        one.reset(task=task, prompt="", more=1)
    right.write_file("/tmp/repair.patch", keys[task].oracle_patch)
    assert "[exit 0]" in right.bash("patch -p1 < /tmp/repair.patch")
    assert "Wrote note.txt" in wrong.write_file("note.txt", "nothing of use")
    assert "note.txt" not in right.bash("ls")
    assert "src" in wrong.find("def ")
    assert right.submit() == "Handed in."
    assert bench.do(rewards_of([right, wrong, idle])) == [1.0, 0.0, 0.0]
    with pytest.raises(ConfigError, match="no task was begun"):
        right.bash("ls")
    right.reset(task=task)
    assert "note.txt" not in right.bash("ls")
    assert bench.do(rewards_of([right])) == [0.0]
    bench.close()


def test_a_model_that_calls_tools_practises_in_codebases(
    base: Run, tasks: Path, tmp_path: Path
) -> None:
    origin = Origin(source="test", made_by="test")
    found = Dataset.open(tasks).tasks()
    asked = [msgspec.convert(asked_to_repair(task), tuple[Message, ...]) for task in found]
    look = ToolCall(name="bash", arguments={"command": "ls"})
    rows = [
        Demonstration(
            id=f"c{n}",
            origin=origin,
            messages=(
                *asked[n % len(asked)],
                Message(role="assistant", content="", calls=(look,)),
                Message(role="tool", content="src"),
                Message(role="assistant", content="It is red."),
            ),
        )
        for n in range(20)
    ]
    with DatasetWriter(tmp_path / "chats", record="demonstration") as writer:
        writer.write("demonstrations", rows)
        writer.finish(recipe="{}")
    shown = train(
        SftLoop(
            model=str(base.path),
            data=(str(tmp_path / "chats"),),
            held_out_share=0.0,
            steps=100,
            batch=4,
            lr=0.03,
            length=1000,
            threads=1,
        ),
        tmp_path / "shown",
    )
    recipe = GrpoLoop(
        model=str(shown.path),
        data=(str(tasks),),
        steps=2,
        batch=2,
        group=2,
        length=2000,
        answer_tokens=120,
        temperature=0.2,
        turns=2,
        log_every=1,
        threads=1,
    )
    run = train(recipe, tmp_path / "run")
    calls = run.curve("tools/call_frequency", "train")
    assert len(calls) == 2
    assert max(value for _, value in calls) > 0
    assert run.curve("rewards/repaired/mean", "train")[0][1] == 0.0
    quiet = msgspec.structs.replace(recipe, model=str(base.path), steps=9, patience=2)
    stopped = train(quiet, tmp_path / "quiet").manifest
    assert stopped.ended.startswith("stopped at step 2: learning is dead")
