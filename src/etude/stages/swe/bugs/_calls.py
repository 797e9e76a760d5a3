"""Calls: which functions of a codebase call which, as far as their text tells."""

import ast
from collections.abc import Mapping
from functools import cached_property

from etude.stages.swe.bugs._definitions import definitions, parse

Place = tuple[str, str]
"""File and qualified name of a function."""


class Calls:
    """Functions by the names they call.

    Python does not say which function a name stands for, so every function of that name counts;
    names that many functions have say nothing and are left out.
    """

    MOST_NAMESAKES = 3
    """Functions that may share a name for a call of it to tell anything."""

    def __init__(self, files: Mapping[str, str]) -> None:
        self._files = files

    def linked(self, one: Place, other: Place) -> bool:
        """Whether one of two functions calls the other."""
        return other in self.callees(one) or one in self.callees(other)

    def callees(self, place: Place) -> frozenset[Place]:
        """Return the functions that a function may call, itself left out."""
        found: set[Place] = set()
        for name in self._names.get(place, ()):
            namesakes = self._by_name.get(name, ())
            if len(namesakes) <= self.MOST_NAMESAKES:
                found.update(namesakes)
        return frozenset(found - {place})

    def depths(self, names: frozenset[str]) -> dict[Place, int]:
        """Return how many calls away functions are from those with the given names.

        Those named are at depth 1; functions that no chain of calls leads to are left out.
        """
        found: dict[Place, int] = {}
        turn = {place for name in names for place in self._by_name.get(name, ())}
        depth = 1
        while turn:
            found |= dict.fromkeys(turn, depth)
            turn = {callee for place in turn for callee in self.callees(place)} - set(found)
            depth += 1
        return found

    @cached_property
    def _names(self) -> dict[Place, frozenset[str]]:
        found: dict[Place, frozenset[str]] = {}
        for path, text in self._files.items():
            tree = parse(text)
            for name, node in definitions(tree) if tree else ():
                if not isinstance(node, ast.ClassDef):
                    found[path, name] = called_names(node)
        return found

    @cached_property
    def _by_name(self) -> dict[str, tuple[Place, ...]]:
        found: dict[str, tuple[Place, ...]] = {}
        for place in sorted(self._names):
            *owner, name = place[1].split(".")
            # Whoever makes an object calls its __init__ by the name of the class.
            name = owner[-1] if name in ("__init__", "__new__") and owner else name
            found[name] = (*found.get(name, ()), place)
        return found


def called_names(node: ast.AST) -> frozenset[str]:
    """Return the last part of every name that is called or read as an attribute below a node."""
    found = set()
    for inner in ast.walk(node):
        if isinstance(inner, ast.Attribute):
            found.add(inner.attr)
        elif isinstance(inner, ast.Call) and isinstance(inner.func, ast.Name):
            found.add(inner.func.id)
    return frozenset(found)
