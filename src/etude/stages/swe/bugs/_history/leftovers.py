"""Leftovers: what a cure brought that would stay behind in the broken tree and give it away.

A helper that nothing calls, an import that nothing uses, a comment that explains the missing guard:
each lies in another hunk of the same change than the defect, and is taken back with it.
"""

import ast
from collections import Counter
from collections.abc import Collection, Iterator, Sequence
from pathlib import PurePosixPath

from etude.stages.swe.bugs._definitions import parse
from etude.stages.swe.bugs._history.hunks import (
    Change,
    Hunk,
    Tree,
    scope_of,
    scopes,
    take_back,
)

_ROUNDS = 4


class Leftovers:
    """What has to go with hunks of one change."""

    def __init__(self, healthy: Tree, change: Change, cosmetic: Collection[int]) -> None:
        self.healthy = healthy
        self.change = change
        self.hunks: Sequence[Hunk] = change.hunks
        self.cosmetic = cosmetic
        trees = {path: parse(text) for path, text in healthy.items()}
        self.uses = {path: Counter(_uses(tree)) for path, tree in trees.items()}
        self.definitions = [
            (path, name, line)
            for path, tree in trees.items()
            for name, line in _definitions(tree)
            if self._hunks_at(path, line) or path in change.added
        ]
        """Of names that came with the change."""
        self.definitions += [(path, _module(path), 0) for path in change.added]

    def of(self, numbers: frozenset[int]) -> frozenset[int] | None:
        """Return the numbers of the hunks to take back as well.

        `None` when something would stay behind that cannot be taken back: a name that came with
        the change, that only the hunks use, and that stands in no hunk, such as in an added file.
        """
        more = self._said_of(numbers)
        for _ in range(_ROUNDS):
            whole = numbers | more
            dead = self._dead(whole)
            if not dead:
                return frozenset(more)
            hunks = {number for at in dead for number in self._hunks_at(*at) if number not in whole}
            if not hunks:
                return None
            more |= hunks
        return None

    def _said_of(self, numbers: frozenset[int]) -> set[int]:
        """Return the hunks of comments and docstrings of the scopes in which hunks lie."""
        trees = {self.hunks[n].path: parse(self.healthy[self.hunks[n].path]) for n in numbers}
        found = set[int]()
        for path, tree in trees.items():
            inside = scopes(tree) if tree else []
            held = [
                scope
                for n in numbers
                if self.hunks[n].path == path and (scope := scope_of(self.hunks[n], inside))
            ]
            for number in self.cosmetic:
                hunk = self.hunks[number]
                if hunk.path != path:
                    continue
                near = any(_is_near(hunk, self.hunks[n]) for n in numbers)
                if near or any(s.first <= hunk.start and hunk.end <= s.end for s in held):
                    found.add(number)
        return found - numbers

    def _dead(self, numbers: frozenset[int]) -> set[tuple[str, int]]:
        """Return where names are defined that nothing uses once the hunks are taken back."""
        broken = take_back(self.healthy, [self.hunks[n] for n in numbers])
        before, after = Counter[str](), Counter[str]()
        for path, uses in self.uses.items():
            before.update(uses)
            after.update(_uses(parse(broken[path])) if path in broken else uses)
        return {
            (path, line)
            for path, name, line in self.definitions
            if before[name] and not after[name] and not self._is_taken_back(path, line, numbers)
        }

    def _is_taken_back(self, path: str, line: int, numbers: frozenset[int]) -> bool:
        return any(self._holds(n, path, line) for n in numbers)

    def _hunks_at(self, path: str, line: int) -> set[int]:
        return {n for n in range(len(self.hunks)) if self._holds(n, path, line)}

    def _holds(self, number: int, path: str, line: int) -> bool:
        hunk = self.hunks[number]
        return hunk.path == path and hunk.start <= line < hunk.end


def _is_near(left: Hunk, right: Hunk) -> bool:
    return left.path == right.path and left.start <= right.end + 2 and right.start <= left.end + 2


def _module(path: str) -> str:
    file = PurePosixPath(path)
    return file.parent.name if file.stem == "__init__" else file.stem


def _uses(tree: ast.Module | None) -> Iterator[str]:
    """Yield every name that is read, as a variable, an attribute or an argument."""
    for node in ast.walk(tree) if tree else ():
        if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Load):
            yield node.id
        elif isinstance(node, ast.Attribute) and isinstance(node.ctx, ast.Load):
            yield node.attr
        elif isinstance(node, ast.keyword) and node.arg:
            yield node.arg


def _definitions(tree: ast.Module | None) -> Iterator[tuple[str, int]]:
    """Yield names that are bound, with their lines counted from 0."""
    for node in ast.walk(tree) if tree else ():
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef):
            yield node.name, node.lineno - 1
        elif isinstance(node, ast.Import | ast.ImportFrom):
            for alias in node.names:
                yield (alias.asname or alias.name).partition(".")[0], alias.lineno - 1
        elif isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store):
            yield node.id, node.lineno - 1
        elif isinstance(node, ast.Attribute) and isinstance(node.ctx, ast.Store):
            yield node.attr, node.lineno - 1
        elif isinstance(node, ast.arg):
            yield node.arg, node.lineno - 1
