"""Multiplies matrices."""

from random import Random

from etude.stages.problems.families._base import Family, Posed
from etude.stages.problems.families._level import by_level
from etude.stages.problems.families._matrix import matrix_product, matrix_text, random_matrix
from etude.stages.problems.families._slips import slips
from etude.stages.problems.families._wording import worded

TEMPLATES = (
    "Compute the matrix product\n\n$${a} {b}$$",
    "Let $A = {a}$ and $B = {b}$. Find $AB$.",
    "What is the product of the matrices\n\n$${a} \\cdot {b}$$\n\nin this order?",
)


class MatrixMultiplicationFamily(Family, frozen=True, kw_only=True):
    """Products of two matrices of integers."""

    topic = "algebra"

    def pose(self, rng: Random, level: int) -> Posed:
        """Pose one product."""
        n, k, m = by_level(level, (2, 2, 1), (2, 2, 2), (2, 3, 2), (3, 3, 3), (3, 4, 3))
        top = by_level(level, 5, 6, 8, 9, 12)
        a, b = random_matrix(rng, n, k, top), random_matrix(rng, k, m, top)
        result = matrix_product(a, b)
        wrong = []
        if n == m:
            wrong.append(matrix_product(b, a))
            wrong.append([list(column) for column in zip(*result, strict=True)])
        if k == m and n == k:
            wrong.append([[x * y for x, y in zip(*r, strict=True)] for r in zip(a, b, strict=True)])
        row, column = rng.randrange(n), rng.randrange(m)
        for change in (1, 10, -2 * result[row][column]):
            off = [list(line) for line in result]
            off[row][column] += change
            wrong.append(off)
        answer = matrix_text(result)
        entry = " + ".join(rf"({x}) \cdot ({y[0]})" for x, y in zip(a[0], b, strict=True))
        return Posed(
            statement=worded(rng, TEMPLATES, a=matrix_text(a), b=matrix_text(b)),
            answer=answer,
            near_misses=slips(answer, *(matrix_text(w) for w in wrong if w != result)),
            solution="Each entry is a row of the first times a column of the second. The entry at "
            f"the top left is ${entry} = {result[0][0]}$, and in all\n\n$${answer}$$",
        )
