"""Reach: which tests could notice a bug, by the lines that each ran on the healthy code."""

from etude.records import Coverage
from etude.stages.swe.bugs import Bug
from etude.store.codebases import Prepared


class Reach:
    """What the tests of one codebase run."""

    def __init__(self, prepared: Prepared) -> None:
        self._tests = prepared.codebase.tests
        self._coverage: Coverage = prepared.coverage()
        self.passing = [test.id for test in self._tests if test.outcome == "passed"]
        """Ids of the tests that pass on the healthy code, in its order."""

    def acts_on_import(self, bug: Bug) -> bool:
        """Whether a bug changes several files, or what runs while importing, such as a default."""
        if any(file.path != bug.path for file in bug.files):
            return True
        return self.runs_on_import(bug.path, bug.line, bug.last_line)

    def runs_on_import(self, path: str, first: int, last: int) -> bool:
        """Whether any of the lines `first` to `last` runs while importing."""
        return not set(range(first, last + 1)).isdisjoint(self._coverage.imported.get(path, ()))

    def tests(self, bug: Bug) -> list[str]:
        """Return the passing tests that could notice a bug: all, where it may act on import."""
        if self.acts_on_import(bug):
            return self.passing
        return self.tests_of(bug.path, bug.line, bug.last_line)

    def tests_of(self, path: str, first: int, last: int) -> list[str]:
        """Return the passing tests that run any of the lines `first` to `last`."""
        lines = self._coverage.lines.get(path, {})
        found: set[int] = set()
        for number in range(first, last + 1):
            found.update(lines.get(number, ()))
        tests = [self._tests[index] for index in sorted(found)]
        return [test.id for test in tests if test.outcome == "passed"]
