"""`etude data` shows, counts and verifies a data set, for people and for machines."""

import subprocess
import sys
from pathlib import Path

import msgspec
import pytest
from click.testing import CliRunner, Result

from etude.cli import main
from etude.records import AnswerKey, Episode, Grade, Origin, Task, TextFile, Turn, Workspace
from etude.store import Counts, DatasetWriter
from etude.store.stats import Stats

DIGEST = "ab" * 32


def etude(*arguments: object) -> Result:
    return CliRunner().invoke(main, [str(argument) for argument in arguments])


def origin() -> Origin:
    return Origin(source="pypi:tiny==1.0", made_by="m 1")


@pytest.fixture
def tasks(tmp_path: Path) -> Path:
    path = tmp_path / "ds"
    (tmp_path / "archive").write_bytes(b"x" * 2048)
    with DatasetWriter(path, record="task") as writer:
        for n in range(7):
            statement = "\n".join(["\x1b[2JReport", *(f"line {i} of {n}" for i in range(30))])
            task = Task(
                id=f"t{n}",
                origin=origin(),
                codebase=DIGEST,
                project="tiny 1.0",
                statement=statement,
            )
            key = AnswerKey(
                task_id=f"t{n}",
                oracle_patch="SECRET",
                fail_to_pass=("t::a",),
                pass_to_pass=tuple(f"t::{i}" for i in range(50)),
                maker="mutate",
                kind="boundary" if n % 2 else "off_by_one",
            )
            files = (TextFile(path="a.py", text="x = 1\n"),)
            writer.write("tasks", [task])
            writer.write("keys", [key])
            writer.write("workspaces", [Workspace(task_id=f"t{n}", files=files)])
        writer.add_file(f"codebases/{DIGEST}.tar.zst", tmp_path / "archive")
        writer.finish(recipe="{}", counts=Counts(n_in=10, dropped={"nothing fails": 3}))
    return path


@pytest.fixture
def episodes(tmp_path: Path) -> Path:
    path = tmp_path / "episodes"
    with DatasetWriter(path, record="episode") as writer:
        for n, score in enumerate((1.0, 0.0, None)):
            episode = Episode(
                id=f"e{n}",
                origin=origin(),
                task_id="t0",
                agent='{"use":"noop"}',
                turns=(Turn(text="hm", calls=(), observations=()),),
                patch="",
                ending="submitted",
            )
            fault = "box gone" if score is None else ""
            writer.write("episodes", [episode])
            writer.write(
                "grades", [Grade(episode_id=f"e{n}", task_id="t0", score=score, fault=fault)]
            )
        writer.finish(recipe="{}")
    return path


def test_show_prints_folded_rows_and_how_many_there_are(tasks: Path) -> None:
    result = etude("data", "show", tasks, "--limit", 2)
    assert result.exit_code == 0
    assert "line 5 of 1" in result.output
    assert "line 29" not in result.output
    assert "of 2" not in result.output
    assert "… 20 more lines" in result.output
    assert "2 of 7 tasks; see more with --limit" in result.output


def test_show_by_id_prints_the_row_whole(tasks: Path) -> None:
    result = etude("data", "show", tasks, "--id", "t3")
    assert "line 29 of 3" in result.output
    assert "more" not in result.output


def test_no_row_can_steer_the_terminal(tasks: Path) -> None:
    output = etude("data", "show", tasks).output
    assert "\x1b" not in output
    assert "\\x1b[2JReport" in output


def test_answers_are_shown_only_when_keys_are_asked_for(tasks: Path) -> None:
    for table in ("tasks", "workspaces"):
        assert "SECRET" not in etude("data", "show", tasks, "--table", table).output
    result = etude("data", "show", tasks, "--table", "keys", "--limit", 1)
    assert "SECRET" in result.output
    assert "… 42 more" in result.output


def test_show_json_gives_one_record_a_line(tasks: Path) -> None:
    lines = etude("data", "show", tasks, "--json", "--limit", 3).output.splitlines()
    assert [msgspec.json.decode(line, type=Task).id for line in lines] == ["t0", "t1", "t2"]


def test_stats_counts_what_is_there_and_what_was_dropped(tasks: Path) -> None:
    output = etude("data", "stats", tasks).output
    for line in (
        "looked at   10",
        "kept        7",
        "nothing fails  3",
        "tiny 1.0  7",
        "mutate/off_by_one  4",
        "mutate/boundary    3",
        "2.0 KiB",
    ):
        assert line in output


def test_stats_json_says_the_same(tasks: Path, episodes: Path) -> None:
    stats = msgspec.json.decode(etude("data", "stats", tasks, "--json").output, type=Stats)
    assert stats.by_project == {"tiny 1.0": 7}
    assert [(table.name, table.n_rows) for table in stats.tables] == [
        ("tasks", 7),
        ("keys", 7),
        ("workspaces", 7),
    ]
    stats = msgspec.json.decode(etude("data", "stats", episodes, "--json").output, type=Stats)
    assert stats.by_ending == {"submitted": 3}
    assert stats.by_verdict == {"fault": 1, "solved": 1, "unsolved": 1}


def test_verify_says_how_much_is_as_written(tasks: Path, episodes: Path) -> None:
    result = etude("data", "verify", tasks)
    assert (result.exit_code, result.output) == (0, "3 shards, 21 rows, all as written\n")
    assert etude("data", "verify", episodes).output == "2 shards, 6 rows, all as written\n"


def test_verify_ends_with_1_and_a_line_for_each_problem(tasks: Path) -> None:
    shard = next((tasks / "shards").iterdir())
    shard.write_bytes(shard.read_bytes()[:-1])
    result = etude("data", "verify", tasks)
    assert result.exit_code == 1
    assert len(result.output.splitlines()) == 2
    assert f"shards/{shard.name}: " in result.output
    result = etude("data", "verify", tasks, "--json")
    assert result.exit_code == 1
    assert len(msgspec.json.decode(result.output)["problems"]) == 2


def test_verify_names_a_withheld_table(tasks: Path) -> None:
    for path in (tasks / "keys").iterdir():
        path.unlink()
    (tasks / "keys").rmdir()
    result = etude("data", "verify", tasks)
    assert result.output == "2 shards, 14 rows, all as written; withheld from this copy: keys\n"
    assert etude("data", "stats", tasks).exit_code == 0


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (("show", "nowhere"), "is not there"),
        (("stats", "nowhere"), "is not there"),
        (("verify", "nowhere"), "is not there"),
        (("show", "DS", "--id", "t33"), "has no 't33' among 7 rows; near it are t3"),
        (("show", "DS", "--table", "grades"), "has no table 'grades'"),
        (("show", "DS", "--table", "answers"), "no table is called 'answers'"),
    ],
)
def test_a_wrong_request_is_one_line_and_ends_with_2(
    tasks: Path, arguments: tuple[str, ...], said: str
) -> None:
    result = etude("data", *(tasks if word == "DS" else word for word in arguments))
    assert result.exit_code == 2
    assert result.output.startswith("etude: ")
    assert said in result.output
    assert len(result.output.splitlines()) == 1


def test_a_damaged_shard_ends_with_1(tasks: Path) -> None:
    next((tasks / "shards").iterdir()).write_bytes(b"nope")
    result = etude("data", "show", tasks)
    assert result.exit_code == 1
    assert len(result.output.splitlines()) == 1


def test_verbose_shows_the_traceback() -> None:
    result = etude("-v", "data", "stats", "nowhere")
    assert result.exit_code == 2
    assert "Traceback" in result.output
    assert result.output.splitlines()[-1].startswith("etude: nowhere")


def test_a_misspelt_command_is_answered_with_the_nearest() -> None:
    for arguments, hint in ((("dat",), "'data'"), (("data", "verfy"), "'verify'")):
        result = etude(*arguments)
        assert result.exit_code == 2
        assert f"did you mean {hint}?" in result.output


def test_every_command_shows_an_example() -> None:
    for name in ("show", "stats", "verify"):
        result = etude("data", name, "--help")
        assert result.exit_code == 0
        assert f"Example: etude data {name} " in result.output


def test_a_reader_that_leaves_early_is_no_error(tasks: Path) -> None:
    code = "import sys; from etude.cli import main; main(sys.argv[1:])"
    show = [sys.executable, "-c", code, "data", "show", str(tasks), "--limit", "7", "--json"]
    with subprocess.Popen(show, stdout=subprocess.PIPE, stderr=subprocess.PIPE) as child:
        assert child.stdout is not None
        assert child.stderr is not None
        child.stdout.close()
        assert child.stderr.read() == b""
