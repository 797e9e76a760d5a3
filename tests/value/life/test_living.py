"""A whole life of a few steps, killed on the way: it ends as if nothing had been."""

import os
import signal
import subprocess
import sys
import time
import tomllib
from pathlib import Path

import msgspec
import pytest
from tests.value.life._small import TINY

from etude.errors import ConfigError
from etude.store import Dataset
from etude.train.run import Run
from etude.value.life.life import PAGE, RESULT, live
from etude.value.life.outcome import Life

pytestmark = pytest.mark.slow


def recipe(path: Path) -> Path:
    def lines(table: dict[str, object], name: str = "") -> list[str]:
        flat = [f"{k} = {msgspec.json.encode(v).decode()}" for k, v in table.items()
                if not isinstance(v, dict)]  # fmt: skip
        inner = [
            line
            for key, value in table.items()
            if isinstance(value, dict)
            for line in lines(value, f"{name}.{key}" if name else key)
        ]
        return [*([f"[{name}]"] if name else []), *flat, *inner]

    path.write_text("\n".join(lines(msgspec.to_builtins(TINY))))
    assert msgspec.convert(tomllib.loads(path.read_text()), type(TINY)) == TINY
    return path


def timeless(life: Life) -> Life:
    return msgspec.structs.replace(life, spent={}, n_sittings=0)


def test_killed_at_every_stage_it_comes_to_the_same_figures(tmp_path: Path) -> None:
    (tmp_path / "whole").mkdir()
    (tmp_path / "killed").mkdir()
    told = recipe(tmp_path / "life.toml")
    command = [sys.executable, "-c", "from etude.cli import main; main()", "train", "life"]
    command += [str(told), "--out", "run", "--json"]
    subprocess.run(command, cwd=tmp_path / "whole", check=True, capture_output=True)
    out = tmp_path / "killed" / "run"
    kills = ["data/texts", "read", "imitate", "judge", "prefer", "practise-1"]
    deadline = time.monotonic() + 600
    while time.monotonic() < deadline:
        process = subprocess.Popen(
            command,
            cwd=tmp_path / "killed",
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )
        while process.poll() is None:
            time.sleep(0.02)
            if kills and (out / kills[0]).exists():
                time.sleep(0.3)
                os.kill(process.pid, signal.SIGKILL)
                kills.pop(0)
                break
        if process.wait() == 0:
            break
    assert not kills
    whole, killed = (
        msgspec.json.decode((tmp_path / name / "run" / RESULT).read_bytes(), type=Life)
        for name in ("whole", "killed")
    )
    assert killed.n_sittings == 7
    assert timeless(killed) == timeless(whole)
    assert whole.wall_s > 0
    check(out, whole)


def check(out: Path, life: Life) -> None:
    """Every run names what it was made from, and every data set is as its manifest says."""
    digests = {part.name: part.digest for part in life.parts}
    assert len(life.stages) == 4 + TINY.practise_seeds
    for stage in life.stages:
        assert not Run.open(out / stage.name).verify()
        data = [one for one in stage.ingredients if one.role == "data"]
        assert [digests[one.name.rpartition("/")[2]] for one in data] == [
            one.digest for one in data
        ]
    for part in life.parts:
        assert not Dataset.open(out / "data" / part.name).verify()
    page = (out / PAGE).read_text("utf-8")
    for gain in life.gains:
        assert f"{gain.after.value:.3f}" in page
    again = live(life.recipe, out)
    assert timeless(again) == timeless(life)
    other = msgspec.structs.replace(life.recipe, seed=1)
    with pytest.raises(ConfigError, match="other settings"):
        live(other, out)
