"""Computes the determinant of a matrix."""

from random import Random

from etude.stages.problems.families._base import Family, Posed
from etude.stages.problems.families._level import by_level
from etude.stages.problems.families._matrix import determinant, matrix_text, random_matrix
from etude.stages.problems.families._slips import slips
from etude.stages.problems.families._wording import worded

TEMPLATES = (
    "Compute the determinant of the matrix\n\n$${m}$$",
    "What is $\\det {m}$?",
    "Let $A = {m}$. Find $\\det A$.",
    "Find the determinant of ${m}$.",
)


class MatrixDeterminantFamily(Family, frozen=True, kw_only=True):
    """Determinants of matrices of integers, of two to four rows."""

    topic = "algebra"

    def pose(self, rng: Random, level: int) -> Posed:
        """Pose one determinant."""
        size = by_level(level, 2, 2, 3, 3, 4)
        rows = random_matrix(rng, size, size, by_level(level, 6, 20, 5, 9, 6))
        answer = determinant(rows)
        diagonal = 1
        for i in range(size):
            diagonal *= rows[i][i]
        positive = sum(_minor_terms(rows))
        terms = _minor_terms(rows)
        shown = " ".join(
            f"{'-' if j % 2 else '+'} ({term})" for j, term in enumerate(terms)
        ).removeprefix("+ ")
        return Posed(
            statement=worded(rng, TEMPLATES, m=matrix_text(rows)),
            answer=str(answer),
            near_misses=slips(answer, -answer, positive, diagonal, answer + 1, answer - 2),
            solution="Expand along the first row; each entry times its minor, with alternating "
            f"signs: ${shown} = {answer}$.",
        )


def _minor_terms(rows: list[list[int]]) -> list[int]:
    """Return the entries of the first row times their minors, without signs."""
    return [
        value * determinant([[*row[:j], *row[j + 1 :]] for row in rows[1:]])
        for j, value in enumerate(rows[0])
    ]
