"""Pieces: the things a fix adds that can be left out of a function, by what they are."""

import itertools
from collections.abc import Callable, Iterable, Iterator
from typing import NamedTuple

import libcst as cst

from etude.stages.swe.bugs._mutations import Edit, Function, blocks, calls, constants, statements
from etude.stages.swe.bugs._mutations.function import is_text, last_name
from etude.stages.swe.bugs._mutations.source import walk
from etude.stages.swe.bugs._omissions.ground import Ground
from etude.stages.swe.bugs._omissions.uses import (
    unwrapped,
    without_entry,
    without_filter,
    without_if,
    without_term,
)

Found = Iterable[tuple[Function, Edit]]
"""Edits that only together leave one thing out, each in its function."""


class Piece(NamedTuple):
    """One thing that can be left out."""

    kind: str
    edits: tuple[Edit, ...]
    places: tuple[Function, ...]
    """The functions it stands in, the main one first."""
    names: frozenset[str]
    """Names in the code that goes."""

    @property
    def function(self) -> Function:
        """The function that the piece is mainly in."""
        return self.places[0]


def guard(function: Function) -> Iterator[Edit]:
    """A check that leaves early."""
    yield from blocks.dropped_guard(function)


def branch(function: Function) -> Iterator[Edit]:
    """A case that is handled: an arm of an `if`, an `else`, or a `case`."""
    yield from blocks.dropped_branch(function)
    yield from blocks.dropped_else(function)
    for node in function.each(cst.If):
        alone = isinstance(function.source.parents[node], cst.IndentedBlock)
        if alone and isinstance(node.orelse, cst.Else):
            edit = without_if(function, node, holds=False)
            if edit is not None:
                yield edit


def condition(function: Function) -> Iterator[Edit]:
    """A condition under which something is done, or one term of it."""
    source = function.source
    for node in function.each(cst.BooleanOperation):
        if not _is_a_value(function, node):
            for gone in (node.left, node.right):
                yield without_term(function, node, gone)
    for choice in function.each(cst.IfExp):
        for kept in (choice.body, choice.orelse):
            yield Edit(*source.outer(choice), source.in_place_of(choice, kept))
    for test in function.each(cst.CompIf):
        yield without_filter(function, test)
    for node_if in function.each(cst.If):
        alone = isinstance(source.parents[node_if], cst.IndentedBlock)
        if alone and node_if.orelse is None:
            edit = without_if(function, node_if, holds=True)
            if edit is not None:
                yield edit


def default(function: Function) -> Iterator[Edit]:
    """What is taken where a value is missing."""
    yield from calls.missing_key_default(function)
    for node in function.each(cst.BooleanOperation):
        if _is_a_value(function, node) and isinstance(node.operator, cst.Or):
            yield without_term(function, node, node.right)


def case(function: Function) -> Iterator[Edit]:
    """One entry of a fixed set or of a table."""
    yield from (e for e in constants.dropped_element(function) if not e.text.endswith(",)"))
    for table in function.each(cst.Dict):
        keys = [e.key for e in table.elements if isinstance(e, cst.DictElement)]
        if len(keys) > 2 and all(isinstance(key, cst.BaseString | cst.Attribute) for key in keys):
            for index in range(len(keys)):
                edit = without_entry(function.source, table, index)
                if edit is not None and len(keys) == len(table.elements):
                    yield edit


def handler(function: Function) -> Iterator[Edit]:
    """What is done when an exception comes."""
    source = function.source
    for node in function.each(cst.Try):
        if len(node.handlers) == 1 and node.orelse is None and node.finalbody is None:
            edit = unwrapped(function, node, node.body)
            if edit is not None:
                reach = source.span(node.handlers[0].body)
                yield edit._replace(reach=reach)
        elif len(node.handlers) > 1:
            ends = [*node.handlers[1:], node.orelse or node.finalbody]
            for gone, after in zip(node.handlers, ends, strict=True):
                end = source.line_end(source.span(gone.body)[1] - 1)
                end = source.first_byte(after) if after is not None else end
                yield Edit(source.first_byte(gone), end, "", source.span(gone.body))


def loop(function: Function) -> Iterator[Edit]:
    """Something that is done again and again, or once for each."""
    source = function.source
    for node in function.each(cst.For):
        if calls.removable(function, node):
            yield calls.removal(function, node, node.body)
    for again in function.each(cst.While):
        inner = list(walk(again.body))
        test = last_name(again.test)
        ends = any(isinstance(n, (cst.Break, cst.Continue, cst.For, cst.While)) for n in inner)
        if not ends and again.orelse is None and test != "True":
            start = source.span(again)[0]
            yield Edit(start, source.outer(again.test)[0], "if ", source.span(again.body))


def call(function: Function) -> Iterator[Edit]:
    """A call: a step of the work, a conversion, a copy, a context manager."""
    yield from calls.dropped_call(function)
    yield from calls.missing_copy(function)
    yield from blocks.dropped_with(function)


def argument(function: Function) -> Iterator[Edit]:
    """An argument that is passed on."""
    yield from calls.dropped_argument(function)


def statement(function: Function) -> Iterator[Edit]:
    """A value that is kept up to date."""
    yield from statements.dropped_statement(function)


def steps(function: Function) -> Iterator[tuple[Edit, ...]]:
    """Statements in a row that a comment or blank lines set apart from the rest."""
    source = function.source
    for block in function.each(cst.IndentedBlock):
        for group in _paragraphs(function, block):
            if len(group) > 1:
                start = source.first_byte(group[0])
                end = source.line_end(source.span(group[-1])[1] - 1)
                yield (Edit(start, end, "", (source.span(group[0])[0], end)),)


def _paragraphs(function: Function, block: cst.IndentedBlock) -> Iterator[list[cst.CSTNode]]:
    source = function.source
    group: list[cst.CSTNode] = []
    whole = [s for s in block.body if not is_text(s)]
    for node in whole:
        starts = source.first_byte(node) < source.line_start(source.span(node)[0])
        above = source.slice(0, source.first_byte(node)).endswith(("\n\n", "\r\n\r\n"))
        if (starts or above) and group:
            yield group if len(group) < len(whole) else []
            group = []
        group.append(node)
    if 0 < len(group) < len(whole) and not isinstance(group[-1], cst.BaseCompoundStatement):
        last = group[-1]
        if isinstance(last, cst.SimpleStatementLine) and not isinstance(last.body[-1], cst.Return):
            yield group


def _is_a_value(function: Function, node: cst.BooleanOperation) -> bool:
    """Whether `or` picks a value, instead of saying when something is done."""
    parent = function.source.parents[node]
    return isinstance(parent, (cst.Assign, cst.Return, cst.Arg, cst.AnnAssign, cst.For))


SINGLE: tuple[Callable[[Function], Iterator[Edit]], ...] = (
    guard, branch, condition, default, case, handler, loop, call, argument, statement,
)  # fmt: skip
"""What can be left out by one change each."""


def single_pieces(ground: Ground, function: Function) -> Iterator[Piece]:
    """Yield everything that one change leaves out of a function."""
    one = ((find.__name__, (edit,)) for find in SINGLE for edit in find(function))
    rows = (("steps", edits) for edits in steps(function))
    for kind, edits in itertools.chain(one, rows):
        piece = piece_of(ground, kind, [(function, edit) for edit in edits])
        if piece is not None:
            yield piece


def piece_of(ground: Ground, kind: str, found: Found) -> Piece | None:
    """Return a piece made of edits; `None` when one loses a comment of code that stays."""
    pairs = list(found)
    edits = ground.tidy(edit for _, edit in pairs)
    if any(ground.loses_comment(edit) for _, edit in pairs):
        return None
    places = tuple(dict.fromkeys(function for function, _ in pairs))
    return Piece(kind, edits, places, frozenset().union(*map(ground.names_in, edits)))
