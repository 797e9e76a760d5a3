"""Show the file that a function stands in, with `...` where its body goes.

A short file is shown whole; of a longer one, what the function needs: imports, the names that its
body uses, the classes around it and the signatures of their other members.
"""

import ast
from collections.abc import Iterator

from etude.rollout.splicing import (
    Function,
    body_after_docstring,
    body_lines,
    first_line,
)
from etude.stages.problems.from_code.functions import Candidate
from etude.stages.problems.from_code.project import SourceText

WHOLE_CHARS = 7_000
"""A file up to this size is shown whole."""
MEMBER_LINES = 40
"""A function that the body uses is shown whole up to so many lines, then by its signature."""
GAP = "# (left out)\n"


def names_used(function: Function) -> set[str]:
    """Return the names that a function's body reads, and those that it takes from `self`."""
    found = set()
    for top in body_after_docstring(function):
        for node in ast.walk(top):
            if isinstance(node, ast.Name):
                found.add(node.id)
            elif isinstance(node, ast.Attribute) and _is_self(node.value):
                found.add(node.attr)
    return found


def _is_self(node: ast.expr) -> bool:
    return isinstance(node, ast.Name) and node.id in ("self", "cls")


def excerpt(candidate: Candidate) -> str:
    """Return the part of its file that shows what a function stands in."""
    file = candidate.file
    if len(file.text) <= WHOLE_CHARS:
        return _without_body(candidate, 1, len(file.lines))
    shown = _Excerpt(candidate, names_used(candidate.found.node))
    return "".join(shown.pieces(file.tree.body, inside=False)).strip("\n") + "\n"


def header(candidate: Candidate) -> str:
    """Return a function's header and docstring, as they stand in its file, and `...`."""
    return _without_body(candidate, candidate.first_line, candidate.found.node.end_lineno or 0)


def _without_body(candidate: Candidate, first: int, last: int) -> str:
    """Return lines of the candidate's file, its body replaced by `...`."""
    file, (start, end) = candidate.file, body_lines(candidate.found.node)
    return file.between(first, start - 1) + _dots(file, start) + file.between(end + 1, last)


def _dots(file: SourceText, line: int) -> str:
    text = file.lines[line - 1]
    return text[: len(text) - len(text.lstrip())] + "...\n"


class _Excerpt:
    """Picks statements of a file."""

    def __init__(self, candidate: Candidate, used: set[str]) -> None:
        self.candidate = candidate
        self.file = candidate.file
        self.used = used

    def pieces(self, body: list[ast.stmt], *, inside: bool) -> Iterator[str]:
        """Yield the text of those statements of a body that are shown, gaps marked."""
        gap = False
        for statement in body:
            text = self._piece(statement, inside=inside)
            if not text:
                gap = True
                continue
            if gap and not inside:
                yield f"\n{GAP}\n"
            elif not isinstance(statement, (ast.Import, ast.ImportFrom)):
                yield "\n"
            gap = False
            yield text

    def _piece(self, statement: ast.stmt, *, inside: bool) -> str:
        candidate = self.candidate
        if statement is candidate.found.node:
            return header(candidate)
        if isinstance(statement, ast.ClassDef):
            if statement in candidate.found.parents:
                return self._class(statement)
            return self._members(statement) if statement.name in self.used else ""
        first, last = self._lines(statement)
        if first <= candidate.first_line <= last:
            return _without_body(candidate, first, last)
        if isinstance(statement, (ast.Import, ast.ImportFrom)):
            return self.file.between(first, last)
        if isinstance(statement, Function):
            return self._function(statement, inside=inside)
        return self._other(statement, first, last, inside=inside)

    def _function(self, node: Function, *, inside: bool) -> str:
        first, last = self._lines(node)
        short = last - first < MEMBER_LINES
        if short and (node.name in self.used or node.name == "__init__"):
            return self.file.between(first, last)
        return self._signature(node) if inside or node.name in self.used else ""

    def _other(self, statement: ast.stmt, first: int, last: int, *, inside: bool) -> str:
        bound = {
            n.id
            for n in ast.walk(statement)
            if isinstance(n, ast.Name) and isinstance(n.ctx, ast.Store)
        }
        wanted = bool(bound & self.used) or (inside and bool(bound))
        return self.file.between(first, last) if wanted and last - first < MEMBER_LINES else ""

    def _class(self, node: ast.ClassDef) -> str:
        """Return a class around the candidate: its header, docstring and members."""
        head = self.file.between(first_line(node), self._header_end(node))
        rest = node.body[1:] if ast.get_docstring(node) is not None else node.body
        return head + "".join(self.pieces(rest, inside=True))

    def _members(self, node: ast.ClassDef) -> str:
        """Return a class that the body uses: whole when short, else its signatures."""
        first, last = self._lines(node)
        if last - first < MEMBER_LINES:
            return self.file.between(first, last)
        head = self.file.between(first, self._header_end(node))
        functions = [s for s in node.body if isinstance(s, Function)]
        return head + "".join("\n" + self._signature(f) for f in functions)

    def _signature(self, node: Function) -> str:
        """Return the header of a function, without decorators' bodies or docstring."""
        start = node.body[0].lineno
        first = first_line(node)
        if start == node.lineno:
            return self.file.between(first, self._lines(node)[1])
        return self.file.between(first, start - 1) + _dots(self.file, start)

    def _header_end(self, node: ast.ClassDef) -> int:
        """Return the last line of a class's header, or of its docstring."""
        if ast.get_docstring(node) is not None:
            return node.body[0].end_lineno or node.lineno
        first = node.body[0]
        start = first_line(first) if isinstance(first, (Function, ast.ClassDef)) else first.lineno
        return max(node.lineno, start - 1)

    def _lines(self, node: ast.stmt) -> tuple[int, int]:
        first = first_line(node) if isinstance(node, (Function, ast.ClassDef)) else node.lineno
        return first, node.end_lineno or node.lineno
