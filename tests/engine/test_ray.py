"""The engine of Ray does what the local one does; a real Ray is begun, of this machine alone."""

import json
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from etude import Dataset
from etude.engine import Job, Progress, engines
from etude.errors import ConfigError, EtudeError
from etude.stages.corpus.build import build
from etude.stages.corpus.recipe import CorpusRecipe

ray = pytest.importorskip("ray")
pytestmark = [pytest.mark.slow, pytest.mark.filterwarnings("ignore")]

WORK = """
import json, os, time
from pathlib import Path
from etude.engine import Marker, deaths
from etude.errors import ConfigError

def work(settings, unit):
    folder, n = Path(settings), int(unit)
    left_out = {death.place: death.why for death in deaths(folder, n)}
    with Marker(folder, n) as marker:
        for place in ("crash", "hang"):
            marker.set(place)
            if n == 1 and place not in left_out:
                os.abort() if place == "crash" else time.sleep(1000)
    if n == 7:
        raise ConfigError("unit 7 is wrong")
    if n == 8:
        os.abort()
    return json.dumps([n * n, left_out])
"""


@pytest.fixture
def job_module(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[str]:
    (tmp_path / "ray_work.py").write_text(WORK, "utf-8")
    monkeypatch.syspath_prepend(str(tmp_path))
    monkeypatch.setenv("PYTHONPATH", str(tmp_path))
    monkeypatch.chdir(tmp_path)
    sys.modules.pop("ray_work", None)
    yield "ray_work:work"
    ray.shutdown()


STEPS: tuple[dict[str, object], ...] = (
    {"use": "gopher_repetition"},
    {"use": "exact"},
    {"use": "length", "at_least": 30},
)


def test_ray_does_what_local_processes_do(tmp_path: Path, job_module: str) -> None:
    engine = engines.make({"use": "ray", "jobs": 2, "stall_s": 2.0})
    done = tmp_path / "done"
    job = Job(function=job_module, settings="done")
    told: list[Progress] = []
    answers = engine.map(job, ["0", "1", "2"], done, sizes=[1, 5, 1], tell=told.append)
    assert [json.loads(answer)[0] for answer in answers] == [0, 1, 4]
    assert json.loads(answers[1])[1] == {
        "crash": "process died",
        "hang": "no progress for 2 s",
    }
    assert [progress.n_done for progress in told] == [0, 1, 2, 3]
    with pytest.raises(ConfigError, match="unit 7 is wrong"):
        engine.map(job, ["7"], tmp_path / "refused", sizes=[1])
    with pytest.raises(EtudeError, match="died 3 times over the same part"):
        engine.map(job, ["8"], tmp_path / "given-up", sizes=[1])
    (tmp_path / "in").mkdir()
    for n in range(4):
        rows = [
            {"text": f"document {i % 17} of {i % 4} " + "more words " * (i % 5)} for i in range(40)
        ]
        text = "".join(json.dumps(row) + "\n" for row in rows)
        (tmp_path / "in" / f"{n}.jsonl").write_text(text, "utf-8")
    # Small files are read together, so each is a source of its own.
    sources: list[dict[str, object]] = [
        {"use": "jsonl", "paths": [f"in/{n}.jsonl"]} for n in range(4)
    ]
    chosen = CorpusRecipe(sources=tuple(sources), steps=STEPS)
    build(chosen, tmp_path / "by-ray", engine)
    build(chosen, tmp_path / "by-local", engines.make({"use": "local", "jobs": 1}))
    one, two = (Dataset.open(tmp_path / name).manifest for name in ("by-ray", "by-local"))
    assert one.tables["documents"] == two.tables["documents"]
    assert one.counts == two.counts
