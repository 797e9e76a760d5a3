"""Choose functions of a codebase that make good problems, and the tests that judge each."""

import ast
from collections import Counter
from collections.abc import Collection, Iterator, Mapping
from typing import NamedTuple

import msgspec

from etude.errors import TaskError
from etude.records import BaselineTest
from etude.rollout.grading import reason_to_drop
from etude.rollout.splicing import (
    Found,
    body_after_docstring,
    body_lines,
    code_of,
    first_line,
    functions_of,
)
from etude.stages.problems.from_code.project import Project, SourceText


class FunctionGates(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What a function must be like to become a problem."""

    min_lines: int = 3
    """Lines of its body that are neither blank nor comment, at least; its docstring is none."""
    max_lines: int = 60
    min_parts: int = 4
    """Statements, conditions and operations of its body, at least; less is trivial."""
    min_tests: int = 2
    """Tests that must reach its body."""
    max_tests: int = 12
    """Tests that judge it at first; more are added where those let a mistake pass."""
    max_test_s: float = 2.0
    """Slower tests judge nothing, in seconds."""
    min_covered: float = 0.6
    """Share of its statements that those tests must run."""
    n_mutants: int = 3
    """Mistakes put into it that the tests must refuse, every one of them."""


class Candidate(NamedTuple):
    """A function that may become a problem."""

    file: SourceText
    found: Found
    code: str
    """As it would stand at the margin."""
    covered: frozenset[int]
    """Lines of `code` that tests run, counted from 1."""
    reaching: tuple[str, ...]
    """All tests that may judge it, fastest first."""
    tests: tuple[str, ...]
    """Those that do at first."""
    level: int

    @property
    def name(self) -> str:
        """Qualified name."""
        return self.found.name

    @property
    def first_line(self) -> int:
        """Line of its file that it starts on."""
        return first_line(self.found.node)


FILE_S = 0.15
"""What reading one more file of tests takes, in seconds, about."""
_PARTS = (ast.stmt, ast.BoolOp, ast.Compare, ast.BinOp, ast.IfExp, ast.Lambda, ast.comprehension)
_BRANCHES = (ast.If, ast.For, ast.While, ast.Try, ast.With, ast.IfExp, ast.comprehension)
_LEVELS = (8, 15, 26, 42)
"""Lines plus twice the branches up to which a function is of level 1, 2, 3 and 4."""


def choose_functions(
    project: Project, gates: FunctionGates
) -> tuple[list[Candidate], Counter[str]]:
    """Return the functions that tests reach and that pass the gates, and why others do not."""
    reasons: Counter[str] = Counter()
    chosen, bodies = [], set[str]()
    usable = _usable_tests(project, gates)
    for file in project.files.values():
        runs = project.coverage.lines.get(file.path, {})
        for found in functions_of(file.tree):
            reach = _reach(found, runs)
            if not reach:
                continue
            body = "\n".join(ast.dump(s) for s in body_after_docstring(found.node))
            reason = _unfit(file, found, gates)
            if not reason and body in bodies:
                reason = "same body as another"
            candidate = None
            if not reason:
                reason, candidate = _judged(file, found, reach, usable, gates)
            if candidate is None:
                reasons[reason] += 1
                continue
            bodies.add(body)
            chosen.append(candidate)
    return chosen, reasons


def _usable_tests(project: Project, gates: FunctionGates) -> dict[int, BaselineTest]:
    """Return the tests that may judge, by their number."""
    return {
        number: test
        for number, test in enumerate(project.tests)
        if test.outcome == "passed"
        and test.duration_s <= gates.max_test_s
        and test.id.partition("::")[0].endswith(".py")
        and reason_to_drop(test.id.partition("::")[0], project.prepared.codebase) == "is a test"
    }


def _reach(found: Found, runs: Mapping[int, Collection[int]]) -> dict[int, set[int]]:
    """Return which tests run which lines of a function's body: test -> lines."""
    body = body_after_docstring(found.node)
    if not body:
        return {}
    reach: dict[int, set[int]] = {}
    for line in range(body[0].lineno, (found.node.end_lineno or 0) + 1):
        for test in runs.get(line, ()):
            reach.setdefault(test, set()).add(line)
    return reach


def _unfit(file: SourceText, found: Found, gates: FunctionGates) -> str:
    """Why a function is no problem whatever its tests; empty when it may be one."""
    node = found.node
    if node.name.startswith("__") and node.name.endswith("__"):
        return "a special method"
    try:
        start, end = body_lines(node)
    except TaskError:
        return "no lines of its own"
    n_lines = _n_code_lines(file, start, end)
    if n_lines < gates.min_lines:
        return "too short"
    if n_lines > gates.max_lines:
        return "too long"
    parts = [n for s in body_after_docstring(node) for n in ast.walk(s) if isinstance(n, _PARTS)]
    if len(parts) < gates.min_parts:
        return "trivial"
    return ""


def _n_code_lines(file: SourceText, start: int, end: int) -> int:
    lines = [line.strip() for line in file.lines[start - 1 : end]]
    return sum(bool(line) and not line.startswith("#") for line in lines)


def _judged(
    file: SourceText,
    found: Found,
    reach: Mapping[int, set[int]],
    usable: Mapping[int, BaselineTest],
    gates: FunctionGates,
) -> tuple[str, Candidate | None]:
    reach = {number: lines for number, lines in reach.items() if number in usable}
    if len(reach) < gates.min_tests:
        return "too few tests", None
    node = found.node
    statements = {
        s.lineno: s
        for top in body_after_docstring(node)
        for s in ast.walk(top)
        if isinstance(s, ast.stmt)
    }
    run = set().union(*reach.values()) & set(statements)
    if len(run) < gates.min_covered * len(statements):
        return "mostly untested", None
    top = first_line(node)
    covered = {n - top + 1 for line in run for n in _span(statements[line])}
    ordered = sorted(reach, key=lambda number: (usable[number].duration_s, number))
    tests = choose_tests({n: reach[n] & run for n in ordered}, usable, gates.max_tests)
    start, end = body_lines(node)
    n_branches = sum(
        isinstance(n, _BRANCHES) for s in body_after_docstring(node) for n in ast.walk(s)
    )
    size = _n_code_lines(file, start, end) + 2 * n_branches
    return "", Candidate(
        file=file,
        found=found,
        code=code_of(file.text, node),
        covered=frozenset(covered),
        reaching=tuple(usable[number].id for number in ordered),
        tests=tests,
        level=1 + sum(size > most for most in _LEVELS),
    )


def _span(statement: ast.stmt) -> Iterator[int]:
    """Yield the lines of a statement, or of its header when it holds others."""
    inner = [s.lineno for s in ast.iter_child_nodes(statement) if isinstance(s, ast.stmt)]
    last = min(inner) - 1 if inner else statement.end_lineno or statement.lineno
    yield from range(statement.lineno, max(last, statement.lineno) + 1)


def choose_tests(
    reach: Mapping[int, Collection[int]], tests: Mapping[int, BaselineTest], limit: int
) -> tuple[str, ...]:
    """Return ids of the tests that together run most lines soonest, then others to fill up.

    Args:
        reach: Which lines each test runs, by the test's number, in order of preference.
        tests: The tests, by number.
        limit: Most that are chosen.
    """
    left = set[int]().union(*reach.values())
    chosen: list[int] = []
    files: set[str] = set()

    def cost(number: int) -> float:
        return tests[number].duration_s + (0.02 if _file(tests[number]) in files else FILE_S)

    def gain(number: int) -> float:
        return len(left.intersection(reach[number])) / cost(number)

    while left and len(chosen) < limit:
        best = max(reach, key=gain)
        chosen.append(best)
        files.add(_file(tests[best]))
        left.difference_update(reach[best])
    functions = {tests[number].id.partition("[")[0] for number in chosen}
    rest = sorted(set(reach) - set(chosen), key=lambda number: (cost(number), number))
    for fresh in (True, False):
        for number in rest:
            function = tests[number].id.partition("[")[0]
            if len(chosen) >= limit or number in chosen or (fresh and function in functions):
                continue
            chosen.append(number)
            functions.add(function)
    return tuple(tests[number].id for number in chosen)


def _file(test: BaselineTest) -> str:
    return test.id.partition("::")[0]
