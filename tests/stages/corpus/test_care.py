"""Documents that kill or hang their worker are found, set aside and counted; the build goes on."""

import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from etude import Dataset
from etude.engine import engines
from etude.errors import EtudeError
from etude.records import BrokenRecord, StepCount
from etude.stages.corpus.build import BuildOutcome, build
from etude.stages.corpus.recipe import CorpusRecipe

HURT = '''
"""A step that some documents hurt."""
import os, signal, time
from etude.stages.corpus.steps import Step

def hurt(texts, how=("SEGV", "OOM", "RAISE", "HANG")):
    for text in texts:
        if "SEGV" in text and "SEGV" in how:
            os.kill(os.getpid(), signal.SIGSEGV)
        if "OOM" in text and "OOM" in how:
            os.kill(os.getpid(), signal.SIGKILL)
        if "RAISE" in text and "RAISE" in how:
            raise ValueError("what is this?")
        if "HANG" in text and "HANG" in how:
            time.sleep(1000)

class HurtStep(Step, frozen=True, kw_only=True):
    def apply(self, batch):
        hurt(batch.column("text").to_pylist())
        return batch
'''
ACROSS = '''
"""A comparing step that some documents hurt."""
from etude.stages.corpus.steps import AcrossStep
from hurt_step import hurt

class HurtAcrossStep(AcrossStep, frozen=True, kw_only=True):
    gathers: bool = True
    def gather(self, batch, writer):
        if self.gathers:
            hurt(batch.column("text").to_pylist())
    def settle(self, spill):
        pass
    def judge(self, batch, spill):
        hurt(batch.column("text").to_pylist())
        return batch
'''
READER = '''
"""A reader of lines that some lines hurt."""
from etude.store.readers import FileReader, Found
from hurt_step import hurt

class LinesReader(FileReader, frozen=True, kw_only=True):
    asks: bool = True
    def documents(self, file, part, aside):
        with file.open() as stored:
            for n, line in enumerate(stored.read().decode().splitlines()):
                place = f":{n}"
                if self.asks and not aside.lets(file.name, place):
                    continue
                hurt([line])
                yield Found(id=file.name + place, text=line, source=file.path + place)
'''
READERS, STEPS = "etude.store.readers", "etude.stages.corpus.steps"


@pytest.fixture(autouse=True)
def plug_ins(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    home = tmp_path / "plug-ins"
    told = home / "hurting-1.0.dist-info"
    told.mkdir(parents=True)
    (told / "METADATA").write_text("Metadata-Version: 2.1\nName: hurting\nVersion: 1.0\n")
    (told / "entry_points.txt").write_text(
        f"[{STEPS}]\nhurt_step = hurt_step\nhurt_across = hurt_across\n"
        f"[{READERS}]\nhurt_lines = hurt_lines\n"
    )
    for name, text in (("hurt_step", HURT), ("hurt_across", ACROSS), ("hurt_lines", READER)):
        (home / f"{name}.py").write_text(text.lstrip(), "utf-8")
        sys.modules.pop(name, None)
    monkeypatch.syspath_prepend(str(home))
    monkeypatch.setenv("PYTHONPATH", str(home))


def lines(tmp_path: Path, hurtful: dict[int, str], n: int = 30, name: str = "a.txt") -> Path:
    path = tmp_path / name
    path.write_text("".join(f"document {i} {hurtful.get(i, 'fine')}\n" for i in range(n)), "utf-8")
    return path


def recipe(*paths: Path, steps: tuple[str, ...] = (), **settings: object) -> CorpusRecipe:
    source = {"use": "hurt_lines", "paths": [str(path) for path in paths], **settings}
    return CorpusRecipe(sources=(source,), steps=tuple({"use": name} for name in steps))


def made(recipe: CorpusRecipe, target: Path, stall_s: float = 600.0) -> BuildOutcome:
    engine = engines.make({"use": "local", "jobs": 2, "stall_s": stall_s})
    return build(recipe, target, engine)


def jsonl(tmp_path: Path, hurtful: dict[int, str], n: int = 30) -> CorpusRecipe:
    path = tmp_path / "a.jsonl"
    rows = [{"text": f"document {i} {hurtful.get(i, 'fine')}"} for i in range(n)]
    path.write_text("".join(json.dumps(row) + "\n" for row in rows), "utf-8")
    return CorpusRecipe(sources=({"use": "jsonl", "paths": [str(path)]},))


def with_steps(recipe: CorpusRecipe, *steps: dict[str, object]) -> CorpusRecipe:
    return CorpusRecipe(sources=recipe.sources, steps=steps)


def broken(target: Path) -> list[BrokenRecord]:
    return [*Dataset.open(target).rows("broken", BrokenRecord)]


def texts(target: Path) -> list[str]:
    return [document.text for document in Dataset.open(target).documents()]


def check_even(target: Path, n: int) -> None:
    """Every document that came in is kept, dropped or broken, and so at every step."""
    held = Dataset.open(target)
    counts = held.manifest.counts
    assert counts.n_in == n == counts.n_kept + sum(counts.dropped.values())
    left = None
    for count in held.rows("funnel", StepCount):
        assert left in (None, count.n_in)
        left = count.n_out
        if count.step != "read":
            assert count.n_in == count.n_out + sum(count.reasons.values())
    assert left == counts.n_kept
    assert held.verify() == []


def test_documents_that_hurt_a_step_are_set_aside_alone(tmp_path: Path) -> None:
    hurtful = {3: "SEGV", 7: "OOM", 8: "RAISE", 20: "HANG"}
    source = jsonl(tmp_path, hurtful)
    chosen = with_steps(source, {"use": "length", "at_least": 1}, {"use": "hurt_step"})
    outcome = made(chosen, tmp_path / "ds", stall_s=1.0)
    assert (outcome.n_kept, outcome.n_broken) == (26, 4)
    found = broken(tmp_path / "ds")
    assert [(record.excerpt, record.reason) for record in found] == [
        ("document 3 SEGV", "killed its worker: signal 11 (SIGSEGV) in step hurt_step"),
        ("document 7 OOM", "killed its worker: signal 9 (SIGKILL) in step hurt_step"),
        ("document 8 RAISE", "raised ValueError in step hurt_step"),
        ("document 20 HANG", "made no progress for 1 s in step hurt_step"),
    ]
    assert all("a.jsonl@" in record.id for record in found)
    left = [f"document {i} fine" for i in range(30) if i not in hurtful]
    assert texts(tmp_path / "ds") == left
    check_even(tmp_path / "ds", 30)


@pytest.mark.parametrize(
    "gathers", [pytest.param(True, marks=pytest.mark.slow), pytest.param(False)]
)
def test_a_comparing_step_is_as_safe_when_it_gathers_and_when_it_judges(
    tmp_path: Path, gathers: bool
) -> None:
    source = jsonl(tmp_path, {0: "SEGV", 29: "RAISE"})
    steps: list[dict[str, object]] = [
        {"use": "exact"},
        {"use": "hurt_across", "gathers": gathers},
        {"use": "length"},
    ]
    made(with_steps(source, *steps), tmp_path / "ds")
    assert {record.reason for record in broken(tmp_path / "ds")} == {
        "killed its worker: signal 11 (SIGSEGV) in step hurt_across",
        "raised ValueError in step hurt_across",
    }
    assert len(texts(tmp_path / "ds")) == 28
    check_even(tmp_path / "ds", 30)


def test_a_record_that_kills_its_reader_is_left_out_and_the_rest_is_read(tmp_path: Path) -> None:
    path = lines(tmp_path, {3: "SEGV", 4: "SEGV"})
    made(recipe(path, lines(tmp_path, {}, name="b.txt")), tmp_path / "ds")
    found = broken(tmp_path / "ds")
    assert [record.id for record in found] == ["a.txt:3", "a.txt:4"]
    why = "killed its worker: signal 11 (SIGSEGV) while it was read"
    assert {record.reason for record in found} == {why}
    assert len(texts(tmp_path / "ds")) == 58
    check_even(tmp_path / "ds", 60)


@pytest.mark.slow
def test_of_a_reader_that_does_not_ask_the_rest_of_the_file_is_told_of(tmp_path: Path) -> None:
    path = lines(tmp_path, {3: "SEGV"})
    made(recipe(path, lines(tmp_path, {}, name="b.txt"), asks=False), tmp_path / "ds")
    [record] = broken(tmp_path / "ds")
    assert record.id == "a.txt, after document 3 of it"
    assert len(texts(tmp_path / "ds")) == 33
    check_even(tmp_path / "ds", 34)


@pytest.mark.slow
def test_what_the_others_become_does_not_depend_on_who_was_set_aside(tmp_path: Path) -> None:
    """The careful walk gives the bytes that the fast one gives of the same documents."""
    steps: list[dict[str, object]] = [
        {"use": "gopher_repetition"},
        {"use": "minhash"},
        {"use": "pii"},
        {"use": "language"},
    ]
    prose = [f"the {i % 9} committee met and agreed to publish report {i} soon" for i in range(60)]
    for n, more in enumerate(([], ["SEGV here"])):
        path = tmp_path / f"{n}" / "a.jsonl"
        path.parent.mkdir()
        rows = [*prose, *more]
        path.write_text("".join(json.dumps({"text": row}) + "\n" for row in rows), "utf-8")
        source = CorpusRecipe(sources=({"use": "jsonl", "paths": [str(path)]},))
        made(with_steps(source, {"use": "hurt_step"}, *steps), tmp_path / f"ds{n}")
    tables = [
        [
            batch.drop_columns(["origin"]).to_pylist()
            for batch in Dataset.open(path).batches("documents")
        ]
        for path in (tmp_path / "ds0", tmp_path / "ds1")
    ]
    assert tables[0] == tables[1]
    assert len(broken(tmp_path / "ds1")) == 1


@pytest.mark.slow
def test_a_step_that_always_fails_ends_the_build_with_its_fault(tmp_path: Path) -> None:
    source = jsonl(tmp_path, dict.fromkeys(range(130), "RAISE"), n=130)
    with pytest.raises(EtudeError, match=r"more than 100 documents .* raised ValueError in step"):
        made(with_steps(source, {"use": "hurt_step"}), tmp_path / "ds")


@pytest.mark.slow
def test_a_build_that_is_killed_remembers_whom_it_found(tmp_path: Path) -> None:
    hurtful = {2: "SEGV", 11: "SEGV", 20: "SEGV"}
    source = jsonl(tmp_path, hurtful)
    code = (
        "import sys, msgspec; from pathlib import Path; from etude.engine import engines\n"
        "from etude.stages.corpus.build import build\n"
        "from etude.stages.corpus.recipe import CorpusRecipe\n"
        "if __name__ == '__main__':\n"
        "    recipe = msgspec.json.decode(sys.argv[1], type=CorpusRecipe)\n"
        "    build(recipe, Path(sys.argv[2]), engines.make({'use': 'local', 'jobs': 1}))\n"
    )
    (tmp_path / "run.py").write_text(code, "utf-8")
    chosen = with_steps(source, {"use": "hurt_step"})
    told = json.dumps({"sources": chosen.sources, "steps": chosen.steps})
    run = subprocess.Popen([sys.executable, tmp_path / "run.py", told, tmp_path / "ds"])
    noted = tmp_path / "ds" / ".work" / "pass-0" / "done" / "00000.deaths"
    while not noted.exists() or len(noted.read_bytes().splitlines()) < 2:
        time.sleep(0.005)
        assert run.poll() is None
    os.kill(run.pid, signal.SIGKILL)
    run.wait()
    n_known = len(noted.read_bytes().splitlines())
    made(chosen, tmp_path / "ds")
    assert n_known >= 2
    assert [record.excerpt for record in broken(tmp_path / "ds")] == [
        f"document {i} SEGV" for i in hurtful
    ]
    check_even(tmp_path / "ds", 30)


@pytest.mark.slow
def test_little_work_that_takes_the_caller_with_it_goes_on_when_asked_for_again(
    tmp_path: Path,
) -> None:
    source = jsonl(tmp_path, {5: "SEGV"})
    made_recipe = tmp_path / "recipe.toml"
    path = json.dumps(source.sources[0]["paths"])
    made_recipe.write_text(
        f'[[sources]]\nuse = "jsonl"\npaths = {path}\n[[steps]]\nuse = "hurt_step"\n', "utf-8"
    )
    program = str(Path(sys.executable).with_name("etude"))
    command = [program, "corpus", "build", str(made_recipe), "--out", str(tmp_path / "ds")]
    first = subprocess.run(command, capture_output=True, check=False)
    assert first.returncode == -signal.SIGSEGV
    again = subprocess.run(command, capture_output=True, check=False)
    assert again.returncode == 0, again.stderr
    assert len(broken(tmp_path / "ds")) == 1
    check_even(tmp_path / "ds", 30)
