"""Finds the length of the shortest way through a maze."""

from collections.abc import Sequence
from random import Random

from etude.stages.problems.families._base import Family, Posed
from etude.stages.problems.families._grid_text import Cell, grid_text, neighbours
from etude.stages.problems.families._level import by_level
from etude.stages.problems.families._slips import slips
from etude.stages.problems.families._wording import worded

TEMPLATES = (
    "In this maze, `#` is a wall, `.` is free, `S` is the start and `E` the exit.\n\n{grid}\n\nA "
    "step goes to the cell above, below, left or right, if that is no wall. What is the smallest "
    "number of steps from `S` to `E`?",
    "Find the length of a shortest path from `S` to `E` in the grid below. You move one cell up, "
    "down, left or right at a time and cannot enter cells marked `#`.\n\n{grid}\n\nGive the number "
    "of moves.",
    "A mouse sits at `S` and smells cheese at `E`. It runs from cell to cell, never diagonally and "
    "never through a wall (`#`).\n\n{grid}\n\nHow many moves does it need at least?",
)


class MazeStepsFamily(Family, frozen=True, kw_only=True):
    """Mazes in which the exit can be reached, and not in a straight line."""

    topic = "grids"

    def pose(self, rng: Random, level: int) -> Posed:
        """Pose one maze."""
        n_rows, n_columns = by_level(level, (4, 4), (5, 6), (7, 7), (9, 10), (12, 14))
        share = by_level(level, 0.2, 0.28, 0.32, 0.34, 0.35)
        least = by_level(level, 3, 5, 9, 13, 20)
        while True:
            cells = [
                ["#" if rng.random() < share else "." for _ in range(n_columns)]
                for _ in range(n_rows)
            ]
            every = [(r, c) for r in range(n_rows) for c in range(n_columns)]
            start, end = rng.sample(every, 2)
            cells[start[0]][start[1]], cells[end[0]][end[1]] = "S", "E"
            steps = _steps(cells, start)
            direct = abs(start[0] - end[0]) + abs(start[1] - end[1])
            if steps.get(end, 0) >= least and (level < 3 or steps[end] > direct):
                break
        answer = steps[end]
        wrong = [answer + 1, answer - 1, direct, answer + 2, max(steps.values())]
        return Posed(
            statement=worded(rng, TEMPLATES, grid=grid_text(["".join(row) for row in cells])),
            answer=str(answer),
            near_misses=slips(answer, *wrong),
            solution="Number the free cells by their distance from the start, ring by ring. "
            f"The exit gets the number ${answer}$.",
        )


def _steps(cells: Sequence[Sequence[str]], start: Cell) -> dict[Cell, int]:
    """Return how many steps each cell that can be reached is away."""
    found, ring = {start: 0}, [start]
    while ring:
        after = []
        for cell in ring:
            for other in neighbours(cell, len(cells), len(cells[0])):
                if other not in found and cells[other[0]][other[1]] != "#":
                    found[other] = found[cell] + 1
                    after.append(other)
        ring = after
    return found
