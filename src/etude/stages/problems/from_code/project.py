"""The own source of a prepared codebase, parsed, and where it calls its own functions."""

import ast
from collections.abc import Iterator
from typing import NamedTuple

from etude.records import BaselineTest, Coverage
from etude.rollout.grading import reason_to_drop
from etude.rollout.splicing import Function, functions_of, parse, split_lines
from etude.store import Prepared

VENDORED = {"_vendor", "vendor", "_vendored", "third_party", "extern"}
_COMMON = {
    name
    for kind in (str, bytes, list, tuple, dict, set, frozenset, int, float, type(iter("")))
    for name in dir(kind)
}
"""Names of methods that everything has; a call of one says nothing of whose it is."""


class SourceText(NamedTuple):
    """One file of the project's own code."""

    path: str
    text: str
    lines: list[str]
    tree: ast.Module

    def between(self, first: int, last: int) -> str:
        """Return lines of the file, counted from 1, both included."""
        return "".join(self.lines[first - 1 : last])


class CallSite(NamedTuple):
    """Where the project calls something by a name."""

    path: str
    inside: str
    """Qualified name of the function that it stands in; empty at the top of a module."""
    first_line: int
    last_line: int
    on_self: bool
    """Whether it is called as `self.name` or `cls.name`."""
    bare: bool
    """Whether it is called by its name alone."""


class Project:
    """A prepared codebase, read once."""

    def __init__(self, prepared: Prepared) -> None:
        self.prepared = prepared
        self.coverage: Coverage = prepared.coverage()
        self.tests: tuple[BaselineTest, ...] = prepared.codebase.tests
        self.files: dict[str, SourceText] = {file.path: file for file in _read(self)}
        self._calls: dict[str, list[CallSite]] | None = None

    @property
    def title(self) -> str:
        """Name and version."""
        return f"{self.prepared.codebase.name} {self.prepared.codebase.version}"

    def call_sites(self, path: str, function: str) -> list[CallSite]:
        """Return where the project calls a function, those that are surely meant first."""
        if self._calls is None:
            self._calls = {}
            for file in self.files.values():
                for name, site in _calls(file):
                    self._calls.setdefault(name, []).append(site)
        owner, _, name = function.rpartition(".")
        found = []
        for site in self._calls.get(name, ()):
            if site.path == path and site.inside == function:
                continue
            mine = site.path == path and site.inside.startswith(f"{owner}.")
            if owner and (site.bare or (site.on_self and not mine)):
                continue
            if not owner and site.on_self:
                continue
            if name in _COMMON and not mine and not site.bare:
                continue
            found.append(site)
        return sorted(found, key=lambda site: (site.path != path, site.path, site.first_line))


def _read(project: Project) -> Iterator[SourceText]:
    """Yield the files that a stable test runs, and that are neither tests nor vendored."""
    source = project.prepared.source
    for path in sorted(project.coverage.lines):
        file = source / path
        inside = file.resolve() == source.resolve() / path
        if not path.endswith(".py") or not inside or not file.is_file():
            continue
        if reason_to_drop(path, project.prepared.codebase) or VENDORED & set(path.split("/")):
            continue
        try:
            text = file.read_bytes().decode()
            tree = parse(text)
        except (UnicodeDecodeError, SyntaxError):
            continue
        if not text.startswith("\ufeff"):
            yield SourceText(path, text, split_lines(text), tree)


def _calls(file: SourceText) -> Iterator[tuple[str, CallSite]]:
    owners: list[tuple[str, Function]] = [(f.name, f.node) for f in functions_of(file.tree)]
    for statement in _statements(file.tree):
        inside = next((n for n, f in owners if _holds(f, statement)), "")
        for node in _own_expressions(statement):
            if not isinstance(node, ast.Call):
                continue
            called = node.func
            end = min(statement.end_lineno or statement.lineno, statement.lineno + 7)
            if isinstance(called, ast.Name):
                site = CallSite(file.path, inside, statement.lineno, end, False, True)
                yield called.id, site
            elif isinstance(called, ast.Attribute):
                base = called.value
                on_self = isinstance(base, ast.Name) and base.id in ("self", "cls")
                site = CallSite(file.path, inside, statement.lineno, end, on_self, False)
                yield called.attr, site


def _statements(tree: ast.Module) -> Iterator[ast.stmt]:
    return (node for node in ast.walk(tree) if isinstance(node, ast.stmt))


def _holds(function: Function, statement: ast.stmt) -> bool:
    return function.lineno <= statement.lineno <= (function.end_lineno or 0)


def _own_expressions(statement: ast.stmt) -> Iterator[ast.AST]:
    """Yield the expressions of a statement, without those of statements in it."""
    pending = [n for n in ast.iter_child_nodes(statement) if not isinstance(n, ast.stmt)]
    while pending:
        node = pending.pop()
        yield node
        pending += [n for n in ast.iter_child_nodes(node) if not isinstance(n, ast.stmt)]
