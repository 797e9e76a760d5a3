"""`import etude` and the command line stay light: no heavy package, few modules."""

import subprocess
import sys

import pytest

HEAVY = {"torch", "trl", "ray", "datasets", "numpy", "pyarrow", "starlette", "asyncio", "openai"}
HEAVY |= {"libcst", "zstandard", "rich", "jinja2"}


@pytest.mark.parametrize(
    ("module", "n_modules"), [("etude", 160), ("etude.plugins", 190), ("etude.cli", 220)]
)
def test_importing_loads_no_heavy_package(module: str, n_modules: int) -> None:
    code = f"import sys, {module}; print('\\n'.join(sys.modules))"
    loaded = subprocess.run(
        [sys.executable, "-c", code], check=True, capture_output=True, text=True
    ).stdout.split()
    assert not HEAVY & set(loaded)
    assert len(loaded) < n_modules


def test_importing_prints_nothing() -> None:
    run = [sys.executable, "-W", "error", "-c", "import etude, etude.cli, etude.store"]
    done = subprocess.run(run, check=True, capture_output=True, text=True)
    assert (done.stdout, done.stderr) == ("", "")
