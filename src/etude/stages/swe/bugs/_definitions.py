"""Definitions: the functions and classes of a module, by what a reader would call them."""

import ast
from collections.abc import Iterator

Definition = ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef


def parse(text: str | bytes) -> ast.Module | None:
    """Return the syntax tree, or `None` when it is no Python."""
    try:
        return ast.parse(text)
    except (SyntaxError, ValueError, MemoryError, RecursionError):
        return None


def definitions(tree: ast.Module) -> Iterator[tuple[str, Definition]]:
    """Yield every function and class with its qualified name, in source order, outer ones first."""
    # No recursion: a chain of a few hundred `elif`, or a long sum, is as deep a tree.
    pending: list[tuple[ast.AST, str]] = [(tree, "")]
    while pending:
        node, outer = pending.pop()
        if isinstance(node, Definition):
            outer = f"{outer}.{node.name}".lstrip(".")
            yield outer, node
        pending += [(inner, outer) for inner in reversed(list(ast.iter_child_nodes(node)))]
