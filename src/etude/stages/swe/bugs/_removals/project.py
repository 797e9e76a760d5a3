"""Project: the files of a codebase, read when they are needed, and where names stand in them."""

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from functools import cached_property
from typing import NamedTuple

import libcst as cst

from etude.stages.swe.bugs._base import SourceFile
from etude.stages.swe.bugs._mutations import Edit, Function
from etude.stages.swe.bugs._omissions.ground import WORD, Ground
from etude.stages.swe.bugs._omissions.growth import Omission, finished
from etude.stages.swe.bugs._omissions.pieces import Piece


class Removal(NamedTuple):
    """A feature taken out."""

    kind: str
    path: str
    """The file the feature is mainly in."""
    function: str
    """Qualified name of what is removed."""
    lines: tuple[int, int]
    """First and last changed line of that file, healthy."""
    broken: Mapping[str, str]
    """Text of each file that changes."""


class Use(NamedTuple):
    """One place where a name stands."""

    ground: Ground
    function: Function | None
    """The innermost function around it; `None` at module or class level."""
    node: cst.CSTNode


class Project:
    """The covered files of a codebase."""

    def __init__(self, files: Sequence[SourceFile]) -> None:
        self.files = {file.path: file for file in files}
        self._grounds: dict[str, Ground | None] = {}

    def ground(self, path: str) -> Ground | None:
        """One file, parsed; `None` when it cannot be edited safely."""
        if path not in self._grounds:
            file = self.files[path]
            try:
                self._grounds[path] = Ground(path, file.text, file.covered)
            except ValueError:
                self._grounds[path] = None
        return self._grounds[path]

    @cached_property
    def _paths(self) -> Mapping[str, list[str]]:
        found: dict[str, list[str]] = defaultdict(list)
        for path in sorted(self.files):
            for word in set(WORD.findall(self.files[path].text)):
                found[word].append(path)
        return found

    def paths_with(self, name: str) -> Sequence[str]:
        """Files in which a word stands, be it in a comment."""
        return self._paths.get(name, [])

    def uses(self, name: str) -> Iterator[Use] | None:
        """Names and attributes so called, in every file; `None` when a file cannot be read."""
        grounds = [self.ground(path) for path in self.paths_with(name)]
        if any(ground is None for ground in grounds):
            return None
        return (use for ground in grounds if ground is not None for use in uses_in(ground, name))


def uses_in(ground: Ground, name: str) -> Iterator[Use]:
    """Names and attributes so called in one file."""
    by_node = {function.node: function for function in ground.functions}
    for node in ground.source.parents:
        if isinstance(node, cst.Name) and node.value == name:
            above = ground.source.ancestors(node)
            inner = next((a for a in above if isinstance(a, cst.FunctionDef)), None)
            yield Use(ground, by_node.get(inner) if inner is not None else None, node)


def text_without(ground: Ground, pieces: Sequence[Piece]) -> tuple[str, Omission] | None:
    """Return a file without some pieces, and what was taken out in the end."""
    whole: Omission | None = Omission(ground, [])
    for piece in pieces:
        whole = whole.with_piece(piece) if whole is not None else None
    if whole is None:
        return None
    omission = finished(whole)
    broken = omission.broken()
    return (broken, omission) if broken is not None else None


def lines_of(ground: Ground, edits: Sequence[Edit]) -> tuple[int, int]:
    """First and last line that edits change."""
    lines = [n for edit in edits for n in ground.lines(edit)]
    return min(lines), max(lines)
