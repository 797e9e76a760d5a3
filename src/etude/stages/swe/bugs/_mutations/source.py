"""Source: one parsed file, with the exact place of every node in its bytes.

A bug is spliced into the original bytes, so nothing outside it can change.
"""

import dataclasses
import warnings
from bisect import bisect_right
from collections import Counter
from collections.abc import Iterable, Iterator
from functools import cache
from types import CodeType
from typing import NamedTuple

import libcst as cst
from libcst.metadata import ByteSpanPositionProvider, MetadataWrapper

_BINDING_FIELDS: frozenset[tuple[type[cst.CSTNode], str]] = frozenset(
    {
        (cst.AssignTarget, "target"),
        (cst.AnnAssign, "target"),
        (cst.AugAssign, "target"),
        (cst.For, "target"),
        (cst.CompFor, "target"),
        (cst.AsName, "name"),
        (cst.NamedExpr, "target"),
        (cst.Del, "target"),
        (cst.Param, "name"),
        (cst.FunctionDef, "name"),
        (cst.ClassDef, "name"),
        (cst.MatchAs, "name"),
        (cst.MatchStar, "name"),
        (cst.MatchMapping, "rest"),
        (cst.ImportAlias, "name"),
    }
)
_LABEL_FIELDS: frozenset[tuple[type[cst.CSTNode], str]] = frozenset(
    {
        (cst.Attribute, "attr"),
        (cst.Arg, "keyword"),
        (cst.NameItem, "name"),
        (cst.MatchKeywordElement, "key"),
        (cst.ImportFrom, "module"),
    }
)
_TARGET_SHAPES = (cst.Tuple, cst.List, cst.Element, cst.StarredElement)
_OPERATIONS = (cst.BooleanOperation, cst.Comparison, cst.UnaryOperation, cst.BinaryOperation)
_TAKES_ANY = (cst.Return, cst.If, cst.While, cst.Assign, cst.AugAssign, cst.Arg, cst.Assert)
_LAYOUT = (cst.BaseParenthesizableWhitespace, cst.TrailingWhitespace, cst.EmptyLine)


class Edit(NamedTuple):
    """Replace the bytes from `start` to `end` with `text`."""

    start: int
    end: int
    text: str
    reach: tuple[int, int] | None = None
    """Bytes of the block the edit takes out of use; one covered line in it is enough."""


class Source:
    """One file as concrete syntax, with spans, parents and the role of every name.

    Raises:
        ValueError: The file cannot be edited safely: a syntax error, stray carriage
            returns, a byte-order mark, or syntax nested too deeply.
    """

    def __init__(self, path: str, text: str) -> None:
        self.path = path
        self.text = text
        self.data = text.encode()
        if text.startswith("\ufeff") or "\r" in text.replace("\r\n", ""):
            raise ValueError(f"{path}: unusual line ends or a byte-order mark")
        code, self._warned = _compiled(path, text)
        self._meaning = _meaning(code)
        try:
            wrapper = MetadataWrapper(cst.parse_module(text), unsafe_skip_copy=True)
            self._spans = wrapper.resolve(ByteSpanPositionProvider)
        except (cst.ParserSyntaxError, RecursionError) as cause:
            raise ValueError(f"{path}: libcst cannot read it") from cause
        self.module = wrapper.module
        if self.module.code != text:
            raise ValueError(f"{path}: libcst does not give it back byte for byte")
        self.parents: dict[cst.CSTNode, cst.CSTNode] = {}
        self.binders: set[cst.Name] = set()
        """Names that are assigned, imported, deleted or declared where they stand."""
        self.labels: set[cst.Name] = set()
        """Names that are no variables: attributes, keywords of calls, imported modules."""
        self._read_roles(self.module, binding=False)
        self._line_starts = [0, *(i + 1 for i, b in enumerate(self.data) if b == 10)]

    def span(self, node: cst.CSTNode) -> tuple[int, int]:
        """First byte of `node` and the byte after it, without the node's own parentheses."""
        at = self._spans[node]
        return at.start, at.start + at.length

    def outer(self, node: cst.CSTNode) -> tuple[int, int]:
        """Like `span`, with the node's own parentheses."""
        start, end = self.span(node)
        if isinstance(node, cst.BaseExpression):
            for left, right in zip(reversed(node.lpar), node.rpar, strict=True):
                start = self._before(start, left.whitespace_after)
                end = self._after(end, right.whitespace_before)
        return start, end

    def _before(self, at: int, gap: cst.BaseParenthesizableWhitespace) -> int:
        """First byte of the parenthesis that stands before `gap`, which ends at `at`."""
        if isinstance(gap, cst.ParenthesizedWhitespace) and not _has_comment(gap):
            # How far its lines are indented is known to the block alone.
            return at - len(self.data[:at]) + len(self.data[:at].rstrip()) - 1
        return at - len(self.module.code_for_node(gap).encode()) - 1

    def _after(self, at: int, gap: cst.BaseParenthesizableWhitespace) -> int:
        if isinstance(gap, cst.ParenthesizedWhitespace) and not _has_comment(gap):
            return len(self.data) - len(self.data[at:].lstrip()) + 1
        return at + len(self.module.code_for_node(gap).encode()) + 1

    def slice(self, start: int, end: int) -> str:
        """The text between two bytes."""
        return self.data[start:end].decode()

    def code(self, node: cst.CSTNode) -> str:
        """The node as it is written, with its own parentheses."""
        return self.slice(*self.outer(node))

    def in_place_of(self, node: cst.CSTNode, kept: cst.BaseExpression) -> str:
        """Code of `kept` to stand where `node` stood, without parentheses that tell of a loss."""
        start, end = self.span(kept)
        plain = isinstance(kept, _OPERATIONS) and b"\n" not in self.data[start:end]
        alone = plain and self.outer(node) == self.span(node)
        if alone and isinstance(self.parents[node], _TAKES_ANY):
            return self.slice(start, end)
        return self.code(kept)

    def line(self, offset: int) -> int:
        """Number of the line that holds the byte at `offset`, counted from 1."""
        return bisect_right(self._line_starts, offset)

    def start_of(self, line: int) -> int:
        """First byte of a line; the end of the file for the line after the last."""
        starts = self._line_starts
        return starts[line - 1] if line <= len(starts) else len(self.data)

    @property
    def n_lines(self) -> int:
        """Number of lines that hold at least a line end."""
        return len(self._line_starts) - (self._line_starts[-1] == len(self.data))

    def line_start(self, offset: int) -> int:
        """First byte of the line that holds the byte at `offset`."""
        return self._line_starts[self.line(offset) - 1]

    def line_end(self, offset: int) -> int:
        """The byte after the line that holds the byte at `offset`, its line end included."""
        line = self.line(offset)
        return self._line_starts[line] if line < len(self._line_starts) else len(self.data)

    def indent(self, node: cst.CSTNode) -> str:
        """White space in front of the first line of `node`."""
        line = self.slice(self.line_start(self.span(node)[0]), self.span(node)[0])
        return line[: len(line) - len(line.lstrip())]

    def first_byte(self, node: cst.CSTNode) -> int:
        """First byte of the lines of a statement, with those of the comment right above it."""
        first = self.line_start(self.span(node)[0])
        comment = f"{self.indent(node)}#"
        while first and self.slice(self.line_start(first - 1), first).startswith(comment):
            first = self.line_start(first - 1)
        return first

    def newline(self) -> str:
        """What ends a line in this file."""
        return self.module.default_newline

    def ancestors(self, node: cst.CSTNode) -> Iterator[cst.CSTNode]:
        """Parents of `node`, nearest first."""
        while (parent := self.parents.get(node)) is not None:
            yield parent
            node = parent

    def is_load(self, name: cst.Name) -> bool:
        """Whether the value of a variable is read here."""
        return name not in self.binders and name not in self.labels

    def changed_lines(self, edit: Edit) -> tuple[int, int]:
        """First and last line of the healthy file that the edit changes."""
        old, new = self.data[edit.start : edit.end], edit.text.encode()
        start, end = edit.start, edit.end
        if new:
            head = _shared_head(old, new)
            tail = _shared_head(old[head:][::-1], new[head:][::-1])
            start, end = start + head, end - tail
        return self.line(start), self.line(max(start, end - 1))

    def apply(self, *edits: Edit) -> str | None:
        """Text of the file with the edits in it, or `None` when the result is no use.

        No use is a file that does not compile, that warns where the healthy one does
        not, or that means the same. No edit may overlap another.
        """
        broken = spliced(self.data, edits)
        try:
            code, warned = _compiled(self.path, broken)
        except ValueError:
            return None
        return None if warned - self._warned or _meaning(code) == self._meaning else broken

    def _read_roles(self, node: cst.CSTNode, *, binding: bool) -> None:
        kind = type(node)
        for field in _fields(kind):
            for child in _children(node, field):
                self.parents[child] = node
                if (kind, field) in _LABEL_FIELDS:
                    self._label(child)
                    continue
                binds = (kind, field) in _BINDING_FIELDS or (
                    binding and isinstance(node, _TARGET_SHAPES)
                )
                if binds and isinstance(child, cst.Name):
                    self.binders.add(child)
                self._read_roles(child, binding=binds)

    def _label(self, node: cst.CSTNode) -> None:
        if isinstance(node, cst.Name):
            self.labels.add(node)
        for child in children(node):
            self.parents[child] = node
            self._label(child)


def children(node: cst.CSTNode) -> Iterator[cst.CSTNode]:
    """Nodes directly below `node`, in source order, white space left out."""
    for field in _fields(type(node)):
        yield from _children(node, field)


def walk(node: cst.CSTNode) -> Iterator[cst.CSTNode]:
    """`node` and everything below it, in source order."""
    yield node
    for child in children(node):
        yield from walk(child)


def _children(node: cst.CSTNode, field: str) -> Iterator[cst.CSTNode]:
    value = getattr(node, field)
    if isinstance(value, cst.CSTNode):
        value = (value,)
    if isinstance(value, (tuple, list)):
        for child in value:
            if isinstance(child, cst.CSTNode) and not isinstance(child, _LAYOUT):
                yield child


@cache
def _fields(kind: type[cst.CSTNode]) -> tuple[str, ...]:
    return tuple(f.name for f in dataclasses.fields(kind))


def _compiled(path: str, text: str) -> tuple[CodeType, Counter[str]]:
    """Compile `text`; the warnings of the compiler come with the code.

    Raises:
        ValueError: It does not compile on this interpreter.
    """
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        try:
            code = compile(text, path, "exec", dont_inherit=True)
        except (SyntaxError, RecursionError, MemoryError) as cause:
            raise ValueError(f"{path}: does not compile: {cause}") from cause
    return code, Counter(str(w.message) for w in caught)


def _meaning(code: CodeType) -> tuple[object, ...]:
    """What the code does, without where it stands: equal for texts that mean the same."""
    consts = tuple(
        _meaning(c) if isinstance(c, CodeType) else (type(c), repr(c)) for c in code.co_consts
    )
    names = (code.co_names, code.co_varnames, code.co_cellvars, code.co_freevars)
    shape = (code.co_name, code.co_flags, code.co_argcount, code.co_exceptiontable)
    return *shape, code.co_code, consts, names


def _has_comment(gap: cst.ParenthesizedWhitespace) -> bool:
    comments = (gap.first_line.comment, *(line.comment for line in gap.empty_lines))
    return any(comment is not None for comment in comments)


def spliced(data: bytes, edits: Iterable[Edit]) -> str:
    """Return the text of `data` with the edits in it, none of which overlaps another."""
    for edit in sorted(edits, key=lambda e: -e.start):
        data = _spliced(data, edit)
    return data.decode()


def _spliced(data: bytes, edit: Edit) -> bytes:
    head, tail = data[: edit.start].decode(), data[edit.end :].decode()
    # `not(a or b)` would otherwise turn into `nota`.
    before = " " if _is_word(head[-1:]) and _is_word(edit.text[:1]) else ""
    after = " " if _is_word(edit.text[-1:]) and _is_word(tail[:1]) else ""
    return f"{head}{before}{edit.text}{after}{tail}".encode()


def _shared_head(left: bytes, right: bytes) -> int:
    n = 0
    for a, b in zip(left, right, strict=False):
        if a != b:
            break
        n += 1
    return n


def _is_word(character: str) -> bool:
    return character.isalnum() or character == "_"
