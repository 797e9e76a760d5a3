"""Soundness: what is left reads no name that is gone, and holds nothing that is used no more."""

import builtins
from collections.abc import Iterable, Mapping, Sequence
from functools import lru_cache
from typing import NamedTuple

import libcst as cst

from etude.stages.swe.bugs._mutations import Edit, Function, Source
from etude.stages.swe.bugs._mutations.binding import Names, bound_before, bound_names, parameters_of
from etude.stages.swe.bugs._mutations.source import spliced, walk
from etude.stages.swe.bugs._omissions.ground import Ground, n_reads, n_sets
from etude.stages.swe.bugs._omissions.uses import without_statement

_BUILTINS = frozenset(dir(builtins)) | {"__class__", "__file__", "__name__", "__doc__"}
_SET_IN_STATEMENT = (cst.NamedExpr, cst.CompFor, cst.Lambda, cst.Param)


class Reads(NamedTuple):
    """What a function does with names."""

    unsure: frozenset[str]
    """Read where they may not be bound yet."""
    free: frozenset[str]
    """Read, and bound nowhere in the function."""
    idle: frozenset[str]
    """Bound by a plain assignment, and never read."""


@lru_cache(maxsize=256)
def reads_of(text: str) -> Reads:
    """Tell what a function does with names; `text` is its code.

    Raises:
        ValueError: It cannot be read on its own.
    """
    source = Source("function", text)
    node = next(n for n in walk(source.module) if isinstance(n, cst.FunctionDef))
    before = bound_before(source, node)
    params = {p.name.value for p in parameters_of(node.params)}
    local = params | set(bound_names(source, node.body))
    inner = {n.value for n in walk(node.body) if isinstance(n, cst.Name) and n in source.binders}
    loads = [n for n in walk(node) if isinstance(n, cst.Name) and source.is_load(n)]
    free, unsure = set[str](), set[str]()
    for name in loads:
        if name.value not in local:
            free |= {name.value} - inner
        elif not _is_bound(source, before, name):
            unsure.add(name.value)
    read = {n.value for n in loads}
    outer = {n.name.value for g in walk(node) if isinstance(g, cst.Global | cst.Nonlocal)
             for n in g.names}  # fmt: skip
    plain = {
        n.value
        for n in walk(node.body)
        if isinstance(n, cst.Name)
        and n in source.binders
        and isinstance(source.parents[n], (cst.AssignTarget, cst.AnnAssign, cst.AugAssign))
        and not _in_class(source, n)
    }
    return Reads(frozenset(unsure), frozenset(free), frozenset(plain - read - outer))


def _in_class(source: Source, node: cst.CSTNode) -> bool:
    return any(isinstance(above, cst.ClassDef) for above in source.ancestors(node))


def _is_bound(
    source: Source,
    before: Mapping[cst.CSTNode, Names],
    name: cst.Name,
) -> bool:
    """Whether a name is certain to be bound where it is read, as far as this function tells."""
    node: cst.CSTNode = name
    while node not in before:
        node = source.parents[node]
        if isinstance(node, (*_SET_IN_STATEMENT, cst.FunctionDef, cst.ClassDef, cst.CompFor)):
            return True
        if isinstance(node, cst.Module):
            return True
    return name.value in before[node]


def is_sound(ground: Ground, functions: Iterable[Function], edits: Sequence[Edit]) -> bool:
    """Whether the broken file reads nothing that is gone, and leaves no name without a use."""
    for function in functions:
        try:
            healthy, now = reads_of(_text(function, ())), reads_of(_text(function, edits))
        except ValueError:
            return False
        if now.unsure - healthy.unsure or now.idle - healthy.idle:
            return False
        if any(n not in ground.globals and n not in _BUILTINS for n in now.free - healthy.free):
            return False
        if function.owner is not None and _is_unset(ground, function.owner, edits):
            return False
    return not _left_over(ground, edits)


def _is_unset(ground: Ground, owner: cst.ClassDef, edits: Sequence[Edit]) -> bool:
    """Whether a class reads an attribute that it set before and sets no more."""
    source = ground.source
    start, end = source.span(owner)
    inside = [e for e in edits if start <= e.start and e.end <= end]
    healthy = source.data[start:end].decode()
    shifted = [e._replace(start=e.start - start, end=e.end - start) for e in inside]
    broken = spliced(source.data[start:end], shifted)
    return any(
        n_sets(healthy, name) and not n_sets(broken, name) and n_reads(broken, name)
        for name in frozenset[str]().union(*map(ground.names_in, inside))
        if ground.sets[name]
    )


def idle_after(function: Function, edits: Sequence[Edit]) -> list[Edit]:
    """Edits that take out what is only set any more, since what read it is gone."""
    try:
        healthy, now = reads_of(_text(function, ())), reads_of(_text(function, edits))
    except ValueError:
        return []
    idle = now.idle - healthy.idle
    found = []
    for node in walk(function.node.body):
        if isinstance(node, cst.Name) and node.value in idle and node in function.source.binders:
            line = _line_of(function.source, node)
            if line is not None and (edit := without_statement(function, line)):
                found.append(edit)
    return found


def _line_of(source: Source, name: cst.Name) -> cst.CSTNode | None:
    """The statement that does nothing but set a name."""
    parent = source.parents[name]
    small = source.parents[parent] if isinstance(parent, cst.AssignTarget) else parent
    if not isinstance(small, (cst.Assign, cst.AnnAssign, cst.AugAssign)):
        return None
    line = source.parents[small]
    alone = isinstance(line, cst.SimpleStatementLine) and len(line.body) == 1
    return line if alone else None


def _text(function: Function, edits: Iterable[Edit]) -> str:
    """Return the code of a function on its own, with the edits that lie in it."""
    source = function.source
    start, end = source.span(function.node)
    start, end = source.line_start(start), source.line_end(end - 1)
    inside = [
        e._replace(start=e.start - start, end=e.end - start)
        for e in edits
        if start <= e.start and e.end <= end
    ]
    text = spliced(source.data[start:end], inside)
    return f"if 1:{source.newline()}{text}" if text[:1].isspace() else text


def _left_over(ground: Ground, edits: Sequence[Edit]) -> bool:
    """Whether a name of the file's own is only defined any more, or an attribute only read."""
    names = frozenset[str]().union(*map(ground.names_in, edits))
    gone = {name: sum(ground.n_named(edit, name) for edit in edits) for name in names}
    own = [n for n in gone if n in ground.globals or (n.startswith("_") and not n.endswith("__"))]
    if any(ground.counts[name] > 1 and ground.counts[name] - gone[name] == 1 for name in own):
        return True
    return any(_is_torn(ground, edits, name) for name in gone if ground.sets[name])


def _is_torn(ground: Ground, edits: Sequence[Edit], name: str) -> bool:
    """Whether an attribute is read but set no more, or set but read no more."""
    n_set, n_read = ground.sets[name], ground.reads[name]
    for edit in edits:
        before = ground.source.slice(edit.start, edit.end)
        n_set += n_sets(edit.text, name) - n_sets(before, name)
        n_read += n_reads(edit.text, name) - n_reads(before, name)
    if n_set <= 0:
        return n_read > 0
    return n_read <= 0 < ground.reads[name] and name.startswith("_")
