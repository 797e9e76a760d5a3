"""Judge many candidates in children of one warm process. Runs on Python 3.8 or later.

Mounted beside the runner, which imports it before anything of the project's. The parent has
imported the project and collected its tests; each candidate gets a fork of it, in which the code of
the changed functions is exchanged, while the changed file lies on the disk for whatever the tests
start. One child at a time: what it writes into the tree is for nobody else to see.

What is said here is a forecast. The project's code runs in this process, so only whole processes
in fresh boxes have the word in the end.
"""

import builtins
import gc
import json
import os
import select
import shutil
import signal
import sys
import threading
import time
import warnings

import _etude_scene as scene
import _etude_swap as swap

OUT_OF_TIME = (97, 98)
"""How the clock of tests ends a process."""
MESSAGE_CHARS = 200
N_LIKELY = 8
WRITES = {
    "os.mkdir", "os.remove", "os.rename", "os.rmdir", "os.link", "os.symlink", "os.truncate",
    "shutil.rmtree", "shutil.move",
}  # fmt: skip
"""Events of Python's audit that change files, their first argument being the path."""


class Tally:
    """The pytest plug-in of a child: which tests did not pass, each with what was said."""

    def __init__(self, clock, most):
        self.clock = clock
        self.most = most
        self.failed = {}
        self.other = {}
        self.spent = {}

    def pytest_runtest_logstart(self, nodeid, location):
        self.clock.start(nodeid)

    def pytest_runtest_logfinish(self, nodeid, location):
        self.clock.stop()

    def pytest_assertrepr_compare(self, config, op, left, right):
        """Say briefly how two things compare; pytest's own way can cost more than the test."""
        return [" ".join((scene.short(left), op, scene.short(right)))]

    def pytest_runtest_logreport(self, report):
        self.spent[report.nodeid] = self.spent.get(report.nodeid, 0.0) + report.duration
        if report.failed and not hasattr(report, "wasxfail"):
            self.failed[report.nodeid] = str(report.longrepr)[:MESSAGE_CHARS]
        elif report.skipped or hasattr(report, "wasxfail"):
            self.other[report.nodeid] = report.outcome

    def enough(self):
        """Whether so many tests failed that no further one matters."""
        return len(self.failed) > self.most


class Watch:
    """Notes which tests change files of the tree, by Python's audit events."""

    def __init__(self, root):
        self.inside = root + os.sep
        self.test = ""
        self.writers = set()

    def __call__(self, event, arguments):
        if event == "open":
            path, mode, flags = (*arguments, None, None)[:3]
            if not (
                (isinstance(mode, str) and set(mode) & set("wax+"))
                or (isinstance(flags, int) and flags & (os.O_WRONLY | os.O_RDWR | os.O_CREAT))
            ):
                return
        elif event not in WRITES:
            return
        path = arguments[0] if arguments else None
        if isinstance(path, bytes):
            path = os.fsdecode(path)
        if isinstance(path, str) and os.path.abspath(path).startswith(self.inside):
            self.writers.add(self.test)


class Warm:
    """Judges the candidates of a job; called in place of pytest's own loop over the tests."""

    def __init__(self, job, recorder, make_clock):
        self.candidates = job["candidates"]
        self.probe = job["probe"]
        self.limits = job["test_s"]
        self.default_s = job["default_test_s"]
        self.recorder = recorder
        self.report = recorder.report
        self.root = recorder.root
        self.make_clock = make_clock
        self.items = {}
        self.swaps = None
        self.kills = {}
        self.costs = {}

    def serve(self, session):
        """Judge all candidates, one after the other."""
        self.items = {item.nodeid: item for item in session.items}
        if threading.active_count() > 1:
            self.report("cold", text="threads run after the import")
            return
        fill_caches()
        gc.collect()
        self.swaps = swap.Swaps(self.root)
        gc.freeze()
        strangers = processes()
        self.report("warm", ids=[])
        if self.probe is not None:
            self.answer("", self.in_child([], self.probe, watched=True))
            sweep(strangers)
        for candidate in self.candidates:
            if candidate["most"] == 0:
                candidate["tests"] = self.likely_first(candidate["tests"])
            found = self.judge(candidate)
            self.learn(found)
            self.answer(candidate["id"], found)
            sweep(strangers)

    def learn(self, found):
        """Note which tests failed, and what tests cost in a child, where nothing is set up yet."""
        for test in found.get("failed", ()):
            self.kills[test] = self.kills.get(test, 0) + 1
        for test, spent_s in found.pop("spent", {}).items():
            self.costs[test] = (self.costs.get(test, spent_s) + spent_s) / 2

    def likely_first(self, tests):
        """Return tests so that a few that are likely to fail, or quick, come before the rest.

        Only a few: tests of one file side by side share what was set up for them.
        """
        seen, scores = {}, {}
        for test in tests:
            function = test.partition("[")[0]
            seen[function] = seen.get(function, 0) + 1
            likely = self.kills.get(test, 0) + 0.2 / seen[function]
            scores[test] = likely / (self.costs.get(test, 0.01) + 0.005)
        first = sorted(tests, key=lambda test: -scores[test])[:N_LIKELY]
        return first + [test for test in tests if test not in first]

    def answer(self, name, found):
        self.report("candidate", id=name, **found)

    def judge(self, candidate):
        """Say what a candidate's tests do."""
        path = os.path.join(self.root, candidate["path"])
        try:
            swaps = self.swaps.plan(candidate["path"], candidate["text"])
        except swap.CannotSwapError as error:
            return {"outcome": "unjudged", "text": str(error)}
        missing = [test for test in candidate["tests"] if test not in self.items]
        if missing:
            return {"outcome": "unjudged", "text": "its tests are not collected"}
        with Exchanged(path, candidate["text"]):
            return self.in_child(swaps, candidate)

    def in_child(self, swaps, candidate, watched=False):
        """Run tests in a child and say what came of it."""
        started = time.monotonic()
        reading, writing = os.pipe()
        pid = os.fork()
        if pid == 0:
            os.close(reading)
            self.child(writing, swaps, candidate, watched)
        os.close(writing)
        said, late = read_until(reading, started + candidate["limit_s"])
        os.close(reading)
        kill(pid)
        _, status = os.waitpid(pid, 0)
        spent_s = time.monotonic() - started
        ended = os.WEXITSTATUS(status) if os.WIFEXITED(status) else None
        shutil.rmtree(folder_of(pid), ignore_errors=True)
        if late or ended in OUT_OF_TIME:
            return {"outcome": "time-out", "duration_s": spent_s}
        try:
            found = json.loads(said)
        except ValueError:
            return {"outcome": "broken off", "duration_s": spent_s}
        found["duration_s"] = spent_s
        return found

    def child(self, writing, swaps, candidate, watched):
        """Run in the child; never returns."""
        try:
            found = self.run(swaps, candidate["tests"], candidate["most"], watched)
        except BaseException as error:
            found = {"outcome": "unjudged", "text": type(error).__name__}
        data = json.dumps(found).encode()
        # With its length first: what a test left running may hold the pipe open.
        data = b"%12d" % len(data) + data
        while data:
            data = data[os.write(writing, data) :]
        os._exit(0)

    def run(self, swaps, tests, most, watched):
        os.setpgid(0, 0)
        nothing = os.open(os.devnull, os.O_RDWR)
        for number in (0, 1, 2):
            os.dup2(nothing, number)
        items = [self.items[test] for test in tests]
        config = items[0].config
        config.pluginmanager.unregister(self.recorder)
        settle(config)
        import _pytest.nodes

        _pytest.nodes.Node._repr_failure_py = describe
        watch = Watch(self.root)
        if watched:
            sys.addaudithook(watch)
        for function, attribute, value in swaps:
            setattr(function, attribute, value)
        tally = Tally(self.make_clock(self.limits, self.default_s, 1), most)
        config.pluginmanager.register(tally, "etude-tally")
        session = items[0].session
        session.items = items
        session.testsfailed = 0
        for number, item in enumerate(items):
            watch.test = item.nodeid
            following = items[number + 1] if number + 1 < len(items) else None
            config.hook.pytest_runtest_protocol(item=item, nextitem=following)
            if tally.enough() or session.shouldstop:
                break
        return {
            "outcome": "ran",
            "failed": tally.failed,
            "other": tally.other,
            "writers": sorted(watch.writers),
            "spent": {test: round(s, 4) for test, s in tally.spent.items()},
        }


class Exchanged:
    """A file of the tree holds another text for a while."""

    def __init__(self, path, text):
        self.path = path
        self.text = text
        self.healthy = b""
        self.times = (0, 0)

    def __enter__(self):
        with open(self.path, "rb") as file:
            self.healthy = file.read()
        found = os.stat(self.path)
        self.times = (found.st_atime_ns, found.st_mtime_ns)
        self.put(self.text.encode("utf-8", "surrogateescape"))
        # Bytecode is known by time and size of its source, which might both be the same.
        later = self.times[1] + 7_000_000_000
        os.utime(self.path, ns=(later, later))

    def __exit__(self, *_):
        self.put(self.healthy)
        os.utime(self.path, ns=self.times)

    def put(self, data):
        with builtins.open(self.path, "wb") as file:
            file.write(data)


def settle(config):
    """Give a child temporary folders and captured output of its own."""
    import tempfile

    own = folder_of(os.getpid())
    os.makedirs(own)
    os.environ["TMPDIR"] = own
    tempfile.tempdir = own
    factory = getattr(config, "_tmp_path_factory", None)
    if factory is not None:
        factory._basetemp = None
        factory._given_basetemp = None
    reporter = config.pluginmanager.getplugin("terminalreporter")
    if reporter is not None:
        # It has a standard output of its own, whose reader would be woken for every test.
        reporter._tw._file = open(os.devnull, "w")  # noqa: SIM115  open to the child's end
    capture = config.pluginmanager.getplugin("capturemanager")
    if capture is not None:
        capture.stop_global_capturing()
        capture._global_capturing = None
        capture.start_global_capturing()


def describe(node, excinfo, style=None):  # noqa: ARG001  pytest names them
    """Say briefly how a test failed; takes the place of pytest's own way in a child."""
    return "%s: %s" % (excinfo.type.__name__, excinfo.value)


def fill_caches():
    """Let freezegun look through all modules once, which costs more than most tests."""
    freezegun = sys.modules.get("freezegun")
    if freezegun is None:
        return
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            with freezegun.freeze_time("2020-01-01"):
                pass
    except Exception:  # then each child does so by itself, or fails as it would anyway
        pass


def folder_of(pid):
    return "/tmp/etude-child-%d" % pid  # noqa: S108  the box's own /tmp


def read_until(fd, deadline):
    """Return the message that comes through a pipe, and whether it came too late."""
    said = b""
    while len(said) < 12 or len(said) < 12 + int(said[:12]):
        left = deadline - time.monotonic()
        if left <= 0 or not select.select([fd], [], [], left)[0]:
            return b"", True
        part = os.read(fd, 1 << 16)
        if not part:
            return b"", False
        said += part
    return said[12:], False


def kill(pid):
    """Kill a child with all that is still in its group."""
    for target in (os.killpg, os.kill):
        try:
            target(pid, signal.SIGKILL)
        except (ProcessLookupError, PermissionError):
            pass


def processes():
    """Return the ids of all processes of the box."""
    return {name for name in os.listdir("/proc") if name.isdigit()}


def sweep(known):
    """Kill what a child left running, wherever it hid."""
    for name in processes() - known:
        try:
            os.kill(int(name), signal.SIGKILL)
        except (ProcessLookupError, PermissionError):
            pass


def plugin(warm):
    """Return the pytest plug-in that takes the place of the loop over the tests."""
    import pytest

    class Loop:
        @pytest.hookimpl(tryfirst=True)
        def pytest_runtestloop(self, session):
            warm.serve(session)
            return True

    return Loop()
