"""Run pytest inside a box and report each test on file descriptor 3. Runs on Python 3.8 or later.

This file is mounted into boxes and started as a script; Etude never imports it. It imports nothing
of Etude's and nothing of the project's before it has read its job from standard input, which is a
pipe and empty then, and moved the report to a descriptor that child processes do not inherit.

The project's code runs in this very process: nothing here can be kept from it for good. So nothing
is here that tells which of the tests are meant to fail.
"""

import gc
import inspect
import os
import signal
import sys
import time

import _etude_channel as channel
import _etude_scene as scene
import _etude_warm as warm

LINE_CHARS = 300
MESSAGE_CHARS = 2000
DETAILED_FAILURES = 60


class TestTimedOut(BaseException):
    """Raised inside a test that outlives its time."""


class Clock:
    """Ends tests that take too long, by an exception first and the whole run at last."""

    def __init__(self, limits, default_s, give_up_after):
        self._limits = limits
        self._default_s = default_s
        self._tests_left = give_up_after
        self._strikes = 0

    def start(self, test):
        self._strikes = 0
        limit_s = self._limits.get(test, self._default_s)
        signal.signal(signal.SIGALRM, self._strike)
        signal.setitimer(signal.ITIMER_REAL, limit_s, 1.0)

    def stop(self):
        signal.setitimer(signal.ITIMER_REAL, 0)
        if self._strikes:
            self._strikes = 0
            self._tests_left -= 1
            if self._tests_left == 0:
                # What hangs once hangs in every test that reaches it: the rest would take hours.
                os._exit(98)

    def _strike(self, signum, frame):
        self._strikes += 1
        if self._strikes > 5:
            os._exit(97)
        raise TestTimedOut("the test outlived its time")


class Unhurried:
    """Standard output whose reader is not woken for every test."""

    def __init__(self, file):
        self._file = file
        self.write = file.write
        self.encoding = file.encoding

    def flush(self):
        pass

    def close(self):
        self._file.flush()


class Recorder:
    """The pytest plug-in that reports."""

    def __init__(self, job, report, root):
        self.wanted = None if job["tests"] is None else set(job["tests"])
        self.without = set(job["without"])
        self.backwards = job["order"] == "reversed"
        self.wants_places = job["collect_only"] or bool(job["sources"])
        self.report = report
        self.root = root
        self.clock = Clock(job["test_s"], job["default_test_s"], job["give_up_after"])
        self.compared = None
        self.n_failures = 0
        self.coverage = None

    # ---- collection

    def pytest_collectreport(self, report):
        if report.failed:
            self.report("collection-error", id=report.nodeid, text=str(report.longrepr)[-4000:])

    def pytest_collection_modifyitems(self, session, config, items):
        items[:] = [
            item
            for item in items
            if item.nodeid not in self.without
            and (self.wanted is None or item.nodeid in self.wanted)
        ]
        if self.backwards:
            items.reverse()

    def pytest_collection_finish(self, session):
        self.report("collected", ids=[item.nodeid for item in session.items])
        # How a test failed is described by us; pytest would parse every file of the traceback.
        session.config.option.tbstyle = "line"
        reporter = session.config.pluginmanager.getplugin("terminalreporter")
        if reporter is not None:
            reporter._tw._file = Unhurried(reporter._tw._file)
        if self.wants_places:
            for item in session.items:
                self._place(item)
        if self.coverage:
            self.coverage.flush("")

    def _place(self, item):
        function = getattr(item, "function", None) or getattr(item, "obj", None)
        try:
            function = inspect.unwrap(function)
            lines, first = inspect.getsourcelines(function)
            path = os.path.relpath(inspect.getsourcefile(function), self.root)
        except (OSError, TypeError, ValueError):
            return
        if not path.startswith(".."):
            self.report(
                "place",
                id=item.nodeid,
                path=path.replace(os.sep, "/"),
                first_line=first,
                last_line=first + len(lines) - 1,
            )

    # ---- running

    def pytest_unconfigure(self, config):
        reporter = config.pluginmanager.getplugin("terminalreporter")
        if isinstance(getattr(getattr(reporter, "_tw", None), "_file", None), Unhurried):
            reporter._tw._file.close()

    def pytest_runtest_logstart(self, nodeid, location):
        self.compared = None
        self.report("begin", id=nodeid)
        if self.coverage:
            self.coverage.begin()
        self.clock.start(nodeid)

    def pytest_runtest_logfinish(self, nodeid, location):
        self.clock.stop()
        if self.coverage:
            self.coverage.flush(nodeid)

    def pytest_assertrepr_compare(self, config, op, left, right):
        self.compared = [scene.short(left), op, scene.short(right)]

    def pytest_runtest_logreport(self, report):
        outcome = report.outcome
        if hasattr(report, "wasxfail"):
            outcome = "xfailed" if report.skipped else "xpassed"
        elif outcome == "failed" and report.when != "call":
            outcome = "error"
        if outcome == "passed" and report.when != "call":
            return
        self.report(
            "phase",
            id=report.nodeid,
            when=report.when,
            outcome=outcome,
            duration_s=report.duration,
            failure=getattr(report, "etude_failure", None),
        )

    def describe(self, item, excinfo):
        """Return how a test failed, as a plain table."""
        self.n_failures += 1
        message = str(excinfo.value)[:MESSAGE_CHARS]
        failure = {"exception": excinfo.type.__name__, "message": message, "frames": []}
        if self.n_failures > DETAILED_FAILURES:
            return failure
        mine = getattr(item, "path", None) or getattr(item, "fspath", "")
        entries = list(excinfo.traceback)
        while entries and str(entries[0].path) != str(mine):
            del entries[0]
        for entry in entries:
            path = os.path.relpath(str(entry.path), self.root).replace(os.sep, "/")
            inside = not path.startswith("..")
            failure["frames"].append(
                {
                    "path": path if inside else "",
                    "line": entry.lineno + 1,
                    "function": entry.name,
                    "source": str(entry.statement).strip()[:LINE_CHARS] if inside else "",
                }
            )
        failure["frames"] = failure["frames"][:1] + failure["frames"][1:][-12:]
        if entries:
            failure.update(self._statement(entries, str(mine)))
        return failure

    def _statement(self, entries, mine):
        """Describe the last statement of the test's own file before it went elsewhere."""
        last = entries[0]
        for entry in entries:
            if str(entry.path) != mine:
                break
            if not entry.name.startswith("<"):
                last = entry
        found = scene.read(last.frame.raw, last.lineno + 1, str(last.statement))
        compared = self.compared or scene.compared_by_unittest(entries)
        if compared and all(compared):
            found["compared"] = compared
        return found


def hooks(recorder):
    """Return a second plug-in whose hooks must wrap; made here because it needs pytest."""
    import pytest

    class Wrapper:
        @pytest.hookimpl(hookwrapper=True, tryfirst=True)
        def pytest_runtest_makereport(self, item, call):
            result = yield
            if call.excinfo is not None:
                report = result.get_result()
                if report.outcome == "failed":
                    try:
                        report.etude_failure = recorder.describe(item, call.excinfo)
                    except Exception as error:  # a hostile __str__ must not lose the outcome
                        report.etude_failure = {
                            "exception": type(error).__name__,
                            "message": "",
                            "frames": [],
                        }

    return Wrapper()


class Lines:
    """Which lines of the source roots each test runs, through the coverage package."""

    def __init__(self, job, root):
        sys.path.append(job["tools"])
        import coverage

        sys.path.remove(job["tools"])
        self._root = root
        include = []
        for source in job["sources"]:
            path = os.path.join(root, source)
            include.append(os.path.join(path, "*") if os.path.isdir(path) else path)
        self._coverage = coverage.Coverage(
            data_file=None, config_file=False, include=include, messages=False
        )
        self._coverage.start()
        self._report = None

    def attach(self, report):
        self._report = report

    def begin(self):
        self._collect()

    def flush(self, test):
        self._report("lines", id=test, lines=self._collect())

    def _collect(self):
        self._coverage.stop()
        data = self._coverage.get_data()
        found = {}
        for path in data.measured_files():
            lines = data.lines(path)
            if lines:
                relative = os.path.relpath(path, self._root).replace(os.sep, "/")
                found[relative] = sorted(lines)
        self._coverage.erase()
        self._coverage.start()
        return found


def arguments(job, root):
    """Return pytest's arguments."""
    args = ["-c", os.path.join(os.path.dirname(os.path.abspath(__file__)), "empty.ini")]
    args += ["--rootdir", root, "--confcutdir", root, "-p", "no:cacheprovider", "-q"]
    args += ["--no-header", "--color=no", "--tb=short", "-rN", "--continue-on-collection-errors"]
    for plugin in job["plugins"]:
        args += ["-p", plugin]
    for setting in job["settings"]:
        args += ["-o", setting]
    if job["collect_only"]:
        args.append("--collect-only")
    if job["stop_at_failure"]:
        args.append("-x")
    return args + list(job["args"]) + list(job["paths"])


def import_apart(site, own_modules):
    """Import all of pytest from `site`, then forget the modules that the project brings itself.

    Pytest keeps those it has; tests that import them by name get the project's.
    """
    import importlib
    import pkgutil

    sys.path.insert(0, site)
    import _pytest
    import pytest

    for module in pkgutil.walk_packages(_pytest.__path__, "_pytest."):
        try:
            importlib.import_module(module.name)
        except ImportError:
            pass
    sys.path.remove(site)
    for name in list(sys.modules):
        if name.partition(".")[0] in own_modules:
            del sys.modules[name]
    importlib.invalidate_caches()
    return pytest


def prepare():
    """Return pytest, its arguments and our plug-in; of the job no more is left than they need."""
    job = channel.read_job()
    report = channel.open_report(bytes.fromhex(job.pop("key")))
    channel.hide_memory()
    root = os.getcwd()
    sys.path[0] = root
    if job["own_modules"]:
        pytest = import_apart(job["pytest"], job["own_modules"])
    else:
        import pytest

    recorder = Recorder(job, report, root)
    if job["sources"]:
        recorder.coverage = Lines(job, root)
        recorder.coverage.attach(report)
    if "candidates" in job:
        second = warm.plugin(warm.Warm(job, recorder, Clock))
    else:
        second = hooks(recorder)
    return pytest, arguments(job, root), [recorder, second]


def main():
    pytest, args, plugins = prepare()
    report = plugins[0].report
    sys.argv = ["pytest", *args]
    # What there is by now is left out of what the collector of garbage tells.
    gc.collect()
    gc.freeze()
    # Nothing of the project has run yet: what fails before this line is Etude's own fault.
    report("start", text="pytest-" + pytest.__version__)
    started = time.monotonic()
    status = pytest.main(args, plugins=plugins)
    report("end", text=str(int(status)), duration_s=time.monotonic() - started)
    return int(status)


if __name__ == "__main__":
    # The report is complete: whatever the project left running must not delay or change it.
    code = main()
    sys.stdout.flush()
    sys.stderr.flush()
    os._exit(code)
