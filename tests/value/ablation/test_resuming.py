"""Killed at any moment, an ablation ends with the same proxies."""

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from etude.value.ablation.ablate import ablate, read_recipe


def recipe(path: Path, sense: Path, noise: Path) -> Path:
    path.write_text(
        f'against = "noise"\ntokens = 40000\nseeds = 2\nheld_out_from = "sense"\n'
        "held_out_share = 0.2\npassages = 6\npassage_chars = 400\ncloze = 0\n"
        f'[arms.noise]\ndata = ["{noise}"]\n[arms.sense]\ndata = ["{sense}"]\n'
        "[proxy]\nthreads = 1\nsave_every = 5\nbatch = 8\nlength = 32\n"
        "vocabulary.size = 400\n"
        "model = { hidden = 16, layers = 1, heads = 2, kv_heads = 1, mlp = 32 }\n"
    )
    return path


@pytest.mark.slow
def test_killed_and_asked_again_it_comes_to_the_same_figures(
    sense: Path, noise: Path, tmp_path: Path
) -> None:
    told = recipe(tmp_path / "recipe.toml", sense, noise)
    whole = ablate(read_recipe(told), tmp_path / "whole")
    command = [sys.executable, "-m", "etude.cli", "train", "ablate", str(told)]
    command = [
        sys.executable, "-c", "from etude.cli import main; main()", *command[3:], "--out",
        str(tmp_path / "killed"),
    ]  # fmt: skip
    n_kills = 0
    deadline = time.monotonic() + 200
    while time.monotonic() < deadline:
        process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        before = len(list((tmp_path / "killed").glob("proxies/*/run.json")))
        while process.poll() is None and n_kills < 3:
            time.sleep(0.05)
            at_work = list((tmp_path / "killed").glob("proxies/*/.work/checkpoints/*.pt"))
            after = len(list((tmp_path / "killed").glob("proxies/*/run.json")))
            if at_work and after >= min(before + n_kills, 3):
                os.kill(process.pid, signal.SIGKILL)
                n_kills += 1
                break
        if process.wait() == 0:
            break
    assert n_kills == 3
    found = ablate(read_recipe(told), tmp_path / "killed")
    assert found.prepared == whole.prepared
    assert found.proxies == whole.proxies
    assert found.comparisons == whole.comparisons
