"""Counts the living cells after some generations of the Game of Life."""

from random import Random

from etude.stages.problems.families._base import Family, Posed
from etude.stages.problems.families._grid_text import Cell, grid_text
from etude.stages.problems.families._level import by_level
from etude.stages.problems.families._slips import slips
from etude.stages.problems.families._wording import counted, worded

RULES = (
    "A living cell with two or three living neighbours stays alive, a dead cell with exactly three "
    "becomes alive, and every other cell is dead in the next generation. Neighbours are the up to "
    "eight cells around; outside the grid nothing ever lives."
)
TEMPLATES = (
    "This is the start of a Game of Life (`#` lives, `.` is dead).\n\n{grid}\n\n{rules} "
    "How many cells live after {n}?",
    "In the grid below, `#` marks living cells and `.` dead ones.\n\n{grid}\n\n{rules} All cells "
    "change at once. Count the living cells after {n}.",
    "Conway's Game of Life is played on this bounded grid, where `#` is alive and `.` is "
    "dead:\n\n{grid}\n\n{rules} What is the number of living cells after {n}?",
)


class LifeGenerationsFamily(Family, frozen=True, kw_only=True):
    """A bounded board, one to four generations."""

    topic = "grids"

    def pose(self, rng: Random, level: int) -> Posed:
        """Pose one board."""
        size = by_level(level, 4, 5, 6, 6, 7)
        generations = by_level(level, 1, 1, 2, 3, 4)
        while True:
            alive = {(r, c) for r in range(size) for c in range(size) if rng.random() < 0.4}
            states = [alive]
            for _ in range(generations):
                states.append(_next(states[-1], size))
            counts = [len(state) for state in states]
            if counts[-1]:
                break
        answer = counts[-1]
        wrong = [*counts[:-1], len(_next(states[-1], size)), answer + 1, answer - 1]
        boards = "\n\n".join(_board(state, size) for state in states[1:])
        return Posed(
            statement=worded(
                rng,
                TEMPLATES,
                grid=_board(alive, size),
                rules=RULES,
                n=counted(generations, "generation"),
            ),
            answer=str(answer),
            near_misses=slips(answer, *wrong),
            solution=f"The following generations:\n\n{boards}\n\nIn the last one, ${answer}$ live.",
        )


def _next(alive: set[Cell], size: int) -> set[Cell]:
    """Return the cells that live in the next generation."""
    after = set()
    for r in range(size):
        for c in range(size):
            around = sum(
                (r + i, c + j) in alive for i in (-1, 0, 1) for j in (-1, 0, 1) if (i, j) != (0, 0)
            )
            if around == 3 or (around == 2 and (r, c) in alive):
                after.add((r, c))
    return after


def _board(alive: set[Cell], size: int) -> str:
    """Write a board."""
    return grid_text(
        ["".join("#" if (r, c) in alive else "." for c in range(size)) for r in range(size)]
    )
