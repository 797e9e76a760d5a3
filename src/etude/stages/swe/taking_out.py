"""The agent's tree: the tests that catch a bug are taken out of it, and what is left is green."""

from collections.abc import Sequence

from etude.errors import TaskError, blame
from etude.records import BaselineTest
from etude.rollout.grading import reason_to_drop, run_tests
from etude.rollout.suites import SuiteRun
from etude.sandbox import Sandbox
from etude.stages.swe.hiding import hide_tests
from etude.store.codebases import Prepared

CANNOT_HIDE = "its tests cannot be taken out"


class Refused(Exception):  # noqa: N818  not a failure: the ordinary answer for most bugs
    """A bug is no task; the message is the reason it is counted under."""


class TakingOut:
    """Takes tests out of one codebase."""

    def __init__(self, prepared: Prepared, sandbox: Sandbox) -> None:
        self.prepared = prepared
        self.sandbox = sandbox
        self.codebase = prepared.codebase
        self.tests: dict[str, BaselineTest] = {t.id: t for t in self.codebase.tests}

    async def take_out(
        self, broken: dict[str, str | None], caught: tuple[str, ...]
    ) -> tuple[dict[str, str], tuple[str, ...]]:
        """Return the changed test files and the ids that are hidden by them.

        Whole functions are taken out; where tests are made by other code, such as one for each
        line of a data file, their whole file is.

        Raises:
            Refused: They cannot be taken out, or what is left does not do as it did.
            SandboxError: A box failed.
        """
        files = self._hide(caught)
        run = await run_tests(self.prepared, {**broken, **files}, self.sandbox)
        if left := [test for test in caught if test in run.results]:
            files |= self._empty(left)
            run = await run_tests(self.prepared, {**broken, **files}, self.sandbox)
        return files, self._hidden_by(run, caught)

    def _hide(self, caught: Sequence[str]) -> dict[str, str]:
        """Return the test files without the functions of the tests that catch the bug."""
        places: dict[str, list[str]] = {}
        for test in caught:
            places.setdefault(self.tests[test].path, []).append(test)
        files: dict[str, str] = {}
        for path, tests in places.items():
            try:
                files[path] = hide_tests(
                    self._test_file(path), {self.tests[test].first_line for test in tests}
                )
            except TaskError:
                files |= self._empty(tests)
        return files

    def _test_file(self, path: str) -> str:
        """Return a test file's text; the path comes from the box and must not lead elsewhere.

        Raises:
            TaskError: It is no test file of the project.
        """
        file = self.prepared.source / path
        inside = file.resolve() == self.prepared.source.resolve() / path
        if not path or not inside or not reason_to_drop(path, self.codebase):
            raise TaskError(f"{path!r} is no test file")
        with blame(TaskError, f"reading {path}"):
            return file.read_bytes().decode()

    def _empty(self, tests: Sequence[str]) -> dict[str, str]:
        """Return the files that the ids of tests name, emptied."""
        paths = sorted({test.partition("::")[0] for test in tests})
        if not all(path.endswith(".py") for path in paths):
            raise Refused(CANNOT_HIDE)
        for path in paths:
            try:
                self._test_file(path)
            except TaskError as cause:
                raise Refused(CANNOT_HIDE) from cause
        return dict.fromkeys(paths, "")

    def _hidden_by(self, run: SuiteRun, caught: Sequence[str]) -> tuple[str, ...]:
        """Make sure that the suite left in the agent's tree is green; return what is hidden."""
        if not run.complete:
            raise Refused("the visible suite breaks off")
        hidden = tuple(id_ for id_ in self.tests if id_ not in run.results)
        if not set(caught) <= set(hidden):
            raise Refused(CANNOT_HIDE)
        for id_, baseline in self.tests.items():
            result = run.results.get(id_)
            if result is not None and result.outcome != baseline.outcome:
                raise Refused("the visible suite is not green")
        if len(hidden) > len(self.tests) // 2:
            raise Refused("hides most of the suite")
        return hidden
