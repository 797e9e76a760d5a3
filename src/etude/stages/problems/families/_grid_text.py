"""Grids of cells as text."""

from collections.abc import Iterator, Sequence

Cell = tuple[int, int]


def grid_text(rows: Sequence[Sequence[object]], gap: str = "") -> str:
    """Write a grid as a block of code, so that its columns line up."""
    cells = [[str(value) for value in row] for row in rows]
    width = max(len(value) for row in cells for value in row)
    lines = [gap.join(value.rjust(width) for value in row) for row in cells]
    return "```\n" + "\n".join(lines) + "\n```"


def neighbours(cell: Cell, n_rows: int, n_columns: int) -> Iterator[Cell]:
    """Give the cells above, below, left and right of a cell, inside the grid."""
    row, column = cell
    for r, c in ((row - 1, column), (row + 1, column), (row, column - 1), (row, column + 1)):
        if 0 <= r < n_rows and 0 <= c < n_columns:
            yield r, c
