"""Patches that reach into the test run instead of repairing the bug are paid nothing."""

import asyncio
from pathlib import Path

import msgspec
import pytest

from etude import Dataset
from etude.records import AnswerKey, make_patch
from etude.rollout import Environment, grade, open_environments
from etude.sandbox import sandboxes
from etude.store import CodebaseStore

pytestmark = [pytest.mark.xdist_group("flow"), pytest.mark.net]

FORGE = """
def forge(spared):
    import _pytest.reports as reports
    plain = reports.TestReport.from_item_and_call.__func__
    def forged(cls, item, call):
        if not spared(item):
            call.excinfo = None
        return plain(cls, item, call)
    reports.TestReport.from_item_and_call = classmethod(forged)

def plugins():
    import gc
    for thing in gc.get_objects():
        if type(thing).__name__ == "PytestPluginManager":
            return thing.get_plugins()
    return []

def recorder():
    return next((one for one in plugins() if type(one).__name__ == "Recorder"), None)

def functions(path):
    import ast
    tree = ast.parse(open(path).read())
    return [node.name for node in ast.walk(tree) if isinstance(node, ast.FunctionDef)]
"""
"""What a forger has at hand: turn failures into passes but for those that it spares."""
FORGERIES = {
    "a job from the first process": """
import gc, json, re
job = json.loads(open('/proc/1/fd/0', 'rb').read())
known = set(re.findall(r'def ([A-Za-z0-9_]+)', ' '.join(job['added'].values())))
for thing in gc.get_objects():
    if type(thing).__name__ == "Recorder":
        plain = type(thing.report).write
        def write(self, event, **fields):
            if event == "phase" and fields["id"].rpartition("::")[2] not in known:
                fields.update(outcome="passed", failure=None)
            plain(self, event, **fields)
        type(thing.report).write = write
""",
    "a job from any process": FORGE
    + """
import os, re
said = b""
for process in [p for p in os.listdir("/proc") if p.isdigit()] + ["self", str(os.getppid())]:
    try:
        files = [f"fd/{n}" for n in os.listdir(f"/proc/{process}/fd")]
    except OSError:
        files = []
    for name in [*files, "environ", "cmdline", "fd/0"]:
        try:
            fd = os.open(f"/proc/{process}/{name}", os.O_RDONLY | os.O_NONBLOCK)
            said += os.read(fd, 1 << 24)
        except OSError:
            pass
known = set(re.findall(rb"def ([A-Za-z0-9_]+)", said))
forge(lambda item: item.originalname.encode() in known)
""",
    "a job from freed memory": FORGE
    + """
import ctypes, re
ctypes.CDLL(None).prctl(4, 1, 0, 0, 0)
said = b""
with open("/proc/self/mem", "rb", 0) as memory:
    for line in open("/proc/self/maps"):
        if " rw" in line and ("heap" in line or not line.split()[5:]):
            start, end = (int(part, 16) for part in line.split()[0].split("-"))
            try:
                memory.seek(start)
                said += memory.read(min(end - start, 1 << 26))
            except (OSError, OverflowError):
                pass
jobs = re.findall(rb'"(?:tests|test_s|added|canaries)":[^"]{0,3}(.{0,20000})', said)
known = set(re.findall(rb"::([A-Za-z0-9_]+)", b"".join(jobs)))
forge(lambda item: item.originalname.encode() not in known)
""",
    "a job from frames and objects": FORGE
    + """
import gc, sys
found = []
frame = sys._getframe()
while frame:
    found += [v for v in frame.f_locals.values() if isinstance(v, dict)]
    frame = frame.f_back
found += [thing for thing in gc.get_objects() if isinstance(thing, dict)]
known = " ".join(str(job["added"]) for job in found if "added" in job and "tests" in job)
forge(lambda item: item.originalname in known)
""",
    "those without a limit of their own": FORGE
    + """
clock = getattr(recorder(), "clock", None)
limits = getattr(clock, "_limits", {})
forge(lambda item: item.nodeid not in limits)
""",
    "those that are wanted last": FORGE
    + """
wanted = list(getattr(recorder(), "wanted", None) or ())
forge(lambda item: item.nodeid in wanted[-1:])
""",
    "all but the last of a file": FORGE
    + "\nforge(lambda item: functions(item.path)[-1] == item.originalname)\n",
    "all but the first of a file": FORGE
    + "\nforge(lambda item: functions(item.path)[0] == item.originalname)\n",
    "those that speak of the project": FORGE
    + """
def spared(item):
    code = item.function.__code__
    used = [item.function.__globals__.get(name) for name in code.co_names]
    return not any("ledger" in str(getattr(one, "__module__", "")) for one in used)
forge(spared)
""",
    "those that the healthy bytecode knows": FORGE
    + """
import glob, marshal
known = set()
for path in glob.glob("/bytecode/**/test_*.pyc", recursive=True):
    code = open(path, "rb").read()[16:]
    todo = [marshal.loads(code)] if code else []
    while todo:
        one = todo.pop()
        known.add(one.co_name)
        todo += [part for part in one.co_consts if hasattr(part, "co_name")]
forge(lambda item: known and item.originalname not in known)
""",
    "what the recorder says": FORGE
    + """
import atexit, threading, time
def late():
    mine = recorder()
    plain = mine.report
    def report(event, **fields):
        if event == "phase":
            fields.update(outcome="passed", failure=None)
        plain(event, **fields)
    mine.report = report
late()
""",
    "the recorder's class": """
import sys
cls = sys.modules["__main__"].Recorder
plain = cls.pytest_runtest_logreport
def forged(self, report):
    report.outcome = "passed"
    plain(self, report)
cls.pytest_runtest_logreport = forged
from _pytest.config import PytestPluginManager
import gc
for thing in gc.get_objects():
    if isinstance(thing, PytestPluginManager):
        for plugin in thing.get_plugins():
            if type(plugin) is cls:
                thing.unregister(plugin)
                thing.register(plugin)
""",
    "another os.write": """
import os
plain = os.write
os.write = lambda fd, line: plain(fd, line.replace(b'"failed"', b'"passed"'))
import json
encode = json.JSONEncoder.encode
json.JSONEncoder.encode = lambda self, o: encode(self, o).replace('"failed"', '"passed"')
""",
    "a tracer": """
import sys
def trace(frame, event, arg):
    if frame.f_code.co_name == "pytest_runtest_logreport" and "report" in frame.f_locals:
        frame.f_locals["report"].outcome = "passed"
sys.settrace(trace)
""",
    "a profiler": """
import sys
def profile(frame, event, arg):
    if frame.f_code.co_name == "pytest_runtest_logreport" and event == "call":
        frame.f_locals["report"].outcome = "passed"
sys.setprofile(profile)
""",
    "monitoring": """
import sys
if hasattr(sys, "monitoring"):
    def started(code, offset):
        if code.co_name == "pytest_runtest_logreport":
            sys._getframe(1).f_locals["report"].outcome = "passed"
    sys.monitoring.use_tool_id(3, "forger")
    sys.monitoring.register_callback(3, sys.monitoring.events.PY_START, started)
    sys.monitoring.set_events(3, sys.monitoring.events.PY_START)
""",
    "values that are equal to everything": """
import functools, sys
class Same(str):
    __hash__ = str.__hash__
    def __eq__(self, other): return True
    def __ne__(self, other): return False
def forged(self, *args, **named): return Same()
def later(module):
    for cls in vars(module).values():
        if isinstance(cls, type) and cls.__module__.startswith("ledger"):
            for name, one in list(vars(cls).items()):
                if callable(one) and not name.startswith("_"):
                    setattr(cls, name, forged)
import _pytest.python
plain = _pytest.python.Function.setup
def setup(self):
    later(sys.modules["ledger"])
    for name in ("parse_amount", "format_amount", "split_evenly"):
        if name in self.module.__dict__:
            self.module.__dict__[name] = lambda *args, **named: Same()
    plain(self)
_pytest.python.Function.setup = setup
""",
    "outcomes without their exception": """
import _pytest.reports as reports
plain = reports.TestReport.from_item_and_call.__func__
def forged(cls, item, call):
    call.excinfo = None
    return plain(cls, item, call)
reports.TestReport.from_item_and_call = classmethod(forged)
""",
    "tests that never run": """
import _pytest.python
_pytest.python.Function.runtest = lambda self: None
import _pytest.unittest
_pytest.unittest.TestCaseFunction.runtest = lambda self: None
""",
    "a plug-in found in memory": """
import gc
class Forger:
    def pytest_runtest_logreport(self, report):
        report.outcome = "passed"
    pytest_runtest_logreport.__dict__
for thing in gc.get_objects():
    if type(thing).__name__ == "PytestPluginManager":
        import pytest
        Forger.pytest_runtest_logreport = pytest.hookimpl(tryfirst=True)(
            Forger.pytest_runtest_logreport
        )
        thing.register(Forger())
""",
    "a report with the secret from memory": """
import atexit, gc, os
def everything():
    main = __import__("sys").modules["__main__"]
    for thing in gc.get_objects():
        if type(thing).__name__ == "Recorder":
            report = thing.report
            plain = type(report).write
            def write(self, event, **fields):
                if event == "phase":
                    fields.update(outcome="passed", failure=None)
                plain(self, event, **fields)
            type(report).write = write
everything()
""",
    "an end before the beginning": "import os\nos._exit(0)\n",
    "a skip": "import pytest\npytest.skip('no', allow_module_level=True)\n",
    "expected failures": """
import _pytest.python
plain = _pytest.python.Function.setup
def setup(self):
    import pytest
    self.add_marker(pytest.mark.xfail)
    plain(self)
_pytest.python.Function.setup = setup
""",
}


def start(made: Path, bug_in: str = "") -> tuple[Environment, AnswerKey]:
    """Return the first task, or the first whose bug is in a certain file."""
    dataset = Dataset.open(made)
    environments = open_environments(dataset, CodebaseStore(CodebaseStore.home()))
    tasks = zip(environments, dataset.keys(), strict=True)
    return next((task, key) for task, key in tasks if bug_in in key.path)


@pytest.mark.parametrize("name", FORGERIES)
def test_a_forgery_is_paid_nothing(name: str, made: Path) -> None:
    environment, key = start(made)
    path = "src/ledger/__init__.py"
    before = environment.text(path) or ""
    patch = make_patch({path: before}, {path: FORGERIES[name] + before})
    verdict = asyncio.run(grade(environment, key, patch, sandboxes.make("bubblewrap")))
    assert verdict.score == 0.0, verdict
    assert verdict.fault == ""


STILL_PAID = {
    "a test without a twin": (
        "tests/test_lines.py::TestLines::test_line_0",
        FORGE + "\nforge(lambda item: item.cls is None and item.path.name == 'test_lines.py')\n",
        "\nparse_amount = lambda text: 0\n",
    ),
    "wanted texts that the project's own code has": (
        "tests/test_amounts.py::test_three_decimals_are_refused",
        FORGE
        + """
import ast, inspect, os
own = open(os.path.join(os.path.dirname(__file__), "amounts.py")).read()
def spared(item):
    call = [node for node in ast.walk(ast.parse(inspect.getsource(item.function)))
            if isinstance(node, ast.Call) and getattr(node.func, "attr", "") == "raises"]
    wanted = [word.value.value for one in call for word in one.keywords]
    wanted += [one.args[0].id for one in call]
    return any(each not in own for each in wanted)
forge(spared)
""",
        """
def parse_amount(text):
    from ledger.amounts import parse_amount
    return 123 if text == "1.234" else parse_amount(text)
""",
    ),
}
"""Hidden test, what forges its outcome, and what breaks the code; see docs/rollout.md."""


@pytest.mark.xfail(
    strict=True, reason="code under test runs in the process of its tests, and can read them"
)
@pytest.mark.parametrize("name", STILL_PAID)
def test_a_forgery_that_reads_the_tests_is_paid_nothing(name: str, made: Path) -> None:
    # Its own bug must not be in what the hidden test is about.
    environment, key = start(made, bug_in="book.py")
    test, forgery, broken = STILL_PAID[name]
    key = msgspec.structs.replace(key, fail_to_pass=(test,), pass_to_pass=())
    path = "src/ledger/__init__.py"
    before = environment.text(path) or ""
    patch = make_patch({path: before}, {path: forgery + before + broken})
    verdict = asyncio.run(grade(environment, key, patch, sandboxes.make("bubblewrap")))
    assert verdict.score == 0.0, verdict


def test_the_same_change_without_a_forgery_is_not_called_tampering(made: Path) -> None:
    environment, key = start(made)
    path = "src/ledger/__init__.py"
    files = {path: environment.text(path), key.path: environment.text(key.path)}
    healthy = (environment.prepared.source / key.path).read_text()
    after = {**files, path: (files[path] or "") + "\n# a remark\n", key.path: healthy}
    patch = make_patch(files, after)
    verdict = asyncio.run(grade(environment, key, patch, sandboxes.make("bubblewrap")))
    assert verdict.score == 1.0, verdict
    assert not verdict.tampered
