"""APPS: programming contests, by standard input and output or by calls of a function."""

import json
from collections.abc import Iterator
from functools import partial
from pathlib import Path

from etude.records import BrokenRecord, CodeTest
from etude.stages.problems.sources._base import ProblemSource, Taken
from etude.stages.problems.sources._rows import Row, UnfitError, take
from etude.stages.problems.sources._tests import grader_json

_LEVELS = {"introductory": 1, "interview": 2, "competition": 3}


class AppsSource(ProblemSource, frozen=True, kw_only=True):
    """Reads `question`, `input_output`, `solutions`, `starter_code` and `difficulty`."""

    max_tests: int = 0
    """Keep so many tests of a problem, the first ones; 0 keeps all."""

    def read(self, path: Path) -> Iterator[Taken | BrokenRecord]:
        """Yield every problem of a file, and what could not be read as a problem, with why.

        Raises:
            ConfigError: The file cannot be read at all, or is of another layout.
        """
        yield from take(path, [["question"], ["input_output"]], partial(_make, self.max_tests))


def _make(max_tests: int, row: Row) -> Taken:
    question = row.text("question")
    cases = _decoded(row, "input_output")
    if not isinstance(cases, dict):
        raise UnfitError("no tests")
    name = cases.get("fn_name") or ""
    inputs, outputs = cases.get("inputs"), cases.get("outputs")
    if not isinstance(inputs, list) or not isinstance(outputs, list) or not inputs:
        raise UnfitError("no tests")
    if len(inputs) != len(outputs) or not isinstance(name, str):
        raise UnfitError("the tests have not as many inputs as outputs")
    if name and not name.isidentifier():
        raise UnfitError(f"{name[:40]!r} cannot be the name of a function")
    tests = _calls(name, inputs, outputs) if name else _prints(inputs, outputs)
    solutions = _decoded(row, "solutions")
    first = solutions[0] if isinstance(solutions, list) and solutions else ""
    number = row.maybe("problem_id", "id")
    return Taken(
        place=f"problem {number}" if number else row.place,
        statement=_statement(question, name, row.maybe("starter_code")),
        grader=grader_json("code", printed="numbers", types="loose", tolerance=1e-6),
        topic="programming",
        level=_LEVELS.get(row.maybe("difficulty"), 0),
        solution=first if isinstance(first, str) else "",
        tests=tuple(tests[:max_tests] if max_tests else tests),
        entry=name,
        licence=row.licence,
    )


def _decoded(row: Row, name: str) -> object:
    """Return a field that is JSON inside JSON; nothing when it is empty."""
    value = row.fields.get(name)
    if not isinstance(value, str):
        return value
    if not value.strip():
        return None
    try:
        # Not msgspec: some tests hold whole numbers of more digits than fit its types.
        return json.loads(value)
    except (ValueError, RecursionError) as error:
        raise UnfitError(f"the field {name!r} is no JSON") from error


def _prints(inputs: list[object], outputs: list[object]) -> list[CodeTest]:
    return [
        CodeTest(kind="stdin", given=_joined(given), wanted=_joined(wanted))
        for given, wanted in zip(inputs, outputs, strict=True)
    ]


def _joined(lines: object) -> str:
    """Return text that may be given as a list of its lines."""
    if isinstance(lines, list) and all(isinstance(line, str) for line in lines):
        return "\n".join(lines)
    if not isinstance(lines, str):
        raise UnfitError("a test of a whole program is no text")
    return lines


def _calls(name: str, inputs: list[object], outputs: list[object]) -> list[CodeTest]:
    # Half of the set puts each value that is wanted into a list of its own.
    if all(isinstance(wanted, list) and len(wanted) == 1 for wanted in outputs):
        outputs = [wanted[0] for wanted in outputs if isinstance(wanted, list)]
    tests = []
    for given, wanted in zip(inputs, outputs, strict=True):
        if not isinstance(given, list):
            raise UnfitError("the arguments of a test are no list")
        arguments = ", ".join(map(repr, given))
        tests.append(CodeTest(kind="call", given=f"{name}({arguments})", wanted=repr(wanted)))
    return tests


def _statement(question: str, name: str, starter: str) -> str:
    asked = f"Define the function `{name}`." if name else "Read standard input and print."
    block = f"\n\nBegin with this:\n\n```python\n{starter.strip()}\n```" if starter.strip() else ""
    return f"{question.strip()}\n\n{asked}{block}"
