"""The local engine does each unit once, keeps every answer, and outlives its workers."""

import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from etude.engine import Job, Progress, engines
from etude.errors import ConfigError, EtudeError

WORK = """
import json, os, pathlib, time
from etude.errors import ConfigError

def square(settings, unit):
    n = json.loads(unit)
    told = json.loads(settings)
    with open(told["log"], "a") as log:
        log.write(f"{n}\\n")
    if n == told.get("kill_once") and not os.path.exists(told["log"] + ".killed"):
        open(told["log"] + ".killed", "w").close()
        os._exit(9)
    if n == told.get("kill_always"):
        os._exit(9)
    if n == told.get("refuse"):
        raise ConfigError(f"unit {n} is wrong")
    if n == told.get("crash"):
        raise ValueError("a mistake of ours")
    time.sleep(told.get("sleep_s", 0))
    return json.dumps(n * n)
"""


@pytest.fixture
def job_module(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> str:
    (tmp_path / "squares_work.py").write_text(WORK, "utf-8")
    monkeypatch.syspath_prepend(str(tmp_path))
    monkeypatch.setenv("PYTHONPATH", str(tmp_path))
    sys.modules.pop("squares_work", None)
    return "squares_work:square"


def settings(tmp_path: Path, **more: object) -> str:
    return json.dumps({"log": str(tmp_path / "log"), **more})


def calls(tmp_path: Path) -> list[int]:
    return [int(line) for line in (tmp_path / "log").read_text().split()]


@pytest.mark.parametrize("jobs", [1, 2])
def test_answers_come_in_the_order_of_the_units(tmp_path: Path, job_module: str, jobs: int) -> None:
    told: list[Progress] = []
    engine = engines.make({"use": "local", "jobs": jobs})
    job = Job(function=job_module, settings=settings(tmp_path))
    answers = engine.map(
        job, [str(n) for n in range(5)], tmp_path / "done", sizes=[5, 4, 9, 1, 1], tell=told.append
    )
    assert answers == ["0", "1", "4", "9", "16"]
    assert [progress.n_done for progress in told] == [0, 1, 2, 3, 4, 5]
    assert (told[-1].size_done, told[-1].size_all) == (20, 20)


def test_a_unit_that_was_answered_is_not_done_again(tmp_path: Path, job_module: str) -> None:
    engine = engines.make({"use": "local", "jobs": 1})
    job = Job(function=job_module, settings=settings(tmp_path))
    engine.map(job, ["1", "2"], tmp_path / "done", sizes=[1, 1])
    told: list[Progress] = []
    again = engine.map(job, ["1", "2", "3"], tmp_path / "done", sizes=[1, 1, 1], tell=told.append)
    assert again == ["1", "4", "9"]
    assert calls(tmp_path) == [1, 2, 3]
    assert told[0].size_found == 2


def test_a_worker_that_dies_is_replaced_and_its_unit_done_again(
    tmp_path: Path, job_module: str
) -> None:
    engine = engines.make({"use": "local", "jobs": 2})
    job = Job(function=job_module, settings=settings(tmp_path, kill_once=2))
    answers = engine.map(job, ["1", "2", "3"], tmp_path / "done", sizes=[1, 1, 1])
    assert answers == ["1", "4", "9"]
    assert sorted(calls(tmp_path)) == [1, 2, 2, 3]


def test_a_unit_that_kills_every_worker_is_named(tmp_path: Path, job_module: str) -> None:
    engine = engines.make({"use": "local", "jobs": 2})
    job = Job(function=job_module, settings=settings(tmp_path, kill_always=2))
    with pytest.raises(EtudeError, match="died 3 times over the same part"):
        engine.map(job, ["1", "2", "3"], tmp_path / "done", sizes=[1, 1, 1])


@pytest.mark.parametrize("jobs", [1, 2])
def test_errors_of_ours_come_back_as_they_are(tmp_path: Path, job_module: str, jobs: int) -> None:
    engine = engines.make({"use": "local", "jobs": jobs})
    job = Job(function=job_module, settings=settings(tmp_path, refuse=2))
    with pytest.raises(ConfigError, match="unit 2 is wrong"):
        engine.map(job, ["1", "2"], tmp_path / "done", sizes=[1, 1])


@pytest.mark.parametrize("jobs", [1, 2])
def test_a_mistake_in_the_work_is_told_with_its_unit(
    tmp_path: Path, job_module: str, jobs: int
) -> None:
    engine = engines.make({"use": "local", "jobs": jobs})
    job = Job(function=job_module, settings=settings(tmp_path, crash=2))
    with pytest.raises(EtudeError, match=r"square of 2: ValueError: a mistake of ours"):
        engine.map(job, ["1", "2"], tmp_path / "done", sizes=[1, 1])


def test_a_killed_run_goes_on_where_it_was(tmp_path: Path, job_module: str) -> None:
    code = (
        "import sys; from pathlib import Path; from etude.engine import Job, engines\n"
        "if __name__ == '__main__':\n"
        "    engines.make({'use': 'local', 'jobs': 1}).map(Job(function=sys.argv[1], "
        "settings=sys.argv[2]), [str(n) for n in range(40)], Path(sys.argv[3]), sizes=[1] * 40)\n"
    )
    (tmp_path / "run.py").write_text(code, "utf-8")
    told = settings(tmp_path, sleep_s=0.02)
    done = tmp_path / "done"
    run = subprocess.Popen([sys.executable, tmp_path / "run.py", job_module, told, done])
    while len([*done.glob("0*.json")]) < 5:
        time.sleep(0.01)
        assert run.poll() is None
    os.kill(run.pid, signal.SIGKILL)
    run.wait()
    n_before = len([*done.glob("0*.json")])
    assert n_before < 40
    engine = engines.make({"use": "local", "jobs": 1})
    job = Job(function=job_module, settings=told)
    answers = engine.map(job, [str(n) for n in range(40)], done, sizes=[1] * 40)
    assert answers == [str(n * n) for n in range(40)]
    # Only the unit that was in flight when the run was killed is done twice.
    assert len(calls(tmp_path)) <= 41


def test_no_process_outlives_a_run_that_was_killed(tmp_path: Path, job_module: str) -> None:
    code = (
        "import sys; from pathlib import Path; from etude.engine import Job, engines\n"
        "if __name__ == '__main__':\n"
        "    engines.make({'use': 'local', 'jobs': 2}).map(Job(function=sys.argv[1], "
        "settings=sys.argv[2]), [str(n) for n in range(40)], Path(sys.argv[3]), sizes=[1] * 40)\n"
    )
    (tmp_path / "run.py").write_text(code, "utf-8")
    told = settings(tmp_path, sleep_s=30)
    run = subprocess.Popen(
        [sys.executable, tmp_path / "run.py", job_module, told, tmp_path / "done"]
    )
    while not (tmp_path / "log").exists() or len(calls(tmp_path)) < 2:
        time.sleep(0.01)
        assert run.poll() is None
    workers = children_of(run.pid)
    assert len(workers) >= 2
    os.kill(run.pid, signal.SIGKILL)
    run.wait()
    for _ in range(500):
        if not any(Path(f"/proc/{pid}").exists() for pid in workers):
            break
        time.sleep(0.01)
    else:
        pytest.fail("workers live on")


def children_of(pid: int) -> list[int]:
    listed = Path(f"/proc/{pid}/task/{pid}/children").read_text().split()
    return [int(child) for child in listed]


MARKING = """
import json, os, time
from pathlib import Path
from etude.engine import Marker, deaths

def work(settings, unit):
    folder, n = Path(json.loads(settings)), int(unit)
    left_out = {death.place: death.why for death in deaths(folder, n)}
    with Marker(folder, n) as marker:
        for place in "abcd":
            marker.set(place, patient=place == "d")
            if n == 1 and place == "b" and place not in left_out:
                os.abort()
            if n == 1 and place == "c" and place not in left_out:
                time.sleep(1000)
            if n == 1 and place == "d":
                time.sleep(1)
    return json.dumps(left_out)
"""


def test_a_unit_is_told_where_its_process_died_and_hung(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "marking_work.py").write_text(MARKING, "utf-8")
    monkeypatch.syspath_prepend(str(tmp_path))
    engine = engines.make({"use": "local", "jobs": 2, "stall_s": 0.5})
    job = Job(function="marking_work:work", settings=json.dumps(str(tmp_path / "done")))
    answers = engine.map(job, ["0", "1"], tmp_path / "done", sizes=[1, 1])
    assert json.loads(answers[0]) == {}
    assert json.loads(answers[1]) == {"b": "signal 6 (SIGABRT)", "c": "no progress for 0.5 s"}
