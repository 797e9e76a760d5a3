"""Predicts what a Python program prints that works on a list."""

from collections.abc import Mapping
from itertools import pairwise
from random import Random
from typing import ClassVar

from etude.stages.problems.families._base import Family, Posed
from etude.stages.problems.families._level import by_level
from etude.stages.problems.families._program import GRADER, asked, spaceless
from etude.stages.problems.families._slips import slips

Numbers = list[int]


class ProgramListFamily(Family, frozen=True, kw_only=True):
    """Comprehensions, slices, sorting and sums."""

    topic = "programs"
    grader: ClassVar[Mapping[str, object]] = GRADER

    def pose(self, rng: Random, level: int) -> Posed:
        """Pose one program."""
        size = by_level(level, 4, 6, 7, 9, 11)
        numbers = [rng.randint(-5 if level > 2 else 0, 9 + 4 * level) for _ in range(size)]
        states = [numbers]
        lines, slip = [f"xs = {numbers}"], numbers
        for _ in range(by_level(level, 1, 2, 3, 4, 6)):
            while True:
                line, after, other = _change(rng, states[-1])
                if len(after) > 1 and after != states[-1]:
                    break
            lines.append(line)
            states.append(after)
            slip = other
        end = states[-1]
        shown, show = rng.choice(
            (
                ("print(xs)", str),
                ("print(sum(xs), len(xs))", lambda xs: f"{sum(xs)} {len(xs)}"),
                ("print(xs[0], xs[-1], max(xs))", lambda xs: f"{xs[0]} {xs[-1]} {max(xs)}"),
                ("print(xs[1:3])", lambda xs: str(xs[1:3])),
            )
        )
        lines.append(shown)
        answer = show(end)
        near = [show(xs) for xs in (slip, states[-2], [*end, 1], end[1:], end[::-1]) if xs]
        return Posed(
            statement=asked(rng, lines),
            answer=answer,
            spellings=spaceless(answer),
            near_misses=slips(answer, *near, right=spaceless(answer)),
            solution=f"The list becomes {' → '.join(map(str, states))}.",
        )


def _change(rng: Random, xs: Numbers) -> tuple[str, Numbers, Numbers]:
    """Draw a line that changes the list; the last is what a slip would make of it."""
    k, n = rng.randint(2, 4), rng.randint(1, 9)
    i = rng.randint(1, max(1, len(xs) // 2))
    pairs = list(pairwise(xs))
    kept = [x for x in xs if x % k]
    return rng.choice(
        (
            (f"xs = [x for x in xs if x % {k} != 0]", kept, [x for x in xs if x % k == 0]),
            (f"xs = [x * {k} - {n} for x in xs]", [x * k - n for x in xs], [x * k for x in xs]),
            (
                "xs = [x + i for i, x in enumerate(xs)]",
                [xs[i] + i for i in range(len(xs))],
                [xs[i] + i + 1 for i in range(len(xs))],
            ),
            (
                "xs = [b - a for a, b in zip(xs, xs[1:])]",
                [b - a for a, b in pairs],
                [a - b for a, b in pairs],
            ),
            ("xs = sorted(xs)", _sorted(xs), _sorted(xs)[::-1]),
            (f"xs = xs[{i}:] + xs[:{i}]", [*xs[i:], *xs[:i]], [*xs[-i:], *xs[:-i]]),
            ("xs = xs[::-2]", [x for j, x in enumerate(reversed(xs)) if j % 2 == 0], xs[::2]),
            (f"xs.insert({i}, {n})", [*xs[:i], n, *xs[i:]], [*xs[: i + 1], n, *xs[i + 1 :]]),
            (f"xs.pop({i})", [*xs[:i], *xs[i + 1 :]], [*xs[: i - 1], *xs[i:]]),
            (f"xs += xs[-{i}:]", [*xs, *xs[len(xs) - i :]], [*xs, *xs[:i]]),
        )
    )


def _sorted(xs: Numbers) -> Numbers:
    """Return the numbers from the smallest on, by counting."""
    return [x for x in range(min(xs), max(xs) + 1) for _ in range(xs.count(x))]
