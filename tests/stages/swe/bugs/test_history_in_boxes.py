"""history with real boxes: a repository becomes a data set, and going on costs next to nothing."""

import asyncio
import subprocess
from pathlib import Path

import pytest

from etude.sandbox import sandboxes
from etude.stages.swe.make import MakeRecipe, make
from etude.store import CodebaseStore, Dataset

pytestmark = [pytest.mark.slow, pytest.mark.net]
OLD = '''"""Numbers and names."""


def initials(name):
    return "".join(word[0] for word in name.split(" "))


def clamp(n, low, high):
    return max(low, n)


def cube(n):
    return n * n * n
'''
NEW = OLD.replace('name.split(" ")', "name.split()").replace(
    "max(low, n)", "max(low, min(n, high))"
)
OLD_TESTS = """import pytest
import names

@pytest.mark.parametrize("n", range(30))
def test_cube(n):
    assert names.cube(n) == n ** 3

def test_initials():
    assert names.initials("Ada Lovelace") == "AL"
"""
NEW_TESTS = f"""{OLD_TESTS}
def test_initials_of_a_name_with_blanks():
    assert names.initials("Ada  Lovelace ") == "AL"

def test_clamp():
    assert names.clamp(12, 0, 10) == 10
"""


def commit(folder: Path, message: str, source: str, tests: str) -> None:
    (folder / "names.py").write_text(source)
    (folder / "tests" / "test_names.py").write_text(tests)
    who = ["-c", "user.name=x", "-c", "user.email=x@example.org", "-c", "commit.gpgsign=false"]
    for words in (["add", "-A"], ["commit", "-q", "-m", message]):
        subprocess.run(["git", "-C", str(folder), *who, *words], check=True, capture_output=True)


def test_a_commit_with_two_repairs_becomes_two_tasks(tmp_path: Path) -> None:
    folder = tmp_path / "names"
    (folder / "tests").mkdir(parents=True)
    (folder / "pyproject.toml").write_text('[project]\nname = "names"\nversion = "1.0"\n')
    subprocess.run(["git", "init", "-q", str(folder)], check=True, capture_output=True)
    commit(folder, "Start", OLD, OLD_TESTS)
    commit(folder, "Respect the upper bound when clamping numbers", NEW, NEW_TESTS)
    recipe = MakeRecipe(codebases=(f"git:{folder}",), makers=("history",), limit=5)
    store = CodebaseStore(tmp_path / "home")
    box = sandboxes.make("bubblewrap")
    outcome = asyncio.run(make(recipe, tmp_path / "out", box, store, jobs=1))
    assert outcome.n_tasks == 2
    dataset = Dataset.open(tmp_path / "out")
    keys = {key.function: key for key in dataset.keys()}
    assert keys.keys() == {"initials", "clamp"}
    assert {key.maker for key in keys.values()} == {"history"}
    assert keys["clamp"].fail_to_pass == ("tests/test_names.py::test_clamp",)
    statements = {task.id: task.statement for task in dataset.tasks()}
    assert "> Respect the upper bound" in statements[keys["clamp"].task_id]
    assert "upper bound" not in statements[keys["initials"].task_id]
    again = asyncio.run(make(recipe, tmp_path / "again", box, store, jobs=1))
    assert again.n_tasks == 2
    assert again.codebases[0].machine_s < outcome.codebases[0].machine_s
