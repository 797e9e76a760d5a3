"""Candidates are judged in forks of one warm process, and what that way cannot judge it says so."""

import asyncio
from collections.abc import Sequence
from pathlib import Path

import msgspec
import pytest

from etude import Codebase, Origin
from etude.rollout.machine import interpreter_mounts
from etude.rollout.suites import Candidate, Forecasts, Probe, SuitePlan, suites
from etude.rollout.suites.pytest import runner_mount
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
    source_roots=("p.py", "lazy.py"),
    test_paths=("tests",),
    tests=(),
    suite_s=1.0,
    n_source_lines=1,
)
SOURCE = """
import functools

LIMIT = 3
SEEN = []

def plain(x, step=1):
    return x + step

@functools.lru_cache
def cached(x):
    return x * 2

def wrap(function):
    @functools.wraps(function)
    def inner(*args):
        return function(*args)
    return inner

@wrap
def wrapped(x):
    return x - 1

class Base:
    def __init__(self):
        self.made = True

class Made(Base):
    def __init__(self):
        super().__init__()
    def bare(self, xs):
        if xs:
            return [x for x in xs]
        return list(map(str, xs))

class Thing:
    size = 2
    def method(self):
        return self.size
    @property
    def half(self):
        return self.size / 2
    @staticmethod
    def alone():
        return "alone"

def outer(n):
    def inner(x):
        return x + n
    return inner

def numbers():
    yield 1
    yield 2

def remember(x):
    SEEN.append(x)
    return len(SEEN)
"""
LAZY = "def late():\n    return 'late'\n"
TESTS = """
import pathlib, subprocess, sys, time
import p

def test_plain(): assert p.plain(1) == 2
def test_cached(): assert p.cached(2) == 4
def test_wrapped(): assert p.wrapped(2) == 1
def test_method(): assert p.Thing().method() == 2
def test_made(): assert p.Made().made
def test_bare(): assert p.Made().bare([1]) == [1]
def test_half(): assert p.Thing().half == 1
def test_alone(): assert p.Thing.alone() == "alone"
def test_outer(): assert p.outer(1)(2) == 3
def test_numbers(): assert list(p.numbers()) == [1, 2]
def test_remember(): assert p.remember("x") == 1
def test_late():
    import lazy
    assert lazy.late() == "late"
def test_started():
    code = "import p; print(p.plain(1))"
    out = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True)
    assert out.stdout == "2\\n", out.stderr
def test_writes():
    pathlib.Path("left.txt").write_text("x")
def test_folder(tmp_path):
    assert not list(tmp_path.parent.glob("stranger*"))
    (tmp_path.parent / "stranger").write_text("x")
def test_leaves_something_running():
    late = "import time, pathlib; time.sleep(0.4); pathlib.Path('/tmp/ran').write_text('')"
    subprocess.Popen([sys.executable, "-c", late], start_new_session=True)
def test_nothing_runs_on():
    time.sleep(0.8)
    assert not pathlib.Path("/tmp/ran").exists()
"""
ID = "tests/test_p.py::test_"
BY_ALL = [
    "plain",
    "cached",
    "wrapped",
    "method",
    "half",
    "alone",
    "outer",
    "numbers",
    "remember",
    "made",
    "bare",
    "late",
    "started",
    "folder",
]


def forecast(
    env: Path,
    tmp_path: Path,
    candidates: Sequence[Candidate],
    files: dict[str, str] | None = None,
    probe: Probe | None = None,
) -> Forecasts:
    tree = tmp_path / "tree"
    there = {"p.py": SOURCE, "lazy.py": LAZY, "tests/test_p.py": TESTS, **(files or {})}
    for name, text in there.items():
        (tree / name).parent.mkdir(parents=True, exist_ok=True)
        (tree / name).write_text(text)
    adopt(tree)
    image = Image(
        workspace=(tree,),
        mounts=(*interpreter_mounts(PYTHON), Mount(source=env, target="/env"), runner_mount()),
    )

    async def go() -> Forecasts:
        plan = SuitePlan(timeout_s=90, default_test_s=1.5, give_up_after=1)
        async with sandboxes.make("bubblewrap").open(image) as box:
            suite = suites.make("pytest")
            found = await suite.forecast(box, CODEBASE, plan, candidates, probe)
            assert found is not None
            for name in ("p.py", "lazy.py"):
                assert await box.read(name) == there[name].encode(), "the tree is as it was"
            return found

    return asyncio.run(go())


def changed(old: str, new: str, *tests: str, path: str = "p.py", most: int = 99) -> Candidate:
    text = LAZY if path == "lazy.py" else SOURCE
    assert text.count(old) == 1
    return Candidate(
        id=f"{old} -> {new}",
        path=path,
        text=text.replace(old, new),
        tests=tuple(ID + test for test in tests or BY_ALL),
        most=most,
        limit_s=20,
    )


def failed(found: Forecasts) -> dict[str, set[str] | str]:
    return {
        id_: {test.removeprefix(ID) for test in said.failed}
        if said.outcome == "ran"
        else said.text or said.outcome
        for id_, said in found.by_id.items()
    }


def test_each_candidate_is_caught_by_the_tests_of_its_function_and_no_others(
    env: Path, tmp_path: Path
) -> None:
    candidates = {
        changed("return x + step", "return x - step"): {"plain", "started"},
        changed("return x * 2", "return x * 3"): {"cached"},
        changed("return x - 1", "return x - 2"): {"wrapped"},
        changed("return function(*args)", "return function(*args) + 1"): {"wrapped"},
        changed("return self.size\n", "return 0\n"): {"method"},
        changed("self.size / 2", "self.size / 4"): {"half"},
        changed('return "alone"', "return None"): {"alone"},
        changed("return x + n", "return x"): {"outer"},
        changed("yield 2", "yield 3"): {"numbers"},
        changed("return len(SEEN)", "return 1"): set(),
        changed("        super().__init__()", "        pass"): {"made"},
        changed("return [x for x in xs]", "return xs[:0]"): {"bare"},
        changed("return [x for x in xs]", "return [y for y in xs if (lambda: 0)()]"): {"bare"},
        changed("SEEN.append(x)", "SEEN.extend([x, x])"): {"remember"},
        changed("return 'late'", "return 'early'", path="lazy.py"): {"late"},
    }
    found = forecast(env, tmp_path, list(candidates))
    assert failed(found) == {c.id: tests for c, tests in candidates.items()}
    assert found.cold == ""


def test_what_runs_on_import_is_left_to_the_slow_way(env: Path, tmp_path: Path) -> None:
    found = forecast(
        env,
        tmp_path,
        [
            changed("LIMIT = 3", "LIMIT = 4"),
            changed("step=1", "step=LIMIT"),
            changed("size = 2", "size = 3"),
            changed("@functools.lru_cache\n", "\n"),
            changed("return x + step", 'return x is "a"'),
            changed("    yield 2\n", "    yield 2\n\ndef more():\n    pass\n"),
            changed("return x + n", "return x"),
        ],
    )
    said = list(failed(found).values())
    assert said[0] == said[1] == said[2] == said[3] == "changes what runs on import"
    assert said[4] == "does not compile cleanly"
    assert said[5] == "has other functions than before"
    assert said[6] == {"outer"}, "those that it can judge it does"


def test_a_candidate_that_hangs_or_ends_the_process_harms_no_other(
    env: Path, tmp_path: Path
) -> None:
    found = forecast(
        env,
        tmp_path,
        [
            changed("return x * 2", "\n    while True: pass", "cached"),
            changed("return x - 1", "import os; os._exit(0)", "wrapped"),
            changed("return x + n", "import os; os.kill(os.getpid(), 9)", "outer"),
            changed("yield 2", "yield 3", "numbers"),
        ],
    )
    assert list(failed(found).values()) == ["time-out", "broken off", "broken off", {"numbers"}]


def test_a_child_leaves_neither_processes_nor_folders_nor_state(env: Path, tmp_path: Path) -> None:
    leaves = changed("return x + step", "return x", "leaves_something_running", "folder")
    found = forecast(
        env, tmp_path, [leaves, changed("yield 2", "yield 3", "nothing_runs_on", "folder")]
    )
    assert list(failed(found).values()) == [set(), set()]


def test_a_run_ends_when_more_tests_failed_than_matter(env: Path, tmp_path: Path) -> None:
    everything = changed("def plain", "def other", most=2)
    many = changed("return x + step", "return x - step", "plain", "started", "late", most=0)
    found = forecast(env, tmp_path, [everything, many])
    assert list(failed(found).values()) == ["has other functions than before", {"plain"}]


def test_tests_that_change_the_tree_are_named_by_the_probe(env: Path, tmp_path: Path) -> None:
    tests = tuple(ID + name for name in [*BY_ALL, "writes"])
    found = forecast(env, tmp_path, [], probe=Probe(tests=tests, limit_s=30))
    assert found.probe is not None
    assert found.probe.outcome == "ran"
    assert found.probe.writers == (ID + "writes",)
    assert found.probe.failed == {}
    assert set(found.probe.spent) == set(tests)


def test_a_process_with_threads_of_its_own_is_not_forked(env: Path, tmp_path: Path) -> None:
    threads = "import threading, time\nthreading.Thread(target=time.sleep, args=(9,), daemon=True)"
    found = forecast(
        env,
        tmp_path,
        [changed("yield 2", "yield 3", "numbers")],
        files={"tests/conftest.py": threads + ".start()\n"},
    )
    assert found.cold == "threads run after the import"
    assert found.by_id == {}


def test_a_project_that_cannot_be_collected_has_no_warm_way(env: Path, tmp_path: Path) -> None:
    found = forecast(
        env,
        tmp_path,
        [changed("yield 2", "yield 3", "numbers")],
        files={"tests/conftest.py": "raise SystemExit(3)\n"},
    )
    assert found.cold == "its tests cannot be collected in one process"


def test_defaults_of_functions_are_exchanged_where_they_are_plain(
    env: Path, tmp_path: Path
) -> None:
    candidates = {
        changed("step=1", "step=2"): {"plain", "started"},
        changed("step=1", "step=1.0"): {"started"},
        changed("plain(x, step=1)", "plain(x, stop=1)"): {"plain", "started"},
        changed("plain(x, step=1)", "plain(x, step)"): "changes what runs on import",
        changed("cached(x):", "cached(x=1):"): "changes what runs on import",
        changed("SEEN = []", "SEEN = [1]"): "changes what runs on import",
        changed("return x * 2", "return x * 3"): {"cached"},
    }
    found = forecast(env, tmp_path, list(candidates))
    assert failed(found) == {c.id: tests for c, tests in candidates.items()}


def test_the_order_of_tests_does_not_change_whether_one_fails(env: Path, tmp_path: Path) -> None:
    caught = [changed("yield 2", f"yield {n}", most=0) for n in range(3, 9)]
    missed = [changed("yield 2", f"yield len('ab') + {n} * 0", most=0) for n in range(3, 9)]
    both = [candidate for pair in zip(caught, missed, strict=True) for candidate in pair]
    assert list(failed(forecast(env, tmp_path, both)).values()) == [{"numbers"}, set()] * 6


CACHED_ON_IMPORT = SOURCE + "\nAT_ONCE = cached(21)\n"
CACHE_TEST = "\ndef test_of_the_cache(): assert p.AT_ONCE == p.cached(21) == 42\n"


def test_what_was_cached_on_import_is_seen_to_be_stale(env: Path, tmp_path: Path) -> None:
    """The fork keeps the cache: that lines run on import is what tells the caller to doubt it."""
    files = {"p.py": CACHED_ON_IMPORT, "tests/test_p.py": TESTS + CACHE_TEST}
    stale = msgspec.structs.replace(
        changed("return x * 2", "return x * 3", "cached", "of_the_cache"),
        text=CACHED_ON_IMPORT.replace("return x * 2", "return x * 3"),
    )
    found = forecast(env, tmp_path, [stale], files=files)
    assert list(failed(found).values()) == [{"cached"}]


RESOURCES = """
import gc, warnings
import pytest
import p

pytestmark = pytest.mark.filterwarnings("error")

class Held:
    def __del__(self):
        warnings.warn("left open", ResourceWarning, stacklevel=1)

def test_leaves_a_cycle():
    held = Held()
    held.held = held
def test_of_nothing():
    gc.collect()
def test_of_numbers(): assert list(p.numbers()) == [1, 2]
"""


def test_a_warning_about_what_another_test_left_is_no_failure_of_a_candidate(
    env: Path, tmp_path: Path
) -> None:
    """Where garbage is collected decides who is blamed; the probe sets such tests aside."""
    names = ("leaves_a_cycle", "of_nothing", "of_numbers")
    tests = tuple(f"tests/test_r.py::test_{name}" for name in names)
    candidate = msgspec.structs.replace(changed("yield 2", "yield 3"), tests=tests)
    found = forecast(
        env,
        tmp_path,
        [candidate],
        files={"tests/test_r.py": RESOURCES},
        probe=Probe(tests=tests, limit_s=30),
    )
    assert found.probe is not None
    blamed = set(found.probe.failed)
    assert blamed <= set(tests[:2])
    said = found.by_id[candidate.id]
    assert set(said.failed) - blamed == {"tests/test_r.py::test_of_numbers"}


REWRITTEN = """
import pytest
pytest.register_assert_rewrite("checks")
import p
import checks

def test_of_checks(): checks.same(p.plain(1), 2)
"""


def test_modules_that_pytest_rewrites_are_exchanged_like_any_other(
    env: Path, tmp_path: Path
) -> None:
    files = {
        "checks.py": "def same(left, right):\n    assert left == right\n",
        "tests/test_w.py": REWRITTEN,
    }
    test = "tests/test_w.py::test_of_checks"
    caught, missed = (
        msgspec.structs.replace(changed("return x + step", text), tests=(test,))
        for text in ("return x - step", "return step + x")
    )
    healed = Candidate(
        id="rewritten",
        path="checks.py",
        text=files["checks.py"].replace("==", "!="),
        tests=(test,),
        most=9,
        limit_s=20,
    )
    found = forecast(env, tmp_path, [caught, missed, healed], files=files)
    assert set(found.by_id[caught.id].failed) == {test}
    assert found.by_id[missed.id].failed == {}
    assert found.by_id["rewritten"].outcome == "unjudged", "rewritten code is not the file's"


PORT = """
import socket
import p

def test_listens():
    server = socket.socket()
    server.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 0)
    server.bind(("127.0.0.1", 8765))
    server.listen()
    test_listens.server = server
    assert list(p.numbers()) == [1, 2]
"""


def test_a_port_that_a_child_left_open_is_free_for_the_next(env: Path, tmp_path: Path) -> None:
    test = "tests/test_s.py::test_listens"
    candidates = [
        msgspec.structs.replace(changed("yield 2", f"yield {text}"), tests=(test,))
        for text in ("1 + 1", "3", "2 + 0", "4")
    ]
    found = forecast(env, tmp_path, candidates, files={"tests/test_s.py": PORT})
    assert [set(said.failed) for said in found.by_id.values()] == [set(), {test}] * 2


FROZEN = """
import freezegun
import p, time

@freezegun.freeze_time("2001-02-03")
def test_then(): assert p.plain(int(time.time()) // 10**9) == 1
def test_now(): assert time.time() > 1_700_000_000
"""
FREEZEGUN = """
import contextlib, time

@contextlib.contextmanager
def freeze_time(text):
    print("this must not be seen")
    real, time.time = time.time, lambda: 981_158_400.0
    try:
        yield
    finally:
        time.time = real
"""


def test_a_clock_that_tests_freeze_runs_on_elsewhere(env: Path, tmp_path: Path) -> None:
    files = {"tests/test_f.py": FROZEN, "freezegun.py": FREEZEGUN}
    tests = ("tests/test_f.py::test_then", "tests/test_f.py::test_now")
    candidates = [
        msgspec.structs.replace(changed("return x + step", text), tests=tests)
        for text in ("return x + step + 1", "return step + x")
    ]
    found = forecast(env, tmp_path, candidates, files=files)
    assert [set(said.failed) for said in found.by_id.values()] == [{tests[0]}, set()]
