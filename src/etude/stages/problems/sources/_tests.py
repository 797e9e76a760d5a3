"""Tests of programs as others write them, as tests of ours."""

import ast
import builtins
from collections.abc import Collection, Iterator

import msgspec

from etude.records import CodeTest
from etude.stages.problems.sources._rows import UnfitError


def grader_json(use: str, **settings: object) -> str:
    """Return the name and settings of a grader as JSON."""
    return msgspec.json.encode({"use": use, **settings}).decode()


def parse(code: str, what: str) -> ast.Module:
    """Return the syntax tree of Python code, which is never run here.

    Raises:
        UnfitError: It is none.
    """
    try:
        return ast.parse(code)
    except (SyntaxError, ValueError, RecursionError, MemoryError) as error:
        raise UnfitError(f"{what} is no Python: {type(error).__name__}") from error


def defined_names(tree: ast.Module) -> list[str]:
    """Return the functions and classes that code defines, in their order."""
    kinds = (ast.FunctionDef, ast.ClassDef)
    return [node.name for node in tree.body if isinstance(node, kinds)]


def called_names(tree: ast.AST) -> Iterator[str]:
    """Yield the names that code calls, outermost first."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name):
            yield node.func.id


def assertion_test(code: str, names: Collection[str], setup: str = "") -> CodeTest:
    """Return a test for an assertion.

    One that compares a call with a literal becomes a call: what is wanted then stays outside the
    box in which the program runs.

    Raises:
        UnfitError: It is no Python, or calls none of `names`.
    """
    tree = parse(code, "a test")
    if not set(called_names(tree)) & set(names):
        raise UnfitError("a test calls nothing of the program")
    if not setup.strip() and len(tree.body) == 1 and (call := _as_call(tree.body[0], names)):
        return call
    given = f"{setup.rstrip()}\n\n{code}".lstrip("\n")
    if unknown := _unknown_names(parse(given, "a test"), names):
        raise UnfitError(f"a test uses {unknown[0]!r}, which nothing defines")
    return CodeTest(kind="unit", given=given)


def _unknown_names(tree: ast.Module, names: Collection[str]) -> list[str]:
    """Return the names that code uses and that neither it nor Python defines.

    Assertions of others often lean on what their solution happens to import.
    """
    known = {*names, *dir(builtins)}
    used = []
    for node in ast.walk(tree):
        match node:
            case ast.Name(id=name, ctx=ast.Load()):
                used.append(name)
            case ast.Name(id=name) | ast.arg(arg=name):
                known.add(name)
            case ast.FunctionDef(name=name) | ast.ClassDef(name=name):
                known.add(name)
            case ast.alias(name=name, asname=None):
                known.add(name.partition(".")[0])
            case ast.alias(asname=str(name)) | ast.ExceptHandler(name=str(name)):
                known.add(name)
    return [name for name in used if name not in known]


def _as_call(statement: ast.stmt, names: Collection[str]) -> CodeTest | None:
    match statement:
        case ast.Assert(
            test=ast.Compare(
                left=ast.Call(func=ast.Name(id=name)) as call, ops=[ast.Eq()], comparators=[wanted]
            )
        ) if name in names:
            given = [*call.args, *(keyword.value for keyword in call.keywords)]
            plain = all(keyword.arg for keyword in call.keywords)
            if plain and all(map(is_literal, [*given, wanted])):
                return CodeTest(kind="call", given=ast.unparse(call), wanted=ast.unparse(wanted))
    return None


def is_literal(node: ast.expr) -> bool:
    """Return whether an expression is a literal."""
    try:
        ast.literal_eval(node)
    except (ValueError, TypeError, SyntaxError, MemoryError, RecursionError):
        return False
    return True
