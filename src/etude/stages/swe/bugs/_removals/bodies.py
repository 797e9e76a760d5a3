"""Bodies: functions and classes whose code is taken out; what they are for stays to be read."""

from collections.abc import Iterator, Sequence

import libcst as cst

from etude.stages.swe.bugs._mutations import Edit, Function
from etude.stages.swe.bugs._mutations.function import is_text, last_name
from etude.stages.swe.bugs._mutations.source import walk
from etude.stages.swe.bugs._omissions.ground import Ground
from etude.stages.swe.bugs._removals.project import Removal, lines_of

_LEAST_LINES, _MOST_LINES = 3, 60
_MOST_CLASS_LINES = 160
_LEAST_METHODS, _MOST_METHODS = 2, 14
_MIN_DOC_CHARS = 25
_KEPT_METHODS = {"__init__", "__new__", "__repr__", "__init_subclass__", "__post_init__"}
_COVERED_SHARE = 0.5
INSTEAD = "raise NotImplementedError"


def body(ground: Ground) -> Iterator[Removal]:
    """Yield each documented function without its code."""
    for function in ground.functions:
        node = function.node
        if node.name.value in _KEPT_METHODS or len(_text_of(node)) < _MIN_DOC_CHARS:
            continue
        if not _LEAST_LINES <= _n_lines(ground, function) <= _MOST_LINES:
            continue
        if is_covered(ground, function):
            yield from _removal(ground, "body", function.name, [function])


def class_(ground: Ground) -> Iterator[Removal]:
    """Yield each documented class without the code of its methods."""
    owners = dict.fromkeys(f.owner for f in ground.functions if f.owner is not None)
    for owner in owners:
        methods = [f for f in ground.functions if f.owner is owner]
        emptied = [f for f in methods if f.node.name.value not in _KEPT_METHODS]
        told = [f for f in emptied if _text_of(f.node) or f.node.name.value.startswith("__")]
        is_told = bool(_text_of(owner)) or any(_text_of(f.node) for f in told)
        if 2 * len(told) < len(emptied) or not is_told:
            continue
        n_lines = sum(_n_lines(ground, f) for f in emptied)
        if not _LEAST_METHODS <= len(emptied) <= _MOST_METHODS or n_lines > _MOST_CLASS_LINES:
            continue
        if sum(is_covered(ground, f) for f in emptied) * 2 >= len(emptied):
            name = emptied[0].name.rpartition(".")[0]
            yield from _removal(ground, "class", name, emptied)


def _removal(
    ground: Ground, kind: str, name: str, functions: Sequence[Function]
) -> Iterator[Removal]:
    edits = [edit for f in functions if (edit := without_code(f)) is not None]
    broken = ground.source.apply(*edits)
    if len(edits) == len(functions) and broken is not None:
        path = ground.source.path
        yield Removal(kind, path, name, lines_of(ground, edits), {path: broken})


def without_code(function: Function) -> Edit | None:
    """Put an error in the place of all code of a function; its docstring stays."""
    source, block = function.source, function.node.body
    if not isinstance(block, cst.IndentedBlock):
        return None
    code = [statement for statement in block.body if not is_text(statement)]
    if not code or any(isinstance(n, cst.Nonlocal) for n in walk(block)):
        return None
    first, end = source.span(code[0])[0], source.span(block)[1]
    start = source.line_start(first)
    if is_text(block.body[0]):
        start = source.line_end(source.span(block.body[0])[1] - 1)
        blank = source.slice(start, first).startswith(source.newline())
        start = source.line_end(start) if blank else start
    else:
        start = source.line_end(_head_end(function) - 1)
    text = f"{source.indent(code[0])}{INSTEAD}{source.newline()}"
    return Edit(start, source.line_end(end - 1), text, (first, end))


def _head_end(function: Function) -> int:
    """The byte after the colon that opens the body."""
    source = function.source
    first = source.span(function.node.body.body[0])[0]
    head = source.slice(source.span(function.node)[0], first)
    lines = head.splitlines(keepends=True)
    while lines and (not lines[-1].strip() or lines[-1].strip().startswith("#")):
        lines.pop()
    return source.span(function.node)[0] + len("".join(lines).encode())


def is_covered(ground: Ground, function: Function) -> bool:
    """Whether tests run a good part of a function."""
    source = ground.source
    starts = [source.line(source.span(s)[0]) for s in function.statements]
    n_covered = sum(n in ground.covered for n in starts)
    return n_covered >= _COVERED_SHARE * len(starts) and n_covered > 0


def _n_lines(ground: Ground, function: Function) -> int:
    source = ground.source
    if not function.statements:
        return 0
    first, end = source.span(function.statements[0])[0], source.span(function.node.body)[1]
    return source.line(end - 1) - source.line(first) + 1


def _text_of(node: cst.FunctionDef | cst.ClassDef) -> str:
    return node.get_docstring() or ""


def is_plain(node: cst.FunctionDef) -> bool:
    """Whether a function has no decorator but those that say how it is called."""
    known = {"staticmethod", "classmethod", "property"}
    return all(last_name(d.decorator) in known for d in node.decorators)
