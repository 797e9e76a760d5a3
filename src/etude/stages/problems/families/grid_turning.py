"""Turns, mirrors and shifts a matrix of numbers."""

from random import Random

from etude.stages.problems.families._base import Family, Posed
from etude.stages.problems.families._level import by_level
from etude.stages.problems.families._matrix import Matrix, matrix_text, random_matrix
from etude.stages.problems.families._slips import slips
from etude.stages.problems.families._wording import worded

TEMPLATES = (
    "Take the matrix\n\n$${m}$$\n\nand do the following with it, in this order:\n\n{steps}\n\n"
    "What is the resulting matrix?",
    "A table of numbers is given:\n\n$${m}$$\n\nCarry out these changes one after another.\n\n"
    "{steps}\n\nWrite down the table that results, as a matrix.",
    "Start with ${m}$. These changes are made to it in turn:\n\n{steps}\n\n"
    "Give the matrix at the end.",
)
STEPS = {
    "clockwise": "Rotate it by 90 degrees clockwise.",
    "counter": "Rotate it by 90 degrees counterclockwise.",
    "half": "Rotate it by 180 degrees.",
    "transpose": "Transpose it (rows become columns).",
    "left-right": "Mirror it from left to right (the first column becomes the last).",
    "up-down": "Mirror it from top to bottom (the first row becomes the last).",
    "shift": "Move every row down by one; the last row becomes the first.",
}


class GridTurningFamily(Family, frozen=True, kw_only=True):
    """Chains of one to four changes of place."""

    topic = "grids"

    def pose(self, rng: Random, level: int) -> Posed:
        """Pose one chain."""
        n_rows, n_columns = by_level(level, (2, 2), (2, 3), (3, 3), (3, 3), (3, 4))
        n_steps = by_level(level, 1, 1, 2, 3, 4)
        rows = [[value % 20 for value in row] for row in random_matrix(rng, n_rows, n_columns, 99)]
        steps = [rng.choice(sorted(STEPS)) for _ in range(n_steps)]
        states = [rows]
        for step in steps:
            states.append(_changed(states[-1], step))
        answer = matrix_text(states[-1])
        turned = [{"clockwise": "counter", "counter": "clockwise"}.get(s, s) for s in steps]
        other = rows
        for step in turned:
            other = _changed(other, step)
        wrong = [other, *states[:-1]]
        wrong += [_changed(states[-1], step) for step in ("half", "transpose", "left-right")]
        lines = "\n".join(f"{i + 1}. {STEPS[step]}" for i, step in enumerate(steps))
        return Posed(
            statement=worded(rng, TEMPLATES, m=matrix_text(rows), steps=lines),
            answer=answer,
            near_misses=slips(answer, *(matrix_text(w) for w in wrong if w != states[-1])),
            solution="Step by step:\n\n"
            + "\n\n".join(f"$${matrix_text(state)}$$" for state in states[1:]),
        )


def _changed(rows: Matrix, step: str) -> Matrix:
    """Make one change."""
    columns = [list(column) for column in zip(*rows, strict=True)]
    return {
        "clockwise": [column[::-1] for column in columns],
        "counter": columns[::-1],
        "half": [row[::-1] for row in reversed(rows)],
        "transpose": columns,
        "left-right": [row[::-1] for row in rows],
        "up-down": rows[::-1],
        "shift": [rows[-1], *rows[:-1]],
    }[step]
