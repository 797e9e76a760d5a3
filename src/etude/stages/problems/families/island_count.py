"""Counts the islands in a grid, or the cells of the largest one."""

from random import Random

from etude.stages.problems.families._base import Family, Posed
from etude.stages.problems.families._grid_text import Cell, grid_text, neighbours
from etude.stages.problems.families._level import by_level
from etude.stages.problems.families._slips import slips
from etude.stages.problems.families._wording import worded

TEMPLATES = (
    "In this map, `#` is land and `.` is water.\n\n{grid}\n\nLand cells belong to the same "
    "island if they share a side; touching at a corner does not count. {asked}",
    "The grid below shows land (`#`) in the sea (`.`).\n\n{grid}\n\nAn island is a largest group "
    "of land cells that hang together by their sides, never by corners alone. {asked}",
    "A satellite picture marks land with `#` and water with `.`.\n\n{grid}\n\nTwo land cells are "
    "connected when one is right above, below, left or right of the other; diagonals do not "
    "connect. {asked}",
)
HOW_MANY = "How many islands are there?"
LARGEST = "How many cells does the largest island have?"


class IslandCountFamily(Family, frozen=True, kw_only=True):
    """Groups of land cells that hang together by their sides."""

    topic = "grids"

    def pose(self, rng: Random, level: int) -> Posed:
        """Pose one map."""
        n_rows, n_columns = by_level(level, (4, 4), (5, 5), (6, 7), (8, 9), (10, 12))
        share = rng.choice((0.4, 0.5, 0.55))
        while True:
            rows = [
                "".join("#" if rng.random() < share else "." for _ in range(n_columns))
                for _ in range(n_rows)
            ]
            islands = _islands(rows, diagonal=False)
            if len(islands) > 1:
                break
        loose = _islands(rows, diagonal=True)
        land = sum(row.count("#") for row in rows)
        sizes, loose_sizes = sorted(map(len, islands)), sorted(map(len, loose))
        if rng.random() < 0.6:
            asked, answer = HOW_MANY, len(islands)
            wrong = [len(loose), answer + 1, answer - 1, sum(1 for s in sizes if s > 1), land]
        else:
            asked, answer = LARGEST, sizes[-1]
            wrong = [loose_sizes[-1], sizes[-2], len(islands), answer + 1, answer - 1]
        return Posed(
            statement=worded(rng, TEMPLATES, grid=grid_text(rows), asked=asked),
            answer=str(answer),
            near_misses=slips(answer, *(w for w in wrong if w > 0)),
            solution=f"There are {len(islands)} islands, with {', '.join(map(str, sizes))} cells. "
            f"The answer is ${answer}$.",
        )


def _islands(rows: list[str], *, diagonal: bool) -> list[set[Cell]]:
    """Return the islands of a map."""
    n_rows, n_columns = len(rows), len(rows[0])
    left = {(r, c) for r in range(n_rows) for c in range(n_columns) if rows[r][c] == "#"}
    found = []
    while left:
        island, edge = set(), [min(left)]
        while edge:
            cell = edge.pop()
            if cell not in left:
                continue
            left.discard(cell)
            island.add(cell)
            edge.extend(neighbours(cell, n_rows, n_columns))
            if diagonal:
                edge.extend((cell[0] + i, cell[1] + j) for i in (-1, 1) for j in (-1, 1))
        found.append(island)
    return found
