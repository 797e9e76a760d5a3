"""Take the tests that catch a bug out of a test file and keep the rest of it working.

Works on whole lines, so what stays is byte for byte what it was. A function
always starts and ends on lines of its own, which makes that safe.
"""

import ast
import re
from collections.abc import Collection, Iterator
from typing import NamedTuple

from etude.errors import TaskError

_Function = ast.FunctionDef | ast.AsyncFunctionDef
_LINE = re.compile(r"[^\r\n]*(?:\r\n|\r|\n)|[^\r\n]+\Z")
_HEADER = re.compile(r"#!|#.*coding[:=]")


class _Cut(NamedTuple):
    """Lines to take out, from `first` to `last`, counted from 1."""

    first: int
    last: int
    instead: str = ""
    """What stands in their place, without a line end."""


def hide_tests(text: str, functions: Collection[int]) -> str:
    """Return `text` without the functions that start on the given lines.

    A function goes with its decorators, the comment right above it and the blank
    lines that kept it apart. A body that is left empty gets `pass`.

    Args:
        text: A test file, whole.
        functions: First lines of the functions, counted from 1: that of the first
            decorator or that of the `def`.

    Raises:
        TaskError: The file is not valid Python, a line starts no function, or what
            stays behind uses a function that would go.
    """
    if not functions:
        return text
    try:
        tree = ast.parse(text)
    except (SyntaxError, ValueError) as cause:
        raise TaskError(f"cannot take tests out of a file that does not parse: {cause}") from cause
    gone = _functions_at(tree, functions)
    _refuse_if_used(tree, gone)
    file = _TestFile(tree, text)
    cuts = [cut for body in _bodies(tree, gone) for cut in file.cuts(body, gone)]
    return file.without(cuts)


class _TestFile:
    """The lines of a file, and which of them are the middle of a string."""

    def __init__(self, tree: ast.Module, text: str) -> None:
        self.tree = tree
        self.lines: list[str] = _LINE.findall(text)
        self.in_strings = {
            line
            for node in ast.walk(tree)
            if isinstance(node, (ast.Constant, ast.JoinedStr))
            for line in range(node.lineno + 1, (node.end_lineno or node.lineno) + 1)
        }

    def cuts(self, body: list[ast.stmt], gone: Collection[ast.stmt]) -> Iterator[_Cut]:
        """Lines of the functions in `body` that go."""
        going = [s for s in body if isinstance(s, _Function) and s in gone]
        if len(going) == len(body):
            indent = self.indent(going[0])
            instead = "" if body is self.tree.body else f"{indent}pass"
            yield _Cut(self.first(going[0]), self.last(going[-1]), instead)
            return
        for node in going:
            first, last = self.first(node), self.last(node)
            if all(s in gone for s in body[body.index(node) :]):
                while first > 1 and self.blank(first - 1):
                    first -= 1
            else:
                while last < len(self.lines) and self.blank(last + 1):
                    last += 1
            yield _Cut(first, last)

    def first(self, node: _Function) -> int:
        """First line of a function with its decorators and the comment right above."""
        first, indent = _first_line(node), self.indent(node)
        while first > 1 and first - 1 not in self.in_strings:
            above = self.lines[first - 2]
            header = first <= 3 and _HEADER.match(above)
            if header or not above.startswith(f"{indent}#"):
                break
            first -= 1
        return first

    def last(self, node: _Function) -> int:
        """Last line of a function, the comments that end its body included."""
        last = number = node.end_lineno or node.lineno
        while number < len(self.lines):
            number += 1
            line = self.lines[number - 1]
            if self.blank(number):
                continue
            if not re.match(re.escape(self.indent(node)) + r"[ \t]+#", line):
                break
            last = number
        return last

    def blank(self, number: int) -> bool:
        """Whether a line holds nothing; a form feed is something."""
        return not self.lines[number - 1].strip(" \t\r\n")

    def indent(self, node: _Function) -> str:
        """White space that the body around a function stands in."""
        if node.col_offset == 0:
            return ""
        line = self.lines[node.lineno - 1].lstrip("\f")
        return line[: len(line) - len(line.lstrip())]

    def without(self, cuts: list[_Cut]) -> str:
        """The file without the lines of the cuts."""
        kept = dict(enumerate(self.lines, 1))
        for cut in cuts:
            for number in range(cut.first, cut.last + 1):
                kept.pop(number, None)
            if cut.instead:
                last = self.lines[cut.last - 1]
                kept[cut.first] = cut.instead + last[len(last.rstrip("\r\n")) :]
        return "".join(kept[number] for number in sorted(kept))


def _functions_at(tree: ast.Module, wanted: Collection[int]) -> set[ast.stmt]:
    starts: dict[int, ast.stmt] = {}
    for node in ast.walk(tree):
        if isinstance(node, _Function):
            starts[node.lineno] = node
            starts[_first_line(node)] = node
    for line in sorted(wanted):
        if line not in starts:
            raise TaskError(
                f"no function starts on line {line} of the test file; "
                "prepare the codebase again if its tests have changed"
            )
    found = {starts[line] for line in wanted}
    nested = {inner for outer in found for inner in ast.walk(outer) if inner is not outer}
    return found - nested


def _refuse_if_used(tree: ast.Module, gone: Collection[ast.stmt]) -> None:
    """Refuse when a function that goes is still read by its name, and nothing else has it."""
    inside = {node for function in gone for node in ast.walk(function)}
    names = {node.name for node in gone if isinstance(node, _Function)}
    for node in ast.walk(tree):
        if node in inside:
            continue
        if isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef)):
            names.discard(node.name)
        elif isinstance(node, ast.Name) and not isinstance(node.ctx, ast.Load):
            names.discard(node.id)
        elif isinstance(node, ast.arg):
            names.discard(node.arg)
    for node in ast.walk(tree):
        if isinstance(node, ast.Name) and node.id in names and node not in inside:
            raise TaskError(
                f"{node.id} cannot be taken out: line {node.lineno} of its file still uses it"
            )


def _bodies(tree: ast.Module, gone: Collection[ast.stmt]) -> Iterator[list[ast.stmt]]:
    """Every list of statements that holds one of `gone`."""
    for node in ast.walk(tree):
        for field in ("body", "orelse", "finalbody"):
            body = getattr(node, field, None)
            if isinstance(body, list) and any(s in gone for s in body):
                yield body


def _first_line(node: _Function) -> int:
    return min([node.lineno, *(d.lineno for d in node.decorator_list)])
