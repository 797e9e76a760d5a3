"""Twins of tests: copies that want something else, so that a test and its twin cannot both pass."""

import ast
import re
import textwrap
from collections.abc import Sequence
from random import Random
from typing import NamedTuple

from etude.rollout._rows import NoTwinError, Rows, rows_of
from etude.rollout._wanted import Source, method_of, raising

_HARMLESS = (ast.Assert, ast.Pass, ast.Import, ast.ImportFrom)
_LOCAL = "self"


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
    id: str
    """What the one test of it is called that wants something else."""
    ids: dict[str, str]
    """All tests of it -> what they are copies of."""


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


def make_twin(
    text: str, within: Sequence[str], name: str, where: float, words: list[bytes], rng: Random
) -> Twin:
    """Return a copy of a test that wants something else, to be put beside it.

    Only tests that change nothing but what they made themselves have a twin: the test is run
    twice, in effect, and must be none the wiser.

    Args:
        text: The test's file.
        within: The classes that the test is in, outermost first, and its name.
        name: What the copy is called.
        where: Which of the things that it wants is another, from 0 to 1. Copies that differ in the
            same thing are all alike: none stands in the middle of the others.
        words: Strings that the file had more than once before anything was put in.
        rng: What chance is taken from.

    Raises:
        NoTwinError: It cannot have one.
    """
    *classes, test = within
    function, bracket, row = test.partition("[")
    body = _body(_parse(text), classes)
    named = [node for node in body if getattr(node, "name", "") == function]
    if len(named) != 1 or not isinstance(node := named[0], ast.FunctionDef):
        raise NoTwinError("there is no one function of that name")
    if node.args.defaults or node.args.vararg or node.args.kwarg:
        raise NoTwinError("it has arguments of its own")
    if not _is_apart(node, body if classes else []):
        raise NoTwinError("it may change what other tests see")
    source = Source(text, words)
    rows = rows_of(node) if bracket else None
    if rows:
        edits = list(source.others(rows.wanted(row.removesuffix("]")), rng))
    elif bracket or node.decorator_list:
        raise NoTwinError("it is decorated")
    else:
        edits = [edit for statement in node.body for edit in source.edits(statement, rng)]
    if not edits:
        raise NoTwinError("it wants nothing that could be something else")
    copy = source.copy(node, edits[int(where * len(edits))])
    head = re.compile(rb"((?:\A|\n)[ \t]*def\s+)" + re.escape(function.encode()) + rb"\b")
    copy, n_named = head.subn(rb"\g<1>" + name.encode(), copy, count=1)
    if n_named != 1:
        raise NoTwinError("its name is not where it should be")
    twin = copy.decode()
    ids = {name: function}
    id_ = name
    if rows:
        ids, id_ = _ids(rows, twin, function, name)
    return Twin(name, twin, _places(text.split("\n"), body, 1 if classes else 2), id_, ids)


def _ids(rows: Rows, twin: str, function: str, name: str) -> tuple[dict[str, str], str]:
    """Return the tests of a twin with what they are copies of, and the one that is none."""
    [node] = _parse(textwrap.dedent(twin)).body
    new = rows_of(node) if isinstance(node, ast.FunctionDef) else None
    if new is None:
        raise NoTwinError("its copy has no rows")
    pairs = list(zip(new.ids, rows.ids, strict=True))
    [changed] = [one for one, other in pairs if one != other] or [""]
    if not changed:
        raise NoTwinError("its copy is called the same")
    return {f"{name}[{one}]": f"{function}[{other}]" for one, other in pairs}, f"{name}[{changed}]"


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
    # What is refused does nothing.
    if isinstance(statement, _HARMLESS) or raising(statement):
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
            _root(value.func) in own or method_of(value).startswith("assert")
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
