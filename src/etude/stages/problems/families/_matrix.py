"""Matrices of integers, and how they are written."""

from collections.abc import Sequence
from random import Random

Matrix = list[list[int]]


def matrix_text(rows: Sequence[Sequence[int]]) -> str:
    """Write a matrix as LaTeX."""
    body = r" \\ ".join(" & ".join(str(value) for value in row) for row in rows)
    return rf"\begin{{pmatrix}} {body} \end{{pmatrix}}"


def random_matrix(rng: Random, n_rows: int, n_columns: int, top: int) -> Matrix:
    """Draw a matrix with entries between `-top` and `top`."""
    return [[rng.randint(-top, top) for _ in range(n_columns)] for _ in range(n_rows)]


def matrix_product(left: Matrix, right: Matrix) -> Matrix:
    """Multiply two matrices."""
    columns = list(zip(*right, strict=True))
    return [[sum(a * b for a, b in zip(row, c, strict=True)) for c in columns] for row in left]


def determinant(rows: Matrix) -> int:
    """Return the determinant, by expansion along the first row."""
    if not rows:
        return 1
    return sum(
        (-1) ** j * value * determinant([[*row[:j], *row[j + 1 :]] for row in rows[1:]])
        for j, value in enumerate(rows[0])
    )
