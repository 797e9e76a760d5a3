"""From a codebase to graded tasks, through the command line, on real boxes."""

import json
import os
import re
import shutil
import signal
import subprocess
import sys
import time
import zipfile
from pathlib import Path

import pytest
from tests.flows.conftest import etude

from etude import Dataset
from etude.store import CodebaseStore

pytestmark = [pytest.mark.xdist_group("flow"), pytest.mark.net]


def test_a_card_says_what_was_set_aside_and_why(ledger: Path, made: Path) -> None:
    store = CodebaseStore(CodebaseStore.home())
    task = next(iter(Dataset.open(made).tasks()))
    prepared = store.find(task.codebase)
    assert prepared is not None
    card = prepared.codebase
    reasons = {test.id.partition("::")[2].partition("[")[0]: test.reason for test in card.set_aside}
    assert reasons == {
        "test_its_id_changes_with_the_clock": "unstable-id",
        "test_needs_the_network": "network",
        "test_fails_always": "fails",
        "test_order_dependent_second": "order",
    }
    outcomes = {test.id.partition("::")[2]: test.outcome for test in card.tests}
    assert outcomes["test_skipped"] == "skipped"
    assert outcomes["test_expected_to_fail"] == "xfailed"
    assert outcomes["test_sees_no_secret"] == "passed"  # noqa: S105  a test's name
    assert card.source_roots == ("src/ledger",)
    assert card.test_command == task.test_command == "python -m pytest -o addopts="
    assert card.version == "1.2.0"
    assert any(line.startswith("pytest==") for line in card.lock)
    lines = prepared.coverage().lines["src/ledger/book.py"]
    body = (ledger / "src/ledger/book.py").read_text().splitlines()
    inside = body.index('            raise ValueError("a transfer moves a positive amount")') + 1
    assert [card.tests[i].id.rpartition("::")[2] for i in lines[inside]] == [
        "test_negative_transfer_is_refused"
    ]


@pytest.mark.usefixtures("made")
def test_a_prepared_codebase_is_found_again_at_once(ledger: Path) -> None:
    started = time.monotonic()
    result = etude("swe", "prepare", ledger)
    assert result.exit_code == 0, result.output
    assert "ledger-example 1.2.0" in result.output
    assert time.monotonic() - started < 3


def test_every_task_holds_together(made: Path) -> None:
    held = Dataset.open(made)
    assert held.verify() == []
    tasks, keys = list(held.tasks()), {key.task_id: key for key in held.keys()}
    workspaces = {workspace.task_id: workspace for workspace in held.workspaces()}
    assert len(tasks) == 6
    for task in tasks:
        key, workspace = keys[task.id], workspaces[task.id]
        assert key.fail_to_pass
        assert set(key.fail_to_pass) <= set(key.hidden)
        assert not set(key.fail_to_pass) & set(key.pass_to_pass)
        assert key.path not in task.statement
        assert key.kind not in task.id
        texts = {file.path: file.text for file in workspace.files}
        assert key.path in texts
        for test in key.fail_to_pass:
            path, _, name = test.partition("[")[0].partition("::")
            assert f"def {name.rpartition('::')[2]}(" not in texts[path]
            assert name.rpartition("::")[2] not in task.statement


def test_validating_again_from_nothing_finds_no_problem(made: Path) -> None:
    result = etude("swe", "validate", made, "--json")
    assert result.exit_code == 0, result.output
    checks = json.loads(result.stdout)
    assert len(checks) == 6
    assert all(check["oracle"] == [1.0, 1.0] for check in checks)
    assert all(check["noop"] == [0.0, 0.0] for check in checks)


def test_agents_play_and_are_graded(made: Path, tmp_path: Path) -> None:
    scores = {}
    for agent in ("oracle", "noop", "search"):
        result = etude("swe", "run", made, "--agent", agent, "--out", tmp_path / agent, "--json")
        assert result.exit_code == 0, result.output
        scores[agent] = [grade["score"] for grade in json.loads(result.stdout)]
    assert scores["oracle"] == [1.0] * 6
    assert scores["noop"] == [0.0] * 6
    assert all(score is not None for score in scores["search"])
    episodes = list(Dataset.open(tmp_path / "oracle").episodes())
    assert all(episode.patch and episode.turns for episode in episodes)
    assert not any("patches" in episode.agent for episode in episodes)


def test_a_patch_is_graded_by_what_it_does(made: Path, tmp_path: Path) -> None:
    held = Dataset.open(made)
    key = next(iter(held.keys()))
    patch = tmp_path / "fix.diff"
    patch.write_text(key.oracle_patch)
    good = etude("swe", "grade", made, "--id", key.task_id, "--patch", patch)
    assert good.exit_code == 0, good.output
    assert "1.000  solved" in good.output

    test_only = tmp_path / "tests.diff"
    test_only.write_text(
        "--- /dev/null\n+++ b/tests/conftest.py\n@@ -0,0 +1,2 @@\n+import os\n+os._exit(0)\n"
    )
    cheat = etude("swe", "grade", made, "--id", key.task_id, "--patch", test_only)
    assert cheat.exit_code == 0, cheat.output
    assert "0.000" in cheat.output
    assert "tests/conftest.py" in cheat.output

    wrong = tmp_path / "wrong.diff"
    wrong.write_text(re.sub(r"^ (.*\S.*)$", r" \1 # not so", key.oracle_patch, flags=re.MULTILINE))
    refused = etude("swe", "grade", made, "--id", key.task_id, "--patch", wrong)
    assert refused.exit_code == 2
    assert "does not apply" in refused.output
    assert "Traceback" not in refused.output


def test_predictions_in_the_format_of_swe_bench_are_graded(made: Path, tmp_path: Path) -> None:
    rows = [
        {"instance_id": key.task_id, "model_patch": key.oracle_patch, "model_name_or_path": "x"}
        for key in Dataset.open(made).keys()
    ]
    rows[1]["model_patch"] = ""
    path = tmp_path / "predictions.jsonl"
    path.write_text("".join(json.dumps(row) + "\n" for row in rows[:3]))
    result = etude("swe", "grade", made, "--predictions", path, "--json")
    assert result.exit_code == 0, result.output
    scores = {grade["task_id"]: grade["score"] for grade in json.loads(result.stdout)}
    assert [scores[row["instance_id"]] for row in rows[:3]] == [1.0, 0.0, 1.0]


def test_making_goes_on_after_kill_9(made: Path, ledger: Path, tmp_path: Path) -> None:
    target = tmp_path / "tasks"
    words = ["swe", "make", str(ledger), "--out", str(target), "--limit", "6", "--seed", "3"]
    process = subprocess.Popen(
        [sys.executable, "-c", "from etude.cli import main; main()", *words],
        env=dict(os.environ),
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    journal = target / "keys" / "log.jsonl"
    deadline = time.monotonic() + 60
    while time.monotonic() < deadline:
        if journal.is_file() and journal.read_bytes().count(b"\n") >= 3:
            break
        time.sleep(0.05)
    process.send_signal(signal.SIGKILL)
    process.wait()
    n_before = journal.read_bytes().count(b"\n")
    assert n_before >= 3
    assert not (target / "manifest.json").exists()
    result = etude(*words)
    assert result.exit_code == 0, result.output
    held = Dataset.open(target)
    assert held.verify() == []
    assert [task.id for task in held.tasks()] == [task.id for task in Dataset.open(made).tasks()]
    verdicts = [json.loads(line) for line in journal.read_text().splitlines()]
    ids = [verdict["candidate"] for verdict in verdicts]
    assert len(ids) == len(set(ids))


@pytest.mark.parametrize(
    ("make_input", "message"),
    [
        (lambda folder: folder / "nowhere", "no such folder or file"),
        (lambda folder: _folder(folder, {"notes.txt": "hello"}), "no Python project here"),
        (
            lambda folder: _folder(folder, {"setup.py": "", "pkg/__init__.py": "x = 1\n"}),
            "carries no tests",
        ),
        (lambda folder: _file(folder / "broken-1.0.tar.gz", b"\x1f\x8bnot gzip"), "broken archive"),
        (lambda folder: _bomb(folder / "bomb-1.0.zip"), "archive bomb"),
        (lambda folder: "pypi:no such name", "not a package name"),
        (lambda folder: "pypi:etude-no-such-project-0", "no such project"),
    ],
)
@pytest.mark.usefixtures("home")
def test_bad_input_is_one_line_and_exit_2(tmp_path: Path, make_input: object, message: str) -> None:
    assert callable(make_input)
    spec = make_input(tmp_path)
    for words in (("swe", "prepare", spec), ("swe", "make", spec, "--out", tmp_path / "out")):
        result = etude(*words)
        assert result.exit_code == 2, result.output
        assert message in result.output
        errors = [line for line in result.stderr.splitlines() if line.startswith("etude:")]
        assert len(errors) == 1
        assert "Traceback" not in result.output
    assert not (tmp_path / "out").exists()


def test_a_task_id_that_is_not_there_is_named(made: Path, tmp_path: Path) -> None:
    patch = tmp_path / "x.diff"
    patch.write_text("")
    result = etude("swe", "grade", made, "--id", "nope", "--patch", patch)
    assert result.exit_code == 2
    assert "'nope'" in result.output


@pytest.mark.usefixtures("home")
def test_a_folder_that_cannot_be_written_is_refused(ledger: Path) -> None:
    result = etude("swe", "make", ledger, "--out", "/proc/etude", "--limit", "1")
    assert result.exit_code == 2
    assert "cannot write /proc/etude" in result.output


def test_another_recipe_does_not_overwrite_a_data_set(made: Path, ledger: Path) -> None:
    result = etude("swe", "make", ledger, "--out", made, "--limit", "2", "--seed", "9")
    assert result.exit_code == 2
    assert "other settings" in result.output
    assert Dataset.open(made).verify() == []


def test_a_copy_without_keys_says_that_they_were_withheld(made: Path, tmp_path: Path) -> None:
    copy = tmp_path / "copy"
    shutil.copytree(made, copy)
    shutil.rmtree(copy / "keys")
    assert etude("data", "verify", copy).exit_code == 0
    result = etude("swe", "validate", copy)
    assert result.exit_code == 2
    assert "withheld" in result.output
    oracle = next(iter(Dataset.open(made).keys())).oracle_patch
    added = [line[1:] for line in oracle.splitlines() if line.startswith("+") and line[1:].strip()]
    for path in copy.rglob("*.json*"):
        assert added[-1] not in path.read_text(errors="replace")


def _folder(folder: Path, files: dict[str, str]) -> Path:
    root = folder / "project"
    for name, text in files.items():
        path = root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
    return root


def _file(path: Path, content: bytes) -> Path:
    path.write_bytes(content)
    return path


def _bomb(path: Path) -> Path:
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED, compresslevel=1) as bundle:
        block = b"\0" * (64 << 20)
        for number in range(10):
            bundle.writestr(f"bomb-1.0/zeros{number}.py", block)
    return path
