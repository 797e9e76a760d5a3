"""Predicts what a Python program prints in which names share lists."""

from collections.abc import Mapping
from random import Random
from typing import ClassVar

from etude.stages.problems.families._base import Family, Posed
from etude.stages.problems.families._level import by_level
from etude.stages.problems.families._program import GRADER, asked, spaceless
from etude.stages.problems.families._slips import slips


class ProgramAliasingFamily(Family, frozen=True, kw_only=True):
    """Assignments that copy or do not copy, and changes in place or not."""

    topic = "programs"
    grader: ClassVar[Mapping[str, object]] = GRADER

    def pose(self, rng: Random, level: int) -> Posed:
        """Pose one program."""
        names = "abcd"[: by_level(level, 2, 2, 3, 3, 4)]
        n_lines = by_level(level, 2, 4, 6, 9, 12)
        first = [rng.randint(1, 9) for _ in range(rng.randint(2, 3))]
        steps = [("share", names[1], "a", 0)]
        known = ["a", names[1]]
        for _ in range(n_lines):
            kind = rng.choice(("append", "append", "copy", "share", "set", "plus", "extend"))
            to, source = rng.choice(names), rng.choice(known)
            if kind in {"append", "set", "extend"} and to not in known:
                kind = "share"
            if to not in known:
                known.append(to)
            steps.append((kind, to, source, rng.randint(1, 9)))
        answer = _run(first, steps, known, sharing=True)
        copied = _run(first, steps, known, sharing=False)
        shorter = _run(first, steps[:-1], known, sharing=True)
        shown = sorted(known)
        lines = [f"a = {first}", *(_line(step) for step in steps), f"print({', '.join(shown)})"]
        text, *near = (_shown(lists, shown) for lists in (answer, copied, shorter))
        near.append(" ".join(str(answer[name]) for name in reversed(shown)))
        near.append(" ".join(str([*answer[name], 1]) for name in shown))
        return Posed(
            statement=asked(rng, lines),
            answer=text,
            spellings=spaceless(text),
            near_misses=slips(text, *near, right=spaceless(text)),
            solution="An assignment without a copy lets two names mean one list, so a change in "
            f"place shows under both. In the end: {text}",
        )


Step = tuple[str, str, str, int]


def _run(
    first: list[int], steps: list[Step], known: list[str], *, sharing: bool
) -> dict[str, list[int]]:
    """Work the program out with lists in numbered boxes, and names that point to boxes."""
    boxes, points = {0: tuple(first)}, {"a": 0}
    for kind, to, source, n in steps:
        held = boxes.get(points.get(source, 0), ())
        if kind == "share" and sharing:
            points[to] = points[source]
            continue
        if kind in {"append", "set", "extend"}:
            box = points[to]
            own = boxes[box]
            boxes[box] = {"append": (*own, n), "set": (n, *own[1:]), "extend": (*own, *held[:1])}[
                kind
            ]
            continue
        points[to] = max(boxes) + 1
        boxes[points[to]] = (*held, n) if kind == "plus" else held
    return {name: list(boxes.get(points.get(name, 0), ())) for name in known}


def _line(step: Step) -> str:
    """Write a line of the program."""
    kind, to, source, n = step
    return {
        "share": f"{to} = {source}",
        "copy": f"{to} = {source}[:]",
        "append": f"{to}.append({n})",
        "set": f"{to}[0] = {n}",
        "plus": f"{to} = {source} + [{n}]",
        "extend": f"{to} += {source}[:1]",
    }[kind]


def _shown(lists: dict[str, list[int]], names: list[str]) -> str:
    """Write what is printed."""
    return " ".join(str(lists[name]) for name in names)
