"""Choose functions whose result follows from their arguments and from text that can be shown."""

import ast
import builtins
import sys
from collections import Counter
from collections.abc import Iterator
from typing import NamedTuple

import msgspec

from etude.rollout.splicing import Found, Function, body_after_docstring, first_line, functions_of
from etude.stages.problems.from_code.project import Project, SourceText


class PredictionGates(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What a function and its calls must be like to ask for an input or an output."""

    min_lines: int = 3
    """Lines of its body, at least; its docstring is none."""
    max_chars: int = 6_000
    """Of the function and all of its file that it uses."""
    n_outputs: int = 6
    """Problems that ask what a call returns, for one function, at most."""
    n_inputs: int = 3
    """Problems that ask for a call with a given result, for one function, at most."""
    n_mutants: int = 3
    """Mistakes in the function that must change the result of a call which is asked for, and other
    calls that must not give a result for which an input is asked."""
    max_value_chars: int = 400
    """Of a value that is asked for or given."""


class PureFunction(NamedTuple):
    """A function that can be shown whole, with all that it uses."""

    file: SourceText
    found: Found
    shown: str
    """The function and what it uses of its file, in the file's order."""

    @property
    def yields(self) -> bool:
        """Whether it yields values instead of returning one."""
        pending: list[ast.AST] = list(self.found.node.body)
        while pending:
            node = pending.pop()
            if isinstance(node, (ast.Yield, ast.YieldFrom)):
                return True
            if not isinstance(node, (Function, ast.Lambda)):
                pending += ast.iter_child_nodes(node)
        return False


_BUILTINS = set(dir(builtins))
_IMPURE_BUILTINS = {
    "eval", "exec", "compile", "open", "__import__", "input", "globals", "locals", "vars", "id",
    "hash", "print", "breakpoint", "memoryview", "dir", "exit", "quit", "super",
}  # fmt: skip
_IMPURE_MODULES = {
    "os", "sys", "time", "random", "subprocess", "socket", "threading", "uuid", "secrets", "shutil",
    "tempfile", "pathlib", "inspect", "logging", "importlib", "ctypes", "weakref", "gc", "asyncio",
    "multiprocessing", "locale", "getpass", "platform", "warnings", "io", "select", "signal",
    "traceback", "pickle", "marshal", "code", "gettext", "contextvars",
}  # fmt: skip


class _NotPure(Exception):  # noqa: N818  the ordinary answer for most functions
    """A function will not do; the message says why."""


def choose_pure(
    project: Project, gates: PredictionGates
) -> tuple[list[PureFunction], Counter[str]]:
    """Return the functions that tests run and that can be shown whole, and why others cannot."""
    chosen, reasons = [], Counter[str]()
    for file in project.files.values():
        runs = project.coverage.lines.get(file.path, {})
        tops = {id(s) for s in file.tree.body}
        for found in functions_of(file.tree):
            body = body_after_docstring(found.node)
            is_run = any(line in runs for s in body for line in (s.lineno, s.end_lineno or 0))
            if not is_run or id(found.node) not in tops:
                continue
            try:
                _check(found, gates)
                chosen.append(PureFunction(file, found, _shown(file, found.node, gates)))
            except _NotPure as cause:
                reasons[str(cause)] += 1
    return chosen, reasons


def _check(found: Found, gates: PredictionGates) -> None:
    node = found.node
    body = body_after_docstring(node)
    if isinstance(node, ast.AsyncFunctionDef) or node.decorator_list or not body:
        raise _NotPure("calls: asynchronous or decorated")
    if (node.end_lineno or 0) - body[0].lineno + 1 < gates.min_lines:
        raise _NotPure("calls: too short")
    every = [*node.args.posonlyargs, *node.args.args, *node.args.kwonlyargs]
    if not every and node.args.vararg is None:
        raise _NotPure("calls: takes no argument")


def _shown(file: SourceText, node: Function, gates: PredictionGates) -> str:
    """Return a function with all of its file that it uses.

    Raises:
        _NotPure: It uses what cannot be shown, what has effects, or too much.
    """
    definitions = _definitions(file.tree)
    wanted, seen = [node.name], set[str]()
    kept: dict[int, ast.stmt] = {node.lineno: node}
    while wanted:
        name = wanted.pop()
        if name in seen:
            continue
        seen.add(name)
        for statement in definitions.get(name, ()):
            _check_imports(statement)
            kept[statement.lineno] = statement
            wanted += sorted(_free(statement))
        if name not in definitions and (name in _IMPURE_BUILTINS or name not in _BUILTINS):
            raise _NotPure("calls: has effects, or needs what is not in its file")
    parts = []
    for line in sorted(kept):
        statement = kept[line]
        if isinstance(statement, (ast.Import, ast.ImportFrom)):
            parts.append(ast.unparse(statement))
        else:
            first = line
            if isinstance(statement, (Function, ast.ClassDef)):
                first = first_line(statement)
            gap = "\n" if isinstance(statement, (Function, ast.ClassDef)) else ""
            parts.append(gap + file.between(first, statement.end_lineno or first).rstrip())
    text = "\n".join(parts).strip("\n")
    if len(text) > gates.max_chars:
        raise _NotPure("calls: uses too much")
    return text


def _definitions(tree: ast.Module) -> dict[str, list[ast.stmt]]:
    """Return which statements at the top of a file bind each name."""
    found: dict[str, list[ast.stmt]] = {}
    for statement in tree.body:
        for name in set(_bound(statement)):
            found.setdefault(name, []).append(statement)
    return found


def _bound(statement: ast.stmt) -> Iterator[str]:
    if isinstance(statement, (Function, ast.ClassDef)):
        yield statement.name
        return
    for node in ast.walk(statement):
        if isinstance(node, ast.alias):
            yield (node.asname or node.name).partition(".")[0]
        elif isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store):
            yield node.id
        elif isinstance(node, (Function, ast.ClassDef)):
            yield node.name


def _check_imports(statement: ast.stmt) -> None:
    """Refuse names that come from outside the standard library, or from where effects are."""
    roots: set[str] = set()
    for node in ast.walk(statement):
        if isinstance(node, ast.ImportFrom):
            roots.add("." if node.level else (node.module or "").partition(".")[0])
        elif isinstance(node, ast.Import):
            roots.update(alias.name.partition(".")[0] for alias in node.names)
    if roots - sys.stdlib_module_names or roots & _IMPURE_MODULES:
        raise _NotPure("calls: has effects, or needs what is not in its file")


def _free(statement: ast.stmt) -> set[str]:
    """Return the names that a statement reads and does not itself bind somewhere."""
    nodes = [node for node in ast.walk(statement) if node is not statement]
    if any(isinstance(node, ast.Global) for node in nodes):
        raise _NotPure("calls: keeps state")
    hints = {id(inner) for node in ast.walk(statement) for inner in _hints(node)}
    read = {
        node.id
        for node in nodes
        if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Load) and id(node) not in hints
    }
    bound = {n.id for n in nodes if isinstance(n, ast.Name) and not isinstance(n.ctx, ast.Load)}
    for node in nodes:
        if isinstance(node, ast.alias):
            bound.add((node.asname or node.name).partition(".")[0])
    bound |= {n.arg for n in nodes if isinstance(n, ast.arg)}
    bound |= {n.name or "" for n in nodes if isinstance(n, ast.ExceptHandler)}
    bound |= {n.name for n in nodes if isinstance(n, (ast.FunctionDef, ast.ClassDef))}
    return read - bound


def _hints(node: ast.AST) -> Iterator[ast.AST]:
    """Yield the nodes of a node's annotations, whose names nobody needs."""
    for field in ("annotation", "returns"):
        hint = getattr(node, field, None)
        if isinstance(hint, ast.AST):
            yield from ast.walk(hint)
