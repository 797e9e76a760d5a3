"""MBPP: short tasks with assertions, as published or in the sanitised edition."""

from collections.abc import Iterator
from functools import partial
from pathlib import Path

from etude.records import BrokenRecord
from etude.stages.problems.sources._base import ProblemSource, Taken
from etude.stages.problems.sources._rows import Row, UnfitError, take
from etude.stages.problems.sources._tests import (
    assertion_test,
    called_names,
    defined_names,
    grader_json,
    parse,
)


class MbppSource(ProblemSource, frozen=True, kw_only=True):
    """Reads `text` (or `prompt`), `code`, `test_list`, and `test_setup_code` (or `test_imports`).

    The statements do not name the function, so its name and some tests are shown.
    """

    shown: int = 1
    """How many of the tests the statement shows, which also tells how arguments are passed; what
    is not shown stays hidden. All of them judge."""
    challenge: bool = False
    """Judge with the tests of `challenge_test_list` as well."""

    def read(self, path: Path) -> Iterator[Taken | BrokenRecord]:
        """Yield every problem of a file, and what could not be read as a problem, with why.

        Raises:
            ConfigError: The file cannot be read at all, or is of another layout.
        """
        yield from take(path, [["text", "prompt"], ["test_list"]], partial(_make, self))


def _make(source: MbppSource, row: Row) -> Taken:
    asked, code = row.text("text", "prompt"), row.text("code")
    listed = row.texts("test_list")
    if not listed:
        raise UnfitError("no tests")
    tests = listed + (row.texts("challenge_test_list") if source.challenge else [])
    setup = "\n".join([row.maybe("test_setup_code"), *row.texts("test_imports")]).strip()
    setup = setup.replace("\r\n", "\n")
    called = [name for test in (*tests, setup) for name in called_names(parse(test, "a test"))]
    names = [name for name in defined_names(parse(code, "the solution")) if name in called]
    if not names:
        raise UnfitError("the tests call nothing that the solution defines")
    # What properties and messages are about comes first: what every test calls.
    names.sort(key=called.count, reverse=True)
    return Taken(
        place=f"task {row.maybe('task_id')}" if row.maybe("task_id") else row.place,
        statement=_statement(asked, names, setup, listed[: max(0, source.shown)]),
        grader=grader_json("code"),
        topic="programming",
        solution=code.replace("\r\n", "\n"),
        tests=tuple(assertion_test(test, names, setup) for test in tests),
        entry=" ".join(names),
        licence=row.licence,
    )


def _statement(asked: str, names: list[str], setup: str, shown: list[str]) -> str:
    quoted = " and ".join(f"`{name}`" for name in names)
    parts = [asked.strip(), f"Define {quoted} in Python."]
    if shown:
        block = "\n".join([setup, *shown]).strip()
        parts.append(f"It must pass tests like this:\n\n```python\n{block}\n```")
    return "\n\n".join(parts)
