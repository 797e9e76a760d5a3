"""HumanEval: functions to be written from their head and docstring."""

import ast
from collections.abc import Iterator
from pathlib import Path

from etude.records import BrokenRecord, CodeTest
from etude.stages.problems.sources._base import ProblemSource, Taken
from etude.stages.problems.sources._rows import Row, UnfitError, take
from etude.stages.problems.sources._tests import defined_names, grader_json, parse


class HumanevalSource(ProblemSource, frozen=True, kw_only=True):
    """Reads `prompt`, `test`, `entry_point` and `canonical_solution`; asks for whole functions."""

    def read(self, path: Path) -> Iterator[Taken | BrokenRecord]:
        """Yield every problem of a file, and what could not be read as a problem, with why.

        Raises:
            ConfigError: The file cannot be read at all, or is of another layout.
        """
        yield from take(path, [["prompt"], ["test"], ["entry_point"]], _make)


def _make(row: Row) -> Taken:
    prompt, test, entry = row.text("prompt"), row.text("test"), row.text("entry_point").strip()
    if "check" not in defined_names(parse(test, "the test")):
        raise UnfitError("the test defines no check(candidate)")
    asked = parse(prompt, "the prompt")
    if entry not in defined_names(asked):
        raise UnfitError(f"the prompt does not begin the function {entry!r}")
    body = row.maybe("canonical_solution")
    return Taken(
        place=row.maybe("task_id") or row.place,
        statement=(
            f"Complete the function `{entry}`. Write all of it, with its head and all imports and "
            f"functions that it needs.\n\n```python\n{prompt.strip()}\n```"
        ),
        grader=grader_json("code"),
        topic="programming",
        solution=prompt + body if body else "",
        tests=(CodeTest(kind="unit", given=_test(asked, test, entry)),),
        entry=entry,
        licence=row.licence,
    )


def _test(asked: ast.Module, test: str, entry: str) -> str:
    """Return the test with what the prompt brings beside the function itself.

    A test may use that, and must not take it from the program that it judges.
    """
    beside = [
        node
        for node in asked.body
        if not (isinstance(node, ast.FunctionDef) and node.name == entry)
    ]
    before = ast.unparse(ast.Module(body=beside, type_ignores=[]))
    return f"{before}\n\n{test.strip()}\n\ncheck({entry})\n".lstrip("\n")
