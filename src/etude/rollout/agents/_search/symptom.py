"""What a bug report says in code: the names it uses, and the script that shows the symptom."""

import ast
import re
import textwrap
from typing import NamedTuple

_FENCE = re.compile(r"^[ \t]*(`{3,}|~{3,})[^\n]*\n(.*?)^[ \t]*\1[ \t]*$", re.DOTALL | re.MULTILINE)
_TICKS = re.compile(r"`([^`\n]+)`")
_INDENTED = re.compile(r"(?:^(?: {4}|\t)[^\n]*\n?)+", re.MULTILINE)
_WORD = re.compile(r"[^\W\d]\w*")
_PROSE_NAME = re.compile(r"\b(?:[^\W\d]\w*_\w+|[a-z]+[A-Z]\w*|[A-Z][a-z]+[A-Z]\w*)\b|\b\w+(?=\(\))")
_IMPLIED: tuple[tuple[type[ast.AST], tuple[str, ...]], ...] = (
    (ast.Subscript, ("__getitem__", "__setitem__", "__delitem__")),
    (ast.In, ("__contains__",)),
    (ast.Eq, ("__eq__",)),
    (ast.NotEq, ("__ne__", "__eq__")),
    (ast.Lt, ("__lt__",)),
    (ast.Gt, ("__gt__", "__lt__")),
    (ast.Add, ("__add__", "__radd__")),
    (ast.Sub, ("__sub__",)),
    (ast.Mult, ("__mul__",)),
    (ast.BitOr, ("__or__",)),
    (ast.BitAnd, ("__and__",)),
    (ast.For, ("__iter__", "__next__")),
    (ast.comprehension, ("__iter__", "__next__")),
    (ast.With, ("__enter__", "__exit__")),
)
_BY_CALL = {
    "len": "__len__",
    "str": "__str__",
    "repr": "__repr__",
    "list": "__iter__",
    "hash": "__hash__",
    "bool": "__bool__",
    "iter": "__iter__",
    "next": "__next__",
    "reversed": "__reversed__",
}


class Symptom(NamedTuple):
    """A report, read by a program."""

    names: frozenset[str]
    """Names used in code, and the special methods that its operators stand for."""
    prose: frozenset[str]
    """Words outside code that look like names."""
    script: str
    """The code of the report that parses, one block after the other."""


def read_symptom(statement: str) -> Symptom:
    """Return what a statement says in code."""
    blocks = [match[2] for match in _FENCE.finditer(statement)]
    prose = _FENCE.sub("\n", statement)
    blocks += [match[0] for match in _INDENTED.finditer(prose)]
    prose = _INDENTED.sub("\n", prose)
    ticks = _TICKS.findall(prose)
    scripts = [script for block in blocks if (script := _script(block))]
    trees = [tree for text in [*scripts, *ticks] if (tree := _parsed(text)) is not None]
    names = {word for text in [*blocks, *ticks] for word in _WORD.findall(text)}
    return Symptom(
        names=frozenset(names | {name for tree in trees for name in _implied(tree)}),
        prose=frozenset(_PROSE_NAME.findall(_TICKS.sub(" ", prose))) - names,
        script="\n".join(scripts),
    )


def _script(block: str) -> str:
    """Return a block as a script: prompts off, printed output out; empty when it is no Python."""
    block = textwrap.dedent(block)
    if ">>>" in block:
        lines = [line.strip() for line in block.splitlines()]
        block = "\n".join(line[4:] for line in lines if line.startswith((">>>", "...")))
    return block if _parsed(block) is not None else ""


def _parsed(text: str) -> ast.Module | None:
    try:
        return ast.parse(text)
    except (SyntaxError, ValueError, MemoryError, RecursionError):
        return None


def _implied(tree: ast.Module) -> set[str]:
    names = {
        name
        for node in ast.walk(tree)
        for kind, own in _IMPLIED
        if isinstance(node, kind)
        for name in own
    }
    for node in ast.walk(tree):
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name):
            names |= {"__init__", "__new__", "__call__", _BY_CALL.get(node.func.id, "__init__")}
    return names
