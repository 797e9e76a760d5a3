"""Tests that are run once for each row of a table, and what pytest calls each run."""

import ast
from typing import NamedTuple

from etude.rollout._wanted import method_of

_PLAIN = (str, int, float, bool, type(None))


class NoTwinError(Exception):
    """A test of which no twin can be made; the message says why."""


class Rows(NamedTuple):
    """A table of literals, one column of which is what the test wants."""

    column: int
    cells: list[list[ast.expr]]
    ids: list[str]
    """What pytest calls each row."""

    def wanted(self, id_: str) -> ast.expr:
        """Return what a row wants.

        Raises:
            NoTwinError: There is no such row.
        """
        if id_ not in self.ids:
            raise NoTwinError("its rows are called otherwise")
        return self.cells[self.ids.index(id_)][self.column]


def rows_of(node: ast.FunctionDef) -> Rows:
    """Return the table of a test.

    Raises:
        NoTwinError: It has none that could be read, or wants no column of it.
    """
    try:
        [call] = node.decorator_list
        if not isinstance(call, ast.Call) or call.keywords:
            raise NoTwinError("its decorator is no plain table")
        if getattr(call.func, "attr", "") != "parametrize":
            raise NoTwinError("it is decorated")
        columns, table = call.args
        names = ast.literal_eval(columns)
        cells = [_cells(row, len(_split(names))) for row in _parts(table)]
        ids = ["-".join(_id(ast.literal_eval(cell)) for cell in row) for row in cells]
    except (ValueError, TypeError, MemoryError, RecursionError) as error:
        raise NoTwinError("its table is not of literals") from error
    if len(set(ids)) != len(ids):
        raise NoTwinError("its rows are called alike")
    return Rows(_wanted_column(node, _split(names)), cells, ids)


def _split(names: object) -> list[str]:
    if isinstance(names, str):
        return [name.strip() for name in names.split(",") if name.strip()]
    if isinstance(names, tuple | list) and all(isinstance(name, str) for name in names):
        return list(names)
    raise NoTwinError("its table has odd columns")


def _parts(node: ast.expr) -> list[ast.expr]:
    if not isinstance(node, ast.Tuple | ast.List):
        raise NoTwinError("its table is not written out")
    return node.elts


def _cells(row: ast.expr, n_columns: int) -> list[ast.expr]:
    cells = [row] if n_columns == 1 else _parts(row)
    if len(cells) != n_columns:
        raise NoTwinError("its table is ragged")
    return cells


def _id(value: object) -> str:
    text = str(value)
    if not isinstance(value, _PLAIN) or not text.isascii() or not text.isprintable():
        raise NoTwinError("its rows are called by their number")
    if "\\" in text:
        raise NoTwinError("its rows are called with escapes")
    return text


def _wanted_column(node: ast.FunctionDef, names: list[str]) -> int:
    """Return the column that something must be equal to and that is used for nothing else."""
    used = [inner.id for inner in ast.walk(node) if isinstance(inner, ast.Name)]
    for statement in node.body:
        for side in _sides(statement):
            if isinstance(side, ast.Name) and side.id in names and used.count(side.id) == 1:
                return names.index(side.id)
    raise NoTwinError("it wants no column of its table")


def _sides(statement: ast.stmt) -> list[ast.expr]:
    if isinstance(statement, ast.Assert) and isinstance(said := statement.test, ast.Compare):
        plain = len(said.ops) == 1 and isinstance(said.ops[0], ast.Eq)
        return [said.left, said.comparators[0]] if plain else []
    if isinstance(statement, ast.Expr) and isinstance(call := statement.value, ast.Call):
        return call.args[:2] if method_of(call) == "assertEqual" else []
    return []
