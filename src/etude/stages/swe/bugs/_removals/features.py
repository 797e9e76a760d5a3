"""Features: what an option or a state of objects changes, taken out wherever it is asked for."""

from collections import Counter
from collections.abc import Iterator
from random import Random

import libcst as cst

from etude.stages.swe.bugs._mutations import Edit, Function
from etude.stages.swe.bugs._mutations.binding import parameters_of
from etude.stages.swe.bugs._omissions.ground import Ground
from etude.stages.swe.bugs._omissions.pieces import Piece, piece_of
from etude.stages.swe.bugs._omissions.uses import without_use
from etude.stages.swe.bugs._removals.project import Project, Removal, Use, lines_of, text_without

_MIN_CHARS = 4
_LEAST_USES, _MOST_USES = 2, 10
_LEAST_LINES, _MOST_LINES = 3, 90
_SWITCHED = {"True", "False"}
_CONDITIONS = (cst.If, cst.IfExp, cst.CompIf, cst.While, cst.BooleanOperation)


def branch(project: Project, ground: Ground, rng: Random) -> Iterator[Removal]:
    """Yield features asked for in conditions of several functions, with all their branches gone."""
    names = _asked_for(ground)
    rng.shuffle(names)
    # Those that reach into other files first.
    names.sort(key=lambda name: len(project.paths_with(name)) < 2)
    for name in names:
        found = project.uses(name)
        if found is None:
            continue
        asked = [use for use in found if _is_asked(use)]
        functions = {use.function.node for use in asked if use.function is not None}
        if not _LEAST_USES <= len(asked) <= _MOST_USES:
            continue
        if len(functions) > 1 and any(_is_switch(use.ground, name) for use in asked):
            yield from _removal(ground, asked)


def _removal(main: Ground, asked: list[Use]) -> Iterator[Removal]:
    by_file: dict[Ground, list[tuple[Function, Edit]]] = {}
    for use in asked:
        if use.function is None:
            return
        edit = without_use(use.function, _value(use), empty=True)
        if edit is None:
            return
        by_file.setdefault(use.ground, []).append((use.function, edit))
    broken: dict[str, str] = {}
    lines, n_lines = (0, 0), 0
    for ground, found in by_file.items():
        pieces = [_piece(ground, found)]
        done = text_without(ground, [p for p in pieces if p is not None])
        if None in pieces or done is None or not _is_run(ground, found):
            return
        broken[ground.source.path] = done[0]
        n_lines += len(done[1].lines())
        if ground is main:
            lines = lines_of(ground, done[1].edits)
    if main in by_file and _LEAST_LINES <= n_lines <= _MOST_LINES:
        function = by_file[main][0][0].name
        yield Removal("branch", main.source.path, function, lines, broken)


def _piece(ground: Ground, found: list[tuple[Function, Edit]]) -> Piece | None:
    return piece_of(ground, "branch", found)


def _is_run(ground: Ground, found: list[tuple[Function, Edit]]) -> bool:
    """Whether tests run some of what goes."""
    spans = [edit.reach or (edit.start, edit.end) for _, edit in found]
    return any(n in ground.covered for span in spans for n in ground.lines(Edit(*span, "")))


def _asked_for(ground: Ground) -> list[str]:
    """Names that conditions of this file ask for, in source order."""
    found: Counter[str] = Counter()
    for node in ground.source.parents:
        if isinstance(node, cst.Name) and len(node.value) >= _MIN_CHARS and node.value.islower():
            parent = ground.source.parents[node]
            attribute = isinstance(parent, cst.Attribute) and parent.attr is node
            if attribute or ground.source.is_load(node):
                found[node.value] += 1
    return list(found)


def _is_switch(ground: Ground, name: str) -> bool:
    """Whether a file tells that a name is an option: on or off, or handed to an object."""
    for function in ground.functions:
        for param in parameters_of(function.node.params):
            if param.name.value == name and param.default is not None:
                return ground.source.code(param.default) in _SWITCHED
        for node in function.each(cst.Assign):
            target = node.targets[0].target
            if isinstance(target, cst.Attribute) and target.attr.value == name:
                value = ground.source.code(node.value)
                if value in _SWITCHED or value == name.strip("_"):
                    return True
    return False


def _is_asked(use: Use) -> bool:
    """Whether a condition reads an option: an attribute, or a parameter with a default."""
    source, node = use.ground.source, use.node
    parent = source.parents[node]
    if isinstance(parent, cst.Attribute):
        reads = parent.attr is node and not _is_method_call(use, parent)
    else:
        reads = isinstance(node, cst.Name) and source.is_load(node)
        reads = reads and use.function is not None and _is_option(use.function, node)
    return reads and _decides(use)


def _decides(use: Use) -> bool:
    """Whether a condition hangs on the value itself."""
    source = use.ground.source
    node = _value(use)
    for above in source.ancestors(node):
        if isinstance(above, cst.BooleanOperation):
            return True
        if isinstance(above, _CONDITIONS):
            return getattr(above, "test", None) is node
        if not isinstance(above, (cst.UnaryOperation, cst.Comparison, cst.ComparisonTarget)):
            return False
        node = above
    return False


def _is_method_call(use: Use, attribute: cst.Attribute) -> bool:
    parent = use.ground.source.parents[attribute]
    return isinstance(parent, cst.Call) and parent.func is attribute


def _is_option(function: Function, name: cst.CSTNode) -> bool:
    params = parameters_of(function.node.params)
    return any(p.name.value == getattr(name, "value", "") and p.default is not None for p in params)


def _value(use: Use) -> cst.CSTNode:
    """The whole expression that stands for the option."""
    parent = use.ground.source.parents[use.node]
    is_attribute = isinstance(parent, cst.Attribute) and parent.attr is use.node
    return parent if is_attribute else use.node
