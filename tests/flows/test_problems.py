"""Problems from posing to shipping, through the command line."""

import asyncio
import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from etude.cli import main
from etude.records import FamilyAudit, Problem, Reference
from etude.rollout.answering import AnswerPlan, answer_all
from etude.rollout.graders import Means
from etude.store import Dataset

pytestmark = pytest.mark.xdist_group("problems")


def etude(*arguments: str | Path) -> Result:
    return CliRunner().invoke(main, [str(argument) for argument in arguments])


@pytest.fixture(scope="module")
def posed(tmp_path_factory: pytest.TempPathFactory) -> Path:
    out = tmp_path_factory.mktemp("problems") / "ds"
    families = "linear_equation,syllogism,weekday_after"
    done = etude("problems", "pose", "--families", families, "--each", "6", "--out", out)
    assert done.exit_code == 0, done.output
    assert "18 problems in" in done.output
    return out


def test_posed_problems_come_with_the_audit_of_their_graders(posed: Path) -> None:
    held = Dataset.open(posed)
    assert not held.verify()
    audits = list(held.rows("audits", FamilyAudit))
    assert [audit.family for audit in audits] == ["linear_equation", "syllogism", "weekday_after"]
    for audit in audits:
        assert audit.n_spellings >= 10 * audit.n_problems * 0.5
        assert audit.n_near_misses >= 5 * audit.n_problems
        assert (audit.n_false_accepts, audit.n_faults, audit.refused) == (0, 0, "")
    assert {problem.level for problem in held.rows("problems", Problem)} == {1, 2, 3, 4, 5}


def test_no_row_that_a_model_may_see_holds_an_answer(posed: Path) -> None:
    assert "answer" not in Problem.__struct_fields__
    assert not (posed / "shards").samefile(posed / "references")


def test_a_right_answer_is_paid_and_a_wrong_one_is_not(posed: Path) -> None:
    reference = next(Dataset.open(posed).rows("references", Reference))
    right = etude(
        "problems", "verify", posed, "--id", reference.problem_id, "--answer", reference.answer
    )
    assert right.output.startswith(f"{reference.problem_id}  1.000")
    wrong = etude("problems", "verify", posed, "--id", reference.problem_id, "--answer", "no idea")
    assert wrong.output.startswith(f"{reference.problem_id}  0.000")
    assert (right.exit_code, wrong.exit_code) == (0, 0)


def test_a_file_of_responses_is_judged_line_by_line(posed: Path, tmp_path: Path) -> None:
    references = list(Dataset.open(posed).rows("references", Reference))[:3]
    rows = [{"id": r.problem_id, "response": rf"\boxed{{{r.answer}}}"} for r in references]
    rows[1]["response"] = "?"
    path = tmp_path / "responses.jsonl"
    path.write_text("".join(json.dumps(row) + "\n" for row in rows), "utf-8")
    done = etude("problems", "verify", posed, "--responses", path)
    assert done.exit_code == 0
    assert done.output.endswith("2 of 3 right\n")


def test_an_audit_of_a_data_set_that_is_there_finds_the_same(posed: Path) -> None:
    done = etude("problems", "audit", posed, "--json")
    assert done.exit_code == 0, done.output
    assert [row["n_false_accepts"] for row in json.loads(done.stdout)] == [0, 0, 0]


def test_attempts_of_a_model_calibrate_and_what_is_left_is_shipped(
    posed: Path, tmp_path: Path
) -> None:
    held = Dataset.open(posed)
    first = next(held.rows("references", Reference))
    said = rf"\boxed{{{first.answer}}}"
    plan = AnswerPlan(model={"use": "canned", "answers": (said,)}, n_attempts=1)
    asyncio.run(answer_all(held, plan, tmp_path / "ep", Means(jobs=2)))
    kept = tmp_path / "kept"
    done = etude(
        *("problems", "calibrate", posed, "--episodes", tmp_path / "ep", "--keep", "always"),
        *("--out", kept),
    )
    assert done.exit_code == 0, done.output
    assert "never solved" in done.output
    assert "pass@1" in done.output
    assert first.problem_id in {p.id for p in Dataset.open(kept).rows("problems", Problem)}
    shipped = etude("data", "ship", kept, "--format", "trl", "--out", tmp_path / "trl")
    assert shipped.exit_code == 0, shipped.output
    assert (tmp_path / "trl" / "train.parquet").is_file()
    again = etude("data", "ship", kept, "--format", "trl", "--out", tmp_path / "trl")
    assert again.exit_code == 2
    assert "is there already" in again.output


def test_the_same_seed_gives_the_same_bytes_however_many_processes(
    posed: Path, tmp_path: Path
) -> None:
    digests = []
    for jobs in ("1", "2"):
        out = tmp_path / f"jobs{jobs}"
        families = "linear_equation,syllogism,weekday_after"
        done = etude(
            *("problems", "pose", "--families", families, "--each", "6", "--out", out),
            *("--jobs", jobs),
        )
        assert done.exit_code == 0, done.output
        digests.append([s.sha256 for s in Dataset.open(out).manifest.tables["references"]])
    known = [s.sha256 for s in Dataset.open(posed).manifest.tables["references"]]
    assert digests == [known, known]


@pytest.mark.slow
def test_a_run_that_was_killed_goes_on(tmp_path: Path) -> None:
    out = tmp_path / "ds"
    words = [
        "problems",
        "pose",
        "--families",
        "linear_equation,fence_posts,percent_chain,age_riddle",
    ]
    command = [sys.executable, "-c", "from etude.cli import main; main()", *words]
    command += ["--each", "60", "--out", str(out), "--jobs", "1"]
    running = subprocess.Popen(command, start_new_session=True, stderr=subprocess.DEVNULL)
    deadline = time.monotonic() + 120
    while not list(out.glob(".work/*/*.json")) and time.monotonic() < deadline:
        time.sleep(0.05)
    os.killpg(running.pid, signal.SIGKILL)
    running.wait()
    answers = {path: path.stat().st_mtime_ns for path in out.glob(".work/*/*.json")}
    assert answers
    assert not (out / "manifest.json").exists()
    done = subprocess.run(command, check=False, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    assert "240 problems in" in done.stdout
    assert not Dataset.open(out).verify()
    assert not (out / ".work").exists()


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["pose", "--families", "linear_equasion"], "did you mean 'linear_equation'?"),
        (["pose", "--families", "linear_equation/x"], "has no variant 'x'"),
        (["pose", "--levels", "hard"], "levels are whole numbers"),
        (["pose", "--levels", "0"], "from 1 on"),
        (["list", "--topic", "astrology"], "no family has the topic 'astrology'"),
        (["take", "gsm8k", "gone.jsonl"], "gone.jsonl"),
        (["take", "gsm9k", "gone.jsonl"], "did you mean 'gsm8k'?"),
        (["calibrate", "DS", "--benchmark", "gone.jsonl"], "is no data set; say in which layout"),
        (["calibrate", "DS", "--keep", "easy"], "keep is never, always or unattempted"),
        (["calibrate", "DS", "--likeness", "exakt"], "did you mean 'exact'?"),
        (["verify", "DS", "--id", "gone", "--answer", "1"], "there is no problem 'gone'"),
        (["verify", "DS", "--id", "gone"], "give --id with --answer or --response"),
        (["audit", "gone"], "is not there"),
    ],
    ids=lambda value: " ".join(value)[:40] if isinstance(value, list) else "",
)
def test_a_wrong_request_is_answered_in_one_line_and_leaves_nothing(
    words: list[str], said: str, posed: Path, tmp_path: Path
) -> None:
    arguments = [str(posed) if word == "DS" else word for word in words]
    if words[0] in ("pose", "take", "calibrate"):
        arguments += ["--out", str(tmp_path / "out")]
    done = etude("problems", *arguments)
    assert done.exit_code == 2, done.output
    [line] = [line for line in done.output.splitlines() if line.startswith("etude: ")]
    assert said in line
    assert not (tmp_path / "out").exists()
