"""Scope: the names of one function, and its own nodes without those of functions inside it."""

import ast
from functools import cached_property
from typing import NamedTuple

from etude.rollout.agents._search.source import Function, Source

_CLOSED = (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef, ast.JoinedStr)


class Site(NamedTuple):
    """A place that a rule may edit."""

    source: Source
    scope: "Scope"
    node: ast.AST


class Scope:
    """One function and what it knows."""

    def __init__(self, source: Source, function: Function) -> None:
        self.source = source
        self.function = function

    @cached_property
    def nodes(self) -> list[ast.AST]:
        """The function's own nodes in the order of the text; no docstring, no annotation.

        Nothing inside an f-string either: before Python 3.12 its places are not the file's.
        """
        found: list[ast.AST] = []
        todo: list[ast.AST] = [*reversed(self.body), *reversed(self.defaults)]
        while todo:
            node = todo.pop()
            found.append(node)
            todo.extend(reversed(_inside(node)))
        return found

    @cached_property
    def body(self) -> list[ast.stmt]:
        """The statements without the docstring."""
        body = self.function.body
        return body[1:] if _is_text(body[0]) else body

    @cached_property
    def defaults(self) -> list[ast.expr]:
        """Default values of the parameters."""
        given = self.function.args
        return [*given.defaults, *(value for value in given.kw_defaults if value is not None)]

    @cached_property
    def parameters(self) -> list[str]:
        """Names of the parameters, in order."""
        given = self.function.args
        listed = [*given.posonlyargs, *given.args, *given.kwonlyargs]
        return [parameter.arg for parameter in listed]

    @cached_property
    def variables(self) -> list[str]:
        """Parameters and assigned names, in order of appearance."""
        stored = [
            node.id
            for node in self.nodes
            if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store)
        ]
        return [name for name in dict.fromkeys(self.parameters + stored) if name != "_"]

    @cached_property
    def unused(self) -> list[str]:
        """Variables that the function never reads: something should have."""
        read = {
            node.id
            for node in ast.walk(self.function)
            if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Load)
        }
        if "locals" in read or all(isinstance(part, ast.Raise | ast.Pass) for part in self.body):
            return []
        return [
            name
            for name in self.variables
            if name not in read and name not in {"self", "cls"} and not name.startswith("_")
        ]

    @cached_property
    def calls(self) -> frozenset[str]:
        """Names of the functions and methods it calls, and of attributes it reads."""
        names = {node.attr for node in ast.walk(self.function) if isinstance(node, ast.Attribute)}
        return frozenset(
            names
            | {
                node.func.id
                for node in ast.walk(self.function)
                if isinstance(node, ast.Call) and isinstance(node.func, ast.Name)
            }
        )


def _inside(node: ast.AST) -> list[ast.AST]:
    """Return a node's children that a repair may touch."""
    if isinstance(node, _CLOSED):
        return []
    skipped: list[ast.AST] = []
    if isinstance(node, ast.AnnAssign):
        skipped = [node.annotation]
    elif isinstance(node, ast.Raise) and isinstance(node.exc, ast.Call):
        # What an error says is seldom what is broken, and never what a test turns on.
        return [node.exc.func]
    return [child for child in ast.iter_child_nodes(node) if child not in skipped]


def _is_text(statement: ast.stmt) -> bool:
    return (
        isinstance(statement, ast.Expr)
        and isinstance(statement.value, ast.Constant)
        and isinstance(statement.value.value, str)
    )
