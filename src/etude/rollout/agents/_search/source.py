"""Source: one file of the project's own code, and where its pieces stand, byte by byte."""

import ast
import re
from collections.abc import Iterator
from functools import cached_property
from typing import NamedTuple

Function = ast.FunctionDef | ast.AsyncFunctionDef


class Edit(NamedTuple):
    """One replacement in a file; places are byte offsets."""

    start: int
    end: int
    new: str


class Source:
    """A file that compiles."""

    def __init__(self, path: str, text: str) -> None:
        """Parse the file.

        Raises:
            SyntaxError: It is not Python of this version.
            ValueError: It holds NUL bytes.
        """
        self.path = path
        self.text = text
        self.tree = ast.parse(text)
        self._data = text.encode()

    @cached_property
    def _line_starts(self) -> list[int]:
        return [0] + [match.end() for match in re.finditer(rb"\r\n|\r|\n", self._data)]

    @cached_property
    def parents(self) -> dict[ast.AST, ast.AST]:
        """Node -> the node it stands in."""
        return {child: node for node in ast.walk(self.tree) for child in ast.iter_child_nodes(node)}

    def offset(self, line: int, column: int) -> int:
        """Return the byte offset of a place as `ast` counts it."""
        return self._line_starts[line - 1] + column

    def line_span(self, first: int, last: int) -> tuple[int, int]:
        """Return the byte offsets of whole lines, counted from 1, with their line ends."""
        starts = [*self._line_starts, len(self._data)]
        return starts[first - 1], starts[last]

    def span(self, node: ast.expr | ast.stmt) -> tuple[int, int]:
        """Return the byte offsets of a node's first character and behind its last."""
        start = self.offset(node.lineno, node.col_offset)
        return start, self.offset(node.end_lineno or 0, node.end_col_offset or 0)

    def slice(self, start: int, end: int) -> str:
        """Return the text between two byte offsets."""
        return self._data[start:end].decode()

    def text_of(self, node: ast.expr | ast.stmt) -> str:
        """Return a node as it is written."""
        return self.slice(*self.span(node))

    def token_between(self, left: ast.expr, right: ast.expr, token: str) -> tuple[int, int] | None:
        """Return where an operator stands between its operands."""
        start, end = self.span(left)[1], self.span(right)[0]
        words = r"\s+".join(re.escape(word) for word in token.split())
        around = (r"\b", r"\b") if token[0].isalpha() else (r"(?<![<>=!*/])", r"(?![<>=*/])")
        match = re.search(around[0] + words + around[1], self.slice(start, end))
        # Only blanks and brackets stand before an operator, so characters are bytes there.
        return None if match is None else (start + match.start(), start + match.end())

    def edited(self, edit: Edit) -> str:
        """Return the whole file after an edit."""
        return (self._data[: edit.start] + edit.new.encode() + self._data[edit.end :]).decode()

    def functions(self) -> Iterator[tuple[str, Function]]:
        """Yield every function and method, with its qualified name."""
        yield from _functions(self.tree, "")


def _functions(node: ast.AST, prefix: str) -> Iterator[tuple[str, Function]]:
    for child in ast.iter_child_nodes(node):
        if isinstance(child, Function):
            yield f"{prefix}{child.name}", child
            yield from _functions(child, f"{prefix}{child.name}.")
        elif isinstance(child, ast.ClassDef):
            yield from _functions(child, f"{prefix}{child.name}.")
        else:
            yield from _functions(child, prefix)
