"""Twins of tests: copies that want something else, so that a test and its twin cannot both pass."""

import ast
import re
from collections.abc import Iterator, Sequence
from random import Random
from typing import NamedTuple

_INT = re.compile(rb"[0-9]{1,15}")
_FLOAT = re.compile(rb"[0-9]{1,9}\.[0-9]{1,9}")
_STR = re.compile(rb"(?:\"[ -!#-\[\]-~]+\"|'[ -&(-\[\]-~]+')")
"""One string in plain quotes, without escapes and other than ASCII."""
_EQUAL = frozenset(
    ("assertEqual", "assertEquals", "assertListEqual", "assertTupleEqual", "assertDictEqual")
)
_HARMLESS = (ast.Assert, ast.Pass, ast.Import, ast.ImportFrom)
_LOCAL = "self"


class NoTwinError(Exception):
    """A test of which no twin can be made; the message says why."""


class Place(NamedTuple):
    """Where a function can be put."""

    line: int
    """Number of lines before it."""
    n_blank: int
    """Blank lines between it and what comes next."""
    is_end: bool = False
    """Whether the blank lines go before it, as nothing comes next."""


class Twin(NamedTuple):
    """A copy of a test under another name."""

    name: str
    text: str
    """Its lines, without the last one's end."""
    places: list[Place]


def insert(text: str, function: str, place: Place) -> str:
    """Return a file's text with a function put in."""
    lines = text.split("\n")
    blank = [""] * place.n_blank
    put = [*blank, function] if place.is_end else [function, *blank]
    return "\n".join([*lines[: place.line], *put, *lines[place.line :]])


def places(text: str, within: Sequence[str]) -> list[Place]:
    """Return where functions can be put among those of a class, or of the file itself.

    Raises:
        NoTwinError: The text is no Python, or there is no such class.
    """
    return _places(text.split("\n"), _body(_parse(text), within), 1 if within else 2)


def make_twin(text: str, within: Sequence[str], name: str, rng: Random) -> Twin:
    """Return a copy of a test that wants something else, to be put beside it.

    Only tests that change nothing but what they made themselves have a twin: the test is run
    twice, in effect, and must be none the wiser.

    Args:
        text: The test's file.
        within: The classes that the test is in, outermost first, and its name.
        name: What the copy is called.
        rng: What chance is taken from.

    Raises:
        NoTwinError: It cannot have one.
    """
    *classes, function = within
    body = _body(_parse(text), classes)
    named = [node for node in body if getattr(node, "name", "") == function]
    if len(named) != 1 or not isinstance(node := named[0], ast.FunctionDef):
        raise NoTwinError("there is no one function of that name")
    if node.decorator_list or node.args.defaults or node.args.vararg or node.args.kwarg:
        raise NoTwinError("it is decorated, or has arguments of its own")
    if not _is_apart(node, body if classes else []):
        raise NoTwinError("it may change what other tests see")
    source = _Source(text)
    edits = [edit for statement in node.body for edit in source.edits(statement, rng)]
    if not edits:
        raise NoTwinError("it wants nothing that could be something else")
    start, end = source.at(node.lineno, 0), source.at(node.end_lineno or 0, 1 << 20)
    first, last, put = rng.choice(edits)
    content = source.content
    copy = content[start:first] + put + content[last:end]
    head = re.compile(rb"(\s*def\s+)" + re.escape(function.encode()) + rb"\b")
    copy, n_named = head.subn(rb"\g<1>" + name.encode(), copy, count=1)
    if n_named != 1:
        raise NoTwinError("its name is not where it should be")
    n_blank = 1 if classes else 2
    return Twin(name, copy.decode(), _places(text.split("\n"), body, n_blank))


def _parse(text: str) -> ast.Module:
    if re.search(r"\r(?!\n)|\f", text):
        raise NoTwinError("the file has odd ends of lines")
    try:
        return ast.parse(text)
    except (SyntaxError, ValueError, RecursionError, MemoryError) as error:
        raise NoTwinError("the file is no Python of this version") from error


def _body(module: ast.Module, within: Sequence[str]) -> list[ast.stmt]:
    body = module.body
    for name in within:
        found = [node for node in body if isinstance(node, ast.ClassDef) and node.name == name]
        if len(found) != 1:
            raise NoTwinError(f"there is no one class {name}")
        body = found[0].body
    return body


def _places(lines: Sequence[str], body: Sequence[ast.stmt], n_blank: int) -> list[Place]:
    found = []
    for node in body:
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef):
            first = min([node.lineno, *(each.lineno for each in node.decorator_list)]) - 1
            while first and lines[first - 1].lstrip().startswith("#"):
                first -= 1
            found.append(Place(first, n_blank))
    if found and body[-1].end_lineno:
        found.append(Place(body[-1].end_lineno, n_blank, is_end=True))
    return found


def _is_apart(node: ast.FunctionDef, siblings: Sequence[ast.stmt]) -> bool:
    """Return whether a test changes nothing but what it made, as far as can be seen."""
    hooks = {each.name for each in siblings if isinstance(each, ast.FunctionDef)}
    own = {_LOCAL} if "setUp" in hooks and "setUpClass" not in hooks else set()
    return all(_is_harmless(statement, own) for statement in node.body)


def _is_harmless(statement: ast.stmt, own: set[str]) -> bool:
    if isinstance(statement, _HARMLESS):
        return True
    if isinstance(statement, ast.Assign | ast.AnnAssign | ast.AugAssign):
        targets = statement.targets if isinstance(statement, ast.Assign) else [statement.target]
        names = [name for target in targets for name in _names(target)]
        own |= {name for name in names if name}
        return all(names)
    if isinstance(statement, ast.Expr):
        value = statement.value
        if isinstance(value, ast.Constant):
            return True
        return isinstance(value, ast.Call) and (
            _root(value.func) in own or _method(value).startswith("assert")
        )
    return False


def _names(target: ast.expr) -> list[str]:
    """Return the names that are bound; an empty one for whatever else is changed."""
    if isinstance(target, ast.Tuple | ast.List):
        return [name for part in target.elts for name in _names(part)]
    return [target.id if isinstance(target, ast.Name) else ""]


def _root(node: ast.expr) -> str:
    """Return the name that a chain of attributes and calls begins with."""
    while isinstance(node, ast.Attribute):
        node = node.value
    return node.id if isinstance(node, ast.Name) else ""


def _method(call: ast.Call) -> str:
    """Return the name of a method that is called on the test itself."""
    function = call.func
    if isinstance(function, ast.Attribute) and isinstance(function.value, ast.Name):
        return function.attr if function.value.id == _LOCAL else ""
    return ""


class _Source:
    """A file's bytes, and what could stand in them instead."""

    def __init__(self, text: str) -> None:
        self.content = text.encode()
        self._starts = [0]
        for line in self.content.split(b"\n"):
            self._starts.append(self._starts[-1] + len(line) + 1)

    def at(self, line: int, column: int) -> int:
        """Return the offset of a place, at most that of the line's end."""
        return min(self._starts[line - 1] + column, self._starts[line] - 1)

    def edits(self, statement: ast.stmt, rng: Random) -> Iterator[tuple[int, int, bytes]]:
        """Yield changes that turn a statement into one that wants the contrary: from, to, what."""
        for wanted in _wanted(statement):
            first, last = self._span(wanted)
            whole = self.content[first:last]
            for part in ast.walk(wanted):
                if isinstance(part, ast.Constant) and part.lineno == part.end_lineno:
                    start, end = self._span(part)
                    put = _other(self.content[start:end], rng)
                    new = whole[: start - first] + put + whole[end - first :]
                    if put and _differ(whole, new):
                        yield start, end, put
        if isinstance(statement, ast.Assert):
            yield from self._turned(statement.test)

    def _turned(self, said: ast.expr) -> Iterator[tuple[int, int, bytes]]:
        """Yield the contrary of a plain claim."""
        if isinstance(said, ast.Attribute | ast.Call):
            start, _ = self._span(said)
            yield start, start, b"not "
        elif isinstance(said, ast.UnaryOp) and isinstance(said.op, ast.Not):
            start, _ = self._span(said)
            inner, _ = self._span(said.operand)
            if self.content[start:inner] == b"not ":
                yield start, inner, b""

    def _span(self, node: ast.expr) -> tuple[int, int]:
        last = self.at(node.end_lineno or node.lineno, node.end_col_offset or 0)
        return self.at(node.lineno, node.col_offset), last


def _wanted(statement: ast.stmt) -> Iterator[ast.expr]:
    """Yield the expressions that a test demands something to be equal to."""
    if isinstance(statement, ast.Assert) and isinstance(said := statement.test, ast.Compare):
        if len(said.ops) == 1 and isinstance(said.ops[0], ast.Eq):
            yield from (said.left, said.comparators[0])
        elif len(said.ops) == 1 and isinstance(said.ops[0], ast.Is):
            yield from (each for each in said.comparators if _is_bool(each))
    elif (
        isinstance(statement, ast.Expr)
        and isinstance(call := statement.value, ast.Call)
        and _method(call) in _EQUAL
    ):
        yield from call.args[:2]


def _is_bool(node: ast.expr) -> bool:
    return isinstance(node, ast.Constant) and isinstance(node.value, bool)


def _differ(before: bytes, after: bytes) -> bool:
    """Return whether two texts are literals of different values."""
    try:
        one, other = (ast.literal_eval(f"({each.decode()}\n)") for each in (before, after))
    except (ValueError, SyntaxError, TypeError, MemoryError, RecursionError):
        return False
    return bool(one != other)


def _other(literal: bytes, rng: Random) -> bytes:
    """Return another literal that looks as likely; nothing when none is known."""
    if literal in (b"True", b"False"):
        return b"False" if literal == b"True" else b"True"
    if _INT.fullmatch(literal):
        value = int(literal)
        near = [value + step for step in (-10, -3, -2, -1, 1, 2, 3, 10) if value + step >= 0]
        return str(rng.choice(near)).encode()
    if _FLOAT.fullmatch(literal):
        return _with_other_digit(literal, rng)
    if _STR.fullmatch(literal):
        inside = literal[1:-1]
        return literal[:1] + _with_other_letter(inside, rng) + literal[-1:]
    return b""


def _with_other_digit(text: bytes, rng: Random) -> bytes:
    at = rng.choice([n for n, byte in enumerate(text) if 48 <= byte <= 57])
    digit = rng.choice([byte for byte in b"123456789" if byte != text[at]])
    return text[:at] + bytes([digit]) + text[at + 1 :]


def _with_other_letter(text: bytes, rng: Random) -> bytes:
    """Return a text of the same length in which one character is one more of the same kind."""
    if any(48 <= byte <= 57 for byte in text):
        return _with_other_digit(text, rng)
    at = rng.randrange(len(text))
    kinds = (b"abcdefghijklmnopqrstuvwxyz", b"ABCDEFGHIJKLMNOPQRSTUVWXYZ", b".,:;!?-+*/")
    kind = next((kind for kind in kinds if text[at] in kind), kinds[0])
    return text[:at] + bytes([rng.choice([b for b in kind if b != text[at]])]) + text[at + 1 :]
