"""Hostile bytes find no error in the kernel under the sanitizers, in a few seconds."""

import subprocess
import sys
from pathlib import Path

import pytest
from tests.stages.corpus.kernel.fuzz.run import compiler

FUZZER = Path(__file__).parent / "fuzz" / "run.py"


@pytest.mark.skipif(compiler() is None, reason="there is no C compiler")
def test_the_kernel_withstands_hostile_bytes() -> None:
    done = subprocess.run(
        [sys.executable, str(FUZZER), "--seconds", "2"], capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stdout + done.stderr
    assert "rounds of" in done.stdout
