"""Absence: a function that is not yet there, nor anything that uses it."""

from collections.abc import Iterator, Sequence

import libcst as cst

from etude.stages.swe.bugs._mutations import Edit, Function
from etude.stages.swe.bugs._mutations.source import walk
from etude.stages.swe.bugs._omissions.ground import Ground
from etude.stages.swe.bugs._omissions.pieces import Piece, piece_of
from etude.stages.swe.bugs._omissions.uses import without_entry, without_use
from etude.stages.swe.bugs._removals.bodies import is_covered, is_plain
from etude.stages.swe.bugs._removals.project import Project, Removal, Use, lines_of, text_without

_MIN_DOC_CHARS = 40
_LEAST_LINES, _MOST_LINES = 3, 80
_MOST_USES = 6
_MAX_ROUNDS = 4


def not_yet_there(project: Project, ground: Ground) -> Iterator[Removal]:
    """Yield each documented public function that can go with all uses of it."""
    for function in ground.functions:
        node = function.node
        name = node.name.value
        if name.startswith("_") or not is_plain(node) or not is_covered(ground, function):
            continue
        if len(node.get_docstring() or "") < _MIN_DOC_CHARS or _is_nested(ground, node):
            continue
        start, end = ground.source.span(node)
        n_lines = ground.source.line(end - 1) - ground.source.line(start) + 1
        if _LEAST_LINES <= n_lines <= _MOST_LINES:
            yield from _removal(project, ground, function)


def _is_nested(ground: Ground, node: cst.FunctionDef) -> bool:
    return any(isinstance(a, (cst.FunctionDef, cst.If)) for a in ground.source.ancestors(node))


def _removal(project: Project, main: Ground, function: Function) -> Iterator[Removal]:
    name = function.node.name.value
    found = project.uses(name)
    if found is None:
        return
    pieces: dict[Ground, list[Piece]] = {main: [definition(main, function.node)]}
    inside = set(walk(function.node))
    uses = [use for use in found if use.node not in inside]
    for use in uses:
        piece = _without(use)
        if piece is None or len(uses) > _MOST_USES:
            return
        pieces.setdefault(use.ground, []).append(piece)
    for path in project.paths_with(name):
        if (ground := project.ground(path)) is not None:
            pieces.setdefault(ground, []).extend(_unlisted(ground, name))
    done = {g: text_without(g, with_orphans(g, _apart(some))) for g, some in pieces.items() if some}
    broken = {g.source.path: text for g, both in done.items() if both for text in both[:1]}
    if len(broken) == len(done) and (both := done[main]):
        lines = lines_of(main, both[1].edits)
        yield Removal("not_yet_there", main.source.path, function.name, lines, broken)


def _apart(pieces: Sequence[Piece]) -> list[Piece]:
    """Drop pieces that lie within another: they go with it."""
    kept: list[Piece] = []
    for piece in sorted(pieces, key=lambda p: (p.edits[0].start, -p.edits[-1].end)):
        if not kept or piece.edits[0].start >= kept[-1].edits[-1].end:
            kept.append(piece)
    return kept


def _without(use: Use) -> Piece | None:
    """Take one use of the function out: a call, or the import of its name."""
    source = use.ground.source
    parent = source.parents[use.node]
    if isinstance(parent, cst.ImportAlias):
        return _not_imported(use.ground, parent)
    if use.function is None or use.node in source.binders:
        return None
    is_attribute = isinstance(parent, cst.Attribute) and parent.attr is use.node
    if use.node in source.labels and not is_attribute:
        return None
    value = parent if is_attribute else use.node
    edit = without_use(use.function, value, empty=False)
    return None if edit is None else piece_of(use.ground, "use", [(use.function, edit)])


def _not_imported(ground: Ground, alias: cst.ImportAlias) -> Piece | None:
    statement = ground.source.parents[alias]
    if not isinstance(statement, (cst.ImportFrom, cst.Import)):
        return None
    names = statement.names
    if isinstance(names, cst.ImportStar):
        return None
    if len(names) == 1:
        return _lines(ground, ground.source.parents[statement])
    ends = [ground.source.span(n.asname or n.name)[1] for n in names]
    index = next(i for i, n in enumerate(names) if n is alias)
    start, end = ground.source.span(alias)[0], ends[index]
    source = ground.source
    line, after = source.line_start(start), source.line_end(end)
    rest = source.slice(end, after).strip()
    if not source.slice(line, start).strip() and rest in {"", ","}:
        return _as_piece(ground, Edit(line, after, ""))
    if index:
        return _as_piece(ground, Edit(ends[index - 1], end, ""))
    return _as_piece(ground, Edit(start, source.span(names[1])[0], ""))


def _unlisted(ground: Ground, name: str) -> Iterator[Piece]:
    """Take a name out of `__all__`."""
    source = ground.source
    for node in source.parents:
        if not isinstance(node, cst.SimpleString) or node.raw_value != name:
            continue
        element = source.parents[node]
        whole = source.parents[element]
        if isinstance(whole, (cst.List, cst.Tuple)) and _is_all(source.parents[whole]):
            index = next(i for i, e in enumerate(whole.elements) if e is element)
            if (edit := without_entry(source, whole, index)) is not None:
                yield _as_piece(ground, edit)


def _is_all(node: cst.CSTNode) -> bool:
    targets = node.targets if isinstance(node, cst.Assign) else ()
    return any(isinstance(t.target, cst.Name) and t.target.value == "__all__" for t in targets)


def definition(ground: Ground, node: cst.CSTNode) -> Piece:
    """Take a whole definition out, with the comment right above it."""
    piece = _lines(ground, node)
    return piece._replace(kind="definition")


def _lines(ground: Ground, node: cst.CSTNode) -> Piece:
    source = ground.source
    start, end = source.first_byte(node), source.line_end(source.span(node)[1] - 1)
    return _as_piece(ground, Edit(start, end, "", source.span(node)))


def _as_piece(ground: Ground, edit: Edit) -> Piece:
    edits = ground.tidy([edit])
    return Piece("definition", edits, (), frozenset().union(*map(ground.names_in, edits)))


def with_orphans(ground: Ground, pieces: Sequence[Piece]) -> list[Piece]:
    """Take out as well what only the removed code used: private helpers, and imports."""
    whole = list(pieces)
    for _ in range(_MAX_ROUNDS):
        gone = [e for piece in whole for e in piece.edits]
        names = frozenset[str]().union(*(ground.names_in(e) for e in gone))
        more = [
            piece
            for name in sorted(names)
            if ground.counts[name] > 1 and _n_left(ground, gone, name) == 1
            for piece in _orphan(ground, gone, name)
        ]
        if not more:
            break
        whole = _apart([*whole, *more])
    return whole


def _n_left(ground: Ground, gone: Sequence[Edit], name: str) -> int:
    n = ground.counts[name]
    for edit in gone:
        n -= ground.n_named(edit, name)
    return n


def _orphan(ground: Ground, gone: Sequence[Edit], name: str) -> Iterator[Piece]:
    """The definition or the import of a name that nothing uses any more."""
    source = ground.source
    for node in source.parents:
        if not isinstance(node, cst.Name) or node.value != name:
            continue
        parent = source.parents[node]
        if any(e.start <= source.span(node)[0] < e.end for e in gone):
            continue
        if isinstance(parent, cst.ImportAlias) or isinstance(source.parents[parent], cst.AsName):
            alias = parent if isinstance(parent, cst.ImportAlias) else source.parents[parent]
            if isinstance(alias, cst.ImportAlias) and (piece := _not_imported(ground, alias)):
                yield piece
        elif isinstance(parent, (cst.FunctionDef, cst.ClassDef)) and _is_private(name):
            yield definition(ground, parent)


def _is_private(name: str) -> bool:
    return name.startswith("_") and not name.endswith("__")
