"""Finds the cheapest way through a grid of numbers."""

from random import Random

from etude.stages.problems.families._base import Family, Posed
from etude.stages.problems.families._grid_text import grid_text
from etude.stages.problems.families._level import by_level
from etude.stages.problems.families._slips import slips
from etude.stages.problems.families._wording import worded

TEMPLATES = (
    "Each cell of this grid has a cost.\n\n{grid}\n\nA path leads from the top left cell to the "
    "bottom right cell; every step goes one cell to the right or one cell down. What is the "
    "{which} possible total cost of a path, with its first and last cell counted?",
    "You walk through the grid below from its top left to its bottom right corner, and may only "
    "move right or down to a neighbouring cell.\n\n{grid}\n\nAdd up the numbers of all cells you "
    "visit, both corners included. What is the {which} sum that you can get?",
    "Paths in this grid start in the upper left corner, end in the lower right one and go only "
    "rightwards and downwards, from cell to neighbouring cell.\n\n{grid}\n\nFind the {which} sum "
    "of the numbers along such a path (the ends count).",
)


class CheapestGridPathFamily(Family, frozen=True, kw_only=True):
    """The least or greatest sum along a path to the right and down."""

    topic = "grids"

    def pose(self, rng: Random, level: int) -> Posed:
        """Pose one grid."""
        n_rows, n_columns = by_level(level, (2, 3), (3, 3), (3, 4), (4, 5), (6, 6))
        low, top = by_level(level, (1, 9), (1, 9), (1, 20), (1, 30), (-9, 40))
        rows = [[rng.randint(low, top) for _ in range(n_columns)] for _ in range(n_rows)]
        best = rng.choice((min, max))
        which = "smallest" if best is min else "largest"
        sums = [[0] * n_columns for _ in rows]
        for i, row in enumerate(rows):
            for j, cost in enumerate(row):
                before = [sums[i - 1][j]] if i else []
                before += [sums[i][j - 1]] if j else []
                sums[i][j] = cost + (best(before) if before else 0)
        answer = sums[-1][-1]
        cell = (0, 0)
        greedy = rows[0][0]
        while cell != (n_rows - 1, n_columns - 1):
            down, right = (cell[0] + 1, cell[1]), (cell[0], cell[1] + 1)
            ways = [(r, c) for r, c in (down, right) if r < n_rows and c < n_columns]
            cell = best(ways, key=lambda place: rows[place[0]][place[1]])
            greedy += rows[cell[0]][cell[1]]
        border = sum(rows[0]) + sum(line[-1] for line in rows[1:])
        other = sum(line[0] for line in rows) + sum(rows[-1][1:])
        wrong = [greedy, border, other, answer - rows[0][0], answer - rows[-1][-1], answer + 1]
        return Posed(
            statement=worded(rng, TEMPLATES, grid=grid_text(rows, gap=" "), which=which),
            answer=str(answer),
            near_misses=slips(answer, *wrong),
            solution=f"For each cell, the {which} sum of a path that ends there is its own number "
            f"plus the {which} of the sums above and to the left:\n\n"
            f"{grid_text(sums, gap=' ')}\n\nThe last one is ${answer}$.",
        )
