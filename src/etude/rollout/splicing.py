"""Put another body into a function of a file; nothing else of the file changes.

What is given may be hostile. It must be one definition of the very function and no more: its
header, decorators and docstring are read to be refused when they differ, and then the original's
are kept, so that nothing of what is given runs before the function is called.
"""

import ast
import re
import warnings
from collections.abc import Iterable, Iterator
from typing import NamedTuple

from etude.errors import TaskError

Function = ast.FunctionDef | ast.AsyncFunctionDef
MAX_CODE_CHARS = 64_000
"""A definition that is longer is not read."""
_LINE = re.compile(r"[^\r\n]*(?:\r\n|\r|\n)|[^\r\n]+\Z")


class Unfit(Exception):  # noqa: N818  not a failure: the ordinary answer to many responses
    """What was given cannot stand in the function's place; the message says why."""


class Found(NamedTuple):
    """One function of a file."""

    name: str
    """Qualified name, such as `Book.balance`."""
    node: Function
    parents: tuple[ast.ClassDef, ...]
    """The classes it stands in, outermost first."""


def functions_of(tree: ast.Module) -> Iterator[Found]:
    """Yield the functions and methods of a module that stand in no other function."""
    pending: list[tuple[ast.stmt, tuple[ast.ClassDef, ...]]] = [(s, ()) for s in tree.body]
    while pending:
        node, parents = pending.pop(0)
        if isinstance(node, Function):
            yield Found(".".join([*(p.name for p in parents), node.name]), node, parents)
            continue
        if isinstance(node, ast.ClassDef):
            parents = (*parents, node)
        inner = [s for s in ast.iter_child_nodes(node) if isinstance(s, ast.stmt)]
        for handler in getattr(node, "handlers", []):
            inner += handler.body
        pending[:0] = [(s, parents) for s in inner]


def first_line(node: Function | ast.ClassDef) -> int:
    """Return the line that a function starts on, decorators included, counted from 1."""
    return min([node.lineno, *(d.lineno for d in node.decorator_list)])


def body_after_docstring(node: Function) -> list[ast.stmt]:
    """Return the statements of a function without its docstring; empty when there is no more."""
    return node.body[1:] if ast.get_docstring(node, clean=False) is not None else node.body


def body_lines(node: Function) -> tuple[int, int]:
    """Return the first and last line of a function's body, its docstring left out.

    Raises:
        TaskError: The body does not stand on lines of its own.
    """
    body = body_after_docstring(node)
    start = _start(body[0]) if body else 0
    before = [node.lineno, *(d.end_lineno or 0 for d in node.decorator_list)]
    before += [a.end_lineno or 0 for a in ast.walk(node.args) if isinstance(a, (ast.arg, ast.expr))]
    before += [node.returns.end_lineno or 0] if node.returns else []
    if body is not node.body:
        before.append(node.body[0].end_lineno or 0)
    if start <= max(before):
        raise TaskError(f"the body of {node.name} does not stand on lines of its own")
    return start, node.end_lineno or start


def _start(node: ast.stmt) -> int:
    return first_line(node) if isinstance(node, (Function, ast.ClassDef)) else node.lineno


def split_lines(text: str) -> list[str]:
    """Return the lines of a Python file with their ends, as Python counts them."""
    return _LINE.findall(text)


def parse(text: str) -> ast.Module:
    """Parse Python without a word about its style.

    Raises:
        SyntaxError: It is not Python, or nested deeper than can be read.
    """
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        try:
            return ast.parse(text)
        except SyntaxError:
            raise
        except (ValueError, RecursionError, MemoryError) as cause:
            raise SyntaxError(f"it cannot be read ({type(cause).__name__})") from cause


def find_function(tree: ast.Module, name: str, line: int) -> Found:
    """Return the function of that qualified name which starts on that line.

    Raises:
        TaskError: There is none.
    """
    for found in functions_of(tree):
        if found.name == name and first_line(found.node) == line:
            return found
    raise TaskError(f"no function {name} starts on line {line}")


def code_of(text: str, node: Function) -> str:
    """Return a function of a file as it would stand at the margin, decorators included."""
    lines = split_lines(text)[first_line(node) - 1 : node.end_lineno]
    indent = _indent(lines[0])
    lines[-1] = lines[-1].rstrip("\r\n")
    held = {number - first_line(node) + 1 for number in _inside_strings([node])}
    return "".join(_reindent(lines, held, indent, "")).replace("\r\n", "\n")


def splice(text: str, name: str, line: int, code: str) -> str:
    """Return a file with the body of one of its functions taken from `code`.

    Args:
        text: The file, whole.
        name: Qualified name of the function.
        line: Where it starts, decorators included.
        code: A definition of the same function, from anyone.

    Raises:
        Unfit: `code` is not one definition of that function, or cannot stand there.
        TaskError: The file has no such function.
    """
    try:
        node = find_function(parse(text), name, line).node
    except SyntaxError as cause:
        raise TaskError(f"the file of {name} is not valid Python: {cause}") from cause
    start, end = body_lines(node)
    lines = split_lines(text)
    indent = _indent(lines[start - 1])
    ending = "\r\n" if lines[start - 1].endswith("\r\n") else "\n"
    given, given_lines = _read(code, node)
    body = _without_texts(given.body)
    new = list(_body_text(body, given_lines, indent)) if body else [f"{indent}pass\n"]
    put = [piece.rstrip("\n") + ending for piece in new]
    made = "".join([*lines[: start - 1], *put, *lines[end:]])
    _check(made, name, line, body)
    return made


def _read(code: str, original: Function) -> tuple[Function, list[str]]:
    """Return the one function that `code` defines, and the lines that it was read from."""
    if len(code) > MAX_CODE_CHARS:
        raise Unfit(f"the code is longer than {MAX_CODE_CHARS} characters")
    code = code.replace("\r\n", "\n").replace("\r", "\n").removeprefix("\ufeff").strip("\n")
    indented = code[:1] in (" ", "\t")
    text = f"if 1:\n{code}\n" if indented else f"{code}\n"
    try:
        body = parse(text).body
    except SyntaxError as cause:
        raise Unfit(f"the code is not valid Python: {str(cause)[:200]}") from cause
    if indented:
        (top, *more) = body
        if more or not isinstance(top, ast.If) or top.orelse:
            raise Unfit("the code holds more than one definition")
        body = top.body
    if len(body) != 1 or not isinstance(body[0], Function):
        raise Unfit("the code must be one function definition and nothing else")
    _check_header(body[0], original)
    return body[0], split_lines(text)


def _without_texts(body: list[ast.stmt]) -> list[ast.stmt]:
    """Leave out the strings that a body starts with: in another place they would be docstrings."""
    n_texts = 0
    for statement in body:
        if not isinstance(statement, ast.Expr) or not isinstance(statement.value, ast.Constant):
            break
        if not isinstance(statement.value.value, str):
            break
        n_texts += 1
    return body[n_texts:]


def _check_header(given: Function, original: Function) -> None:
    """Refuse another name, other parameters, or a decorator that the original does not have."""
    if given.name != original.name:
        raise Unfit(f"the code defines {given.name[:80]!r} and not {original.name!r}")
    if type(given) is not type(original):
        wanted = "async def" if isinstance(original, ast.AsyncFunctionDef) else "def"
        raise Unfit(f"the function must be defined with `{wanted}`")
    if _parameters(given.args) != _parameters(original.args):
        raise Unfit("the function has other parameters than the original")
    known = {ast.dump(d) for d in original.decorator_list}
    if any(_dump([d]) not in known for d in given.decorator_list):
        raise Unfit("the function has a decorator that the original does not have")


def _parameters(args: ast.arguments) -> list[tuple[str, ...]]:
    groups = [args.posonlyargs, args.args, args.kwonlyargs]
    groups += [[a] if a else [] for a in (args.vararg, args.kwarg)]
    return [tuple(a.arg for a in group) for group in groups]


def _body_text(body: list[ast.stmt], lines: list[str], indent: str) -> Iterator[str]:
    """Yield the lines of statements, moved to another indentation."""
    start, end = _start(body[0]), body[-1].end_lineno or 0
    taken = lines[start - 1 : end]
    # Whatever follows the last statement on its line goes: a comment, or a semicolon.
    taken[-1] = _cut(taken[-1], body[-1].end_col_offset or 0)
    before = lines[start - 1].encode()[: body[0].col_offset].decode()
    if before.strip():
        taken[0] = taken[0][len(before) :]
        yield indent + taken.pop(0)
        start, before = start + 1, ""
    held = {number - start + 1 for number in _inside_strings(body)}
    yield from _reindent(taken, held, before, indent)


def _cut(line: str, n_bytes: int) -> str:
    return line.encode()[:n_bytes].decode()


def _reindent(lines: Iterable[str], inside_strings: set[int], old: str, new: str) -> Iterator[str]:
    """Exchange the indentation of lines, except where a string would change by it."""
    for number, line in enumerate(lines, start=1):
        if number in inside_strings:
            yield line
        elif not line.strip():
            yield line.lstrip(" \t\f")
        elif line.startswith(old):
            yield new + line[len(old) :]
        else:
            # A comment or the inside of brackets, which may stand anywhere.
            yield new + line.lstrip(" \t\f")


def _inside_strings(nodes: Iterable[ast.AST]) -> set[int]:
    """Return the lines whose start is the middle of a string."""
    return {
        line
        for top in nodes
        for node in ast.walk(top)
        if isinstance(node, (ast.Constant, ast.JoinedStr))
        for line in range(node.lineno + 1, (node.end_lineno or node.lineno) + 1)
    }


def _indent(line: str) -> str:
    return line[: len(line) - len(line.lstrip(" \t\f"))]


def _dump(nodes: Iterable[ast.AST]) -> str:
    try:
        return "\n".join(ast.dump(node) for node in nodes)
    except RecursionError as cause:
        raise Unfit("the code is nested too deeply") from cause


def _check(made: str, name: str, line: int, body: list[ast.stmt]) -> None:
    """Make sure that the new file holds the given statements in that place, and no others."""
    try:
        found = find_function(parse(made), name, line).node
    except (SyntaxError, TaskError) as cause:
        raise Unfit(f"the code cannot stand in its place: {str(cause)[:200]}") from cause
    if _dump(body_after_docstring(found)) != _dump(body or [ast.Pass()]):
        raise Unfit("the code means something else in its place")
