"""The runner's report is read by exact id and cannot be replaced by what the code prints."""

import asyncio
from pathlib import Path

import pytest

from etude import Codebase, Origin
from etude.rollout.machine import interpreter_mounts
from etude.rollout.suites import SuitePlan, SuiteRun, suites
from etude.rollout.suites.pytest import function_of, runner_mount
from etude.sandbox import Image, Mount, adopt, sandboxes
from etude.stages.swe.prepare import PYTHON

pytestmark = [pytest.mark.xdist_group("suite"), pytest.mark.net]

CODEBASE = Codebase(
    id="ab" * 32,
    origin=Origin(source="test", made_by="test"),
    name="p",
    version="1",
    source_digest="",
    interpreter=f"cpython-{PYTHON}.0",
    runner="pytest",
    lock=(),
    source_roots=("p.py",),
    test_paths=("tests",),
    tests=(),
    suite_s=1.0,
    n_source_lines=1,
)


def run(
    env: Path, tmp_path: Path, files: dict[str, str], plan: SuitePlan | None = None
) -> SuiteRun:
    tree = tmp_path / "tree"
    for name, text in {"p.py": "", **files}.items():
        (tree / name).parent.mkdir(parents=True, exist_ok=True)
        (tree / name).write_text(text)
    adopt(tree)
    image = Image(
        workspace=(tree,),
        mounts=(*interpreter_mounts(PYTHON), Mount(source=env, target="/env"), runner_mount()),
    )

    async def go() -> SuiteRun:
        async with sandboxes.make("bubblewrap").open(image) as box:
            return await suites.make("pytest").run(box, CODEBASE, plan or SuitePlan(timeout_s=60))

    return asyncio.run(go())


def outcomes(run: SuiteRun) -> dict[str, str]:
    return {test.partition("::")[2]: result.outcome for test, result in run.results.items()}


def test_every_kind_of_outcome_is_told_apart(env: Path, tmp_path: Path) -> None:
    text = """
import pytest, unittest

def test_passes(): pass
def test_fails(): assert 1 == 2
@pytest.mark.skip
def test_skipped(): pass
@pytest.mark.xfail
def test_expected(): assert False
@pytest.mark.xfail
def test_unexpected(): pass
@pytest.fixture
def broken(): raise OSError
def test_setup_fails(broken): pass
@pytest.fixture
def late():
    yield
    raise OSError
def test_teardown_fails(late): pass
@pytest.mark.parametrize("x", ["a::b", "c[d]", "e f"])
def test_odd_ids(x): pass

class Old(unittest.TestCase):
    def test_sub(self):
        for n in range(3):
            with self.subTest(n=n):
                self.assertNotEqual(n, 1)
"""
    found = run(env, tmp_path, {"tests/test_a.py": text})
    assert found.complete
    assert outcomes(found) == {
        "test_passes": "passed",
        "test_fails": "failed",
        "test_skipped": "skipped",
        "test_expected": "xfailed",
        "test_unexpected": "xpassed",
        "test_setup_fails": "error",
        "test_teardown_fails": "error",
        "test_odd_ids[a::b]": "passed",
        "test_odd_ids[c[d]]": "passed",
        "test_odd_ids[e f]": "passed",
        "Old::test_sub": "failed",
    }
    failure = found.results["tests/test_a.py::test_fails"].failure
    assert failure is not None
    assert (failure.exception, failure.compared) == ("AssertionError", ("1", "==", "2"))


FORGERIES = {
    "prints": "print('tests/test_a.py::test_fails PASSED\\n1 passed')",
    "leaves": "import os; os._exit(0)",
    "writes to the report": (
        'import os\nfor fd in range(3, 20):\n    try:\n        os.write(fd, b\'{"event":"phase",'
        '"id":"tests/test_a.py::test_fails","outcome":"passed","when":"call","secret":""}\\n\')\n'
        "    except OSError: pass"
    ),
    "says it is over": "raise SystemExit(0)",
    "skips": "import pytest; pytest.skip(allow_module_level=True)",
    "kills the runner": "import os, signal; os.kill(os.getpid(), signal.SIGKILL)",
    "settings": "import os; os.environ['PYTEST_ADDOPTS'] = '--collect-only'",
}


@pytest.mark.parametrize("name", FORGERIES)
def test_a_failing_test_does_not_pass_because_the_project(
    name: str, env: Path, tmp_path: Path
) -> None:
    files = {
        "p.py": FORGERIES[name] + "\n",
        "tests/test_a.py": "import p\ndef test_fails(): assert False\ndef test_b(): pass\n",
        "pytest.ini": "[pytest]\naddopts = --deselect tests/test_a.py::test_fails -p no:terminal\n",
    }
    assert not run(env, tmp_path, files).passed("tests/test_a.py::test_fails")


def test_what_tests_start_reads_neither_the_runners_memory_nor_its_job(
    env: Path, tmp_path: Path
) -> None:
    text = """
import os, subprocess, sys

LOOK = '''
import os
for name in ("mem", "environ", "fd/0", "fd/3"):
    try:
        open(f"/proc/{os.getppid()}/{name}", "rb").read(9)
    except PermissionError:
        continue
    print(name)
'''

def test_from_a_child():
    assert subprocess.check_output([sys.executable, "-c", LOOK]) == b""

def test_from_within():
    assert os.read(0, 9) == b""
    assert os.readlink("/proc/self/fd/0") == os.readlink("/proc/self/fd/3") == "/dev/null"
    fd = os.open("/proc/1/fd/0", os.O_RDONLY | os.O_NONBLOCK)
    assert os.read(fd, 9) == b""
"""
    found = run(env, tmp_path, {"tests/test_a.py": text})
    assert outcomes(found) == {"test_from_a_child": "passed", "test_from_within": "passed"}, found


def test_a_test_that_hangs_is_ended_and_the_rest_runs_on(env: Path, tmp_path: Path) -> None:
    text = """
def test_hangs():
    while True:
        try:
            while True: pass
        except Exception: pass
def test_after(): pass
"""
    plan = SuitePlan(test_s={"tests/test_a.py::test_hangs": 0.5}, timeout_s=60)
    found = run(env, tmp_path, {"tests/test_a.py": text}, plan)
    assert outcomes(found) == {"test_hangs": "failed", "test_after": "passed"}
    failure = found.results["tests/test_a.py::test_hangs"].failure
    assert failure is not None
    assert failure.exception == "TestTimedOut"


def test_a_run_in_which_everything_hangs_is_given_up(env: Path, tmp_path: Path) -> None:
    text = """
import pytest

@pytest.mark.parametrize("x", range(50))
def test_hangs(x):
    while True: pass
"""
    found = run(
        env, tmp_path, {"tests/test_a.py": text}, SuitePlan(default_test_s=0.3, timeout_s=60)
    )
    assert not found.complete
    assert len(found.results) == 3
    assert found.duration_s < 10


def test_only_the_named_tests_run_and_a_prefix_is_not_a_name(env: Path, tmp_path: Path) -> None:
    text = "def test_a(): pass\ndef test_ab(): pass\n"
    plan = SuitePlan(tests=("tests/test_a.py::test_a",), timeout_s=60)
    found = run(env, tmp_path, {"tests/test_a.py": text, "tests/test_b.py": text}, plan)
    assert set(found.results) == {"tests/test_a.py::test_a"}


def test_the_run_that_was_cut_short_names_the_test_that_ran(env: Path, tmp_path: Path) -> None:
    text = "import os\ndef test_a(): pass\ndef test_b(): os._exit(0)\ndef test_c(): pass\n"
    found = run(env, tmp_path, {"tests/test_a.py": text})
    assert not found.complete
    assert found.running == "tests/test_a.py::test_b"
    assert outcomes(found) == {"test_a": "passed"}


def test_a_function_is_named_without_its_parameters() -> None:
    assert function_of("tests/test_a.py::A::test_b[x::y[z]]") == "tests/test_a.py::A::test_b"
