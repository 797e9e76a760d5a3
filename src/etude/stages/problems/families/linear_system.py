"""Solves a system of linear equations."""

from random import Random

from etude.stages.problems.families._base import Family, Posed
from etude.stages.problems.families._level import by_level
from etude.stages.problems.families._matrix import determinant, random_matrix
from etude.stages.problems.families._slips import slips
from etude.stages.problems.families._wording import worded

TEMPLATES = (
    "Solve the system of equations\n\n$$\n{e}\n$$\n\nGive the solution as {form}.",
    "Find all numbers that satisfy every one of these equations.\n\n$$\n{e}\n$$\n\n"
    "Write the solution in the form {form}.",
    "The unknowns satisfy\n\n$$\n{e}\n$$\n\nWhat is {form}?",
)


class LinearSystemFamily(Family, frozen=True, kw_only=True):
    """Two or three equations with exactly one solution, in integers."""

    topic = "equations"

    def pose(self, rng: Random, level: int) -> Posed:
        """Pose one system."""
        size = by_level(level, 2, 2, 2, 3, 3)
        top = by_level(level, 3, 6, 12, 4, 8)
        bound = by_level(level, 6, 9, 15, 6, 12)
        solution = [rng.randint(-bound, bound) for _ in range(size)]
        while True:
            rows = random_matrix(rng, size, size, top)
            if determinant(rows) and all(any(row) for row in rows):
                break
        letters = rng.choice(("xyz", "abc", "pqr"))[:size]
        ends = [sum(a * b for a, b in zip(row, solution, strict=True)) for row in rows]
        lines = [f"{_sum(row, letters)} &= {end}" for row, end in zip(rows, ends, strict=True)]
        body = " \\\\\n".join(lines)
        kind = "an ordered pair" if size == 2 else "an ordered triple"
        wrong = [
            solution[::-1],
            [-value for value in solution],
            [solution[0] + 1, *solution[1:]],
            [*solution[:-1], solution[-1] - 1],
            [*solution[:-1], -solution[-1]],
            [solution[1], solution[0], *solution[2:]],
        ]
        near = [_tuple(w) for w in wrong]
        answer = _tuple(solution)
        found = ", ".join(f"{n} = {v}" for n, v in zip(letters, solution, strict=True))
        return Posed(
            statement=worded(
                rng,
                TEMPLATES,
                e=f"\\begin{{aligned}}\n{body}\n\\end{{aligned}}",
                form=f"the ordered {kind.split()[-1]} $({', '.join(letters)})$",
            ),
            answer=answer,
            near_misses=slips(answer, *near),
            solution=f"Eliminating one unknown after another gives ${found}$. "
            f"Put in, the left sides are indeed ${', '.join(map(str, ends))}$.",
        )


def _sum(row: list[int], letters: str) -> str:
    """Write a sum of multiples of unknowns."""
    text = ""
    for factor, letter in zip(row, letters, strict=True):
        if not factor:
            continue
        sign = ("-" if factor < 0 else "") if not text else (" - " if factor < 0 else " + ")
        text += sign + ("" if abs(factor) == 1 else str(abs(factor))) + letter
    return text


def _tuple(values: list[int]) -> str:
    """Write an ordered pair or triple."""
    return f"({', '.join(str(value) for value in values)})"
