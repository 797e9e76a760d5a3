"""Predicts what a Python program with loops over numbers prints."""

from collections.abc import Mapping
from random import Random
from typing import ClassVar, NamedTuple

from etude.stages.problems.families._base import Family, Posed
from etude.stages.problems.families._level import by_level
from etude.stages.problems.families._program import GRADER, asked, indented
from etude.stages.problems.families._slips import slips


class _Step(NamedTuple):
    """A line of the body of the loop: its kind, and two numbers."""

    kind: str
    n: int
    m: int


class ProgramLoopFamily(Family, frozen=True, kw_only=True):
    """A loop over a range whose body changes two variables."""

    topic = "programs"
    grader: ClassVar[Mapping[str, object]] = GRADER

    def pose(self, rng: Random, level: int) -> Posed:
        """Pose one program."""
        kinds = by_level(
            level,
            ("add", "times"),
            ("add", "other", "times"),
            ("add", "other", "if", "mod"),
            ("other", "if", "mod", "swap", "break"),
            ("other", "if", "mod", "swap", "break", "skip"),
        )
        n_steps = by_level(level, 1, 2, 2, 3, 4)
        stride = by_level(
            level, 1, 1, rng.choice((1, 2)), rng.choice((1, 2, 3)), rng.choice((2, -1))
        )
        start, a, b = rng.randint(0, 5), rng.randint(0, 9), rng.randint(1, 9)
        stop = start + stride * rng.randint(3, by_level(level, 4, 5, 6, 8, 11))
        body = [
            _Step(rng.choice(kinds), rng.randint(2, 5), rng.randint(3, 30)) for _ in range(n_steps)
        ]
        answer, trace = _run(range(start, stop, stride), body, a, b)
        longer, _ = _run(range(start, stop + stride, stride), body, a, b)
        shorter, _ = _run(range(start, stop - stride, stride), body, a, b)
        later, _ = _run(range(start + 1, stop + 1, stride), body, a, b)
        end = f"{start}, {stop}, {stride}" if stride != 1 else f"{start}, {stop}"
        lines = [f"a = {a}", f"b = {b}", f"for i in range({end}):"]
        for step in body:
            lines += indented(_text(step))
        lines.append("print(a, b)")
        near = [f"{x} {y}" for x, y in (longer, shorter, later, answer[::-1])]
        near.append(str(answer[0]))
        text = f"{answer[0]} {answer[1]}"
        return Posed(
            statement=asked(rng, lines),
            answer=text,
            near_misses=slips(text, *near),
            solution=f"After each round, (i, a, b) is {', '.join(map(str, trace))}.",
        )


def _run(
    numbers: range, body: list[_Step], a: int, b: int
) -> tuple[tuple[int, int], list[tuple[int, int, int]]]:
    """Work the loop out."""
    trace = []
    for i in numbers:
        ended = False
        for kind, n, m in body:
            if (kind == "break" and a + b > 5 * m) or (kind == "skip" and i % n == 0):
                ended = True
                break
            a, b = _after(kind, n, m, (i, a, b))
        trace.append((i, a, b))
        if ended and kind == "break":
            break
    return (a, b), trace


def _after(kind: str, n: int, m: int, state: tuple[int, int, int]) -> tuple[int, int]:
    """Return what a line makes of `a` and `b`."""
    i, a, b = state
    return {
        "add": (a + i, b),
        "times": (a, b + n * i),
        "other": (a, b + a % m),
        "if": (a + b if (a + i) % n == 0 else a, b if (a + i) % n == 0 else b + 1),
        "mod": ((a * n + i) % m, b),
        "swap": (b, a + n),
    }.get(kind, (a, b))


def _text(step: _Step) -> list[str]:
    """Write a line of the body."""
    kind, n, m = step
    return {
        "add": ["a += i"],
        "times": [f"b += {n} * i"],
        "other": [f"b += a % {m}"],
        "if": [f"if (a + i) % {n} == 0:", "    a += b", "else:", "    b += 1"],
        "mod": [f"a = (a * {n} + i) % {m}"],
        "swap": [f"a, b = b, a + {n}"],
        "break": [f"if a + b > {5 * m}:", "    break"],
        "skip": [f"if i % {n} == 0:", "    continue"],
    }[kind]
