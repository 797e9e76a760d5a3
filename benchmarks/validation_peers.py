"""mutmut and cosmic-ray on the same projects, for `validation.py`, each in its own environment.

Each makes its own mutants of the same source: nothing makes them take ours. They stop at the first
test that fails, as `first` does, use no sandbox, and find the tests and what is installed where
Etude prepared it. The environments lie in `.venv-peers/mutants` and stay for the next time.
"""

import contextlib
import json
import os
import re
import shutil
import sqlite3
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from random import Random

import msgspec

from etude.store import Prepared

# mutmut asks pytest for what its ninth release no longer has.
PEERS = {"mutmut": ("mutmut==3.8.1", "pytest<9"), "cosmic-ray": ("cosmic-ray==8.7.0",)}
_FOLDER = Path(__file__).parents[1] / ".venv-peers" / "mutants"
_UV = (sys.executable, "-m", "uv")
_ORDINALS = (2, 5, 9, 14)
"""Of each function's mutants these are judged by mutmut, so that they are spread."""
LIMIT_S = 1800
N_FILES = 4
"""Files of a project, drawn anew in each round, that cosmic-ray makes mutants of."""


class PeerError(Exception):
    """A peer cannot be installed or run here; the text is one line."""


class PeerRun(msgspec.Struct, frozen=True):
    """What one peer said in one round."""

    n: int
    n_caught: int
    cpu_s: float
    peak_mb: float


def run_peer(peer: str, prepared: Prepared, n: int, seed: int) -> PeerRun:
    """Judge about `n` mutants.

    Raises:
        PeerError: It cannot be installed, or does not run on this project.
    """
    tool = _environment(peer)
    with tempfile.TemporaryDirectory(prefix="etude-") as name:
        folder = Path(name)
        tree = folder / "tree"
        shutil.copytree(prepared.source, tree, symlinks=True)
        python = _beside(folder / "venv", tool, tree, prepared, tool_first=peer == "mutmut")
        run = _mutmut if peer == "mutmut" else _cosmic_ray
        return run(python, tree, prepared, n, seed)


def _environment(peer: str) -> Path:
    """Return the site-packages of a peer, installed if need be."""
    folder = _FOLDER / peer
    ready, wanted = folder / ".ready", "\n".join(PEERS[peer])
    python = folder / "bin" / "python"
    if not ready.exists() or ready.read_text("utf-8") != wanted:
        _quietly(*_UV, "venv", "--quiet", "--clear", "--python", sys.executable, str(folder))
        _quietly(*_UV, "pip", "install", "--quiet", "--python", str(python), *PEERS[peer])
        ready.write_text(wanted, "utf-8")
    return next((folder / "lib").glob("python*/site-packages"))


def _beside(venv: Path, tool: Path, tree: Path, prepared: Prepared, *, tool_first: bool) -> Path:
    """Return a Python that finds the peer, the tree, and what Etude installed for its tests."""
    _quietly(*_UV, "venv", "--quiet", "--python", sys.executable, str(venv))
    installed = next((prepared.env / "lib").glob("python*/site-packages"))
    parents = {str((tree / root).parent) for root in prepared.codebase.source_roots}
    places = [str(tool), str(installed)] if tool_first else [str(installed), str(tool)]
    site = next((venv / "lib").glob("python*/site-packages"))
    (site / "peer.pth").write_text("\n".join([*sorted(parents), *places, ""]), "utf-8")
    return venv / "bin" / "python"


def _mutmut(python: Path, tree: Path, prepared: Prepared, n: int, seed: int) -> PeerRun:  # noqa: ARG001  it draws by itself
    roots = json.dumps(list(prepared.codebase.source_roots))
    tests = json.dumps(list(prepared.codebase.test_paths))
    pyproject = tree / "pyproject.toml"
    old = pyproject.read_text("utf-8") if pyproject.exists() else ""
    settings = f"\n[tool.mutmut]\nsource_paths = {roots}\nalso_copy = {tests}\n"
    pyproject.write_text(old + settings, "utf-8")
    names = [f"*__mutmut_{ordinal}" for ordinal in _ORDINALS[: max(1, n // 40)]]
    used: dict[str, float] = {}
    said = _run(used, tree, str(python), "-m", "mutmut", "run", "--max-children", "1", *names)
    # 🎉 is caught, 🙁 not, ⏰ out of time, 🫥 without tests.
    counts = re.findall(r"(\d+)/\d+ +🎉 (\d+) 🫥 (\d+) +⏰ (\d+) +🤔 (\d+) +🙁 (\d+)", said)
    if not counts or counts[-1][0] == "0":
        raise PeerError(f"does not run on it: {_last(said)}")
    done, killed, _, late, strange, _ = map(int, counts[-1])
    return PeerRun(done, killed + late + strange, used["cpu_s"], used["peak_mb"])


def _cosmic_ray(python: Path, tree: Path, prepared: Prepared, n: int, seed: int) -> PeerRun:
    files = sorted(prepared.coverage().lines)
    # It writes every mutant of every file down before it starts, which can take an hour.
    roots = json.dumps(Random(seed).sample(files, min(len(files), N_FILES)))
    tests = " ".join(prepared.codebase.test_paths)
    (tree / "cosmic.toml").write_text(
        f"[cosmic-ray]\nmodule-path = {roots}\ntimeout = {20 + 10 * prepared.codebase.suite_s}\n"
        f'excluded-modules = []\ntest-command = "{python} -m pytest -x -q {tests}"\n'
        '[cosmic-ray.distributor]\nname = "local"\n',
        "utf-8",
    )
    tool = (str(python), "-m", "cosmic_ray.cli")
    used: dict[str, float] = {}
    said = _run(used, tree, *tool, "baseline", "cosmic.toml")
    if used["exit"]:
        raise PeerError(f"does not run on it: {_last(said)}")
    _run({}, tree, *tool, "init", "cosmic.toml", "session.sqlite")
    with contextlib.closing(sqlite3.connect(tree / "session.sqlite")) as session:
        ids = sorted(row[0] for row in session.execute("select job_id from work_items"))
        Random(seed).shuffle(ids)
        for table in ("mutation_specs", "work_items"):
            session.executemany(f"delete from {table} where job_id = ?", [(i,) for i in ids[n:]])  # noqa: S608
        session.commit()
    _run(used, tree, *tool, "exec", "cosmic.toml", "session.sqlite")
    with contextlib.closing(sqlite3.connect(tree / "session.sqlite")) as session:
        outcomes = [row[0] for row in session.execute("select test_outcome from work_results")]
    if not outcomes:
        raise PeerError("judged nothing")
    caught = sum(str(outcome).upper().endswith("KILLED") for outcome in outcomes)
    return PeerRun(len(outcomes), caught, used["cpu_s"], used["peak_mb"])


def _run(used: dict[str, float], folder: Path, *command: str) -> str:
    """Run a command to its end, note what it and all below it used, and return what it said."""
    said = folder.parent / "said.txt"
    environment = {name: value for name, value in os.environ.items() if name != "PYTHONPATH"}
    with said.open("wb") as out:
        process = subprocess.Popen(
            command, cwd=folder, stdout=out, stderr=subprocess.STDOUT, env=environment
        )
        deadline = time.monotonic() + LIMIT_S
        while True:
            done, status, usage = os.wait4(process.pid, os.WNOHANG)
            if done:
                break
            if time.monotonic() > deadline:
                process.kill()
            time.sleep(0.02)
    process.returncode = os.waitstatus_to_exitcode(status)
    used["exit"] = process.returncode
    used["cpu_s"] = usage.ru_utime + usage.ru_stime
    used["peak_mb"] = usage.ru_maxrss / 1024
    return said.read_text("utf-8", errors="replace")


def _last(text: str) -> str:
    plain = re.sub(r"\x1b\[[0-9;]*[A-Za-z]", "", text.replace("\r", "\n"))
    lines = [line.strip() for line in plain.splitlines() if line.strip()]
    return lines[-1][:160] if lines else "it said nothing"


def _quietly(*command: str) -> None:
    done = subprocess.run(command, check=False, capture_output=True, text=True)
    if done.returncode:
        raise PeerError(f"could not be installed: {_last(done.stderr)}")
