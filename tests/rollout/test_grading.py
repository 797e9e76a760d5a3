"""Only the project's own source counts in a patch."""

import pytest

from etude import Codebase, Origin
from etude.rollout import reason_to_drop

CODEBASE = Codebase(
    id="ab" * 32,
    origin=Origin(source="pypi:p==1", made_by="test"),
    name="p",
    version="1",
    source_digest="",
    interpreter="cpython-3.11.7",
    runner="pytest-9",
    lock=(),
    source_roots=("src/p", "single.py"),
    test_paths=("tests", "src/p/check"),
    tests=(),
    suite_s=1.0,
    n_source_lines=1,
)


@pytest.mark.parametrize("path", ["src/p/a.py", "src/p/deep/new.py", "single.py", "src/p/g.lark"])
def test_source_is_applied(path: str) -> None:
    assert reason_to_drop(path, CODEBASE) == ""


@pytest.mark.parametrize(
    "path",
    [
        "tests/test_a.py",
        "src/p/check/test_a.py",
        "src/p/tests/test_a.py",
        "conftest.py",
        "src/p/conftest.py",
        "src/p/Conftest.py",
        "src/sitecustomize.py",
        "src/p/sitecustomize.py",
        "src/p/x.pth",
        "src/p/fast.so",
        "src/p/a.pyc",
        "pyproject.toml",
        "pytest.ini",
        "tox.ini",
        "setup.py",
        "src/pq/a.py",
        "json.py",
    ],
)
def test_all_else_is_dropped(path: str) -> None:
    assert reason_to_drop(path, CODEBASE)
