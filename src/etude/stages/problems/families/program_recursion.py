"""Predicts what a recursive Python function returns."""

from collections.abc import Mapping
from random import Random
from typing import ClassVar

from etude.stages.problems.families._base import Family, Posed
from etude.stages.problems.families._level import by_level
from etude.stages.problems.families._program import GRADER, asked
from etude.stages.problems.families._slips import slips


class ProgramRecursionFamily(Family, frozen=True, kw_only=True):
    """One or two calls of itself, two functions that call each other, and a count of calls."""

    topic = "programs"
    grader: ClassVar[Mapping[str, object]] = GRADER

    def pose(self, rng: Random, level: int) -> Posed:
        """Pose one program."""
        a, b, c = rng.randint(1, 3), rng.randint(1, 3), rng.randint(0, 7)
        base = rng.randint(0, 5)
        n = rng.randint(3, by_level(level, 5, 6, 7, 9, 12))
        if level == 1:
            return _single(rng, n, a + 1, c, base)
        if level == 5:
            return _halving(rng, rng.randint(20, 400), a, c)
        if level == 4 and rng.random() < 0.5:
            return _mutual(rng, n, a, b, c)
        values = [base, base + 1]
        while len(values) <= n + 1:
            values.append(a * values[-1] + b * values[-2] - c)
        first = f"{a} * f(n - 1)" if a > 1 else "f(n - 1)"
        second = f"{b} * f(n - 2)" if b > 1 else "f(n - 2)"
        less = f" - {c}" if c else ""
        lines = [
            "def f(n):",
            "    if n < 2:",
            f"        return n + {base}" if base else "        return n",
            f"    return {first} + {second}{less}",
            "",
            f"print(f({n}))",
        ]
        wrong = [values[n - 1], values[n + 1], values[n] + c, values[n] - c, values[n] + 1]
        return Posed(
            statement=asked(rng, lines),
            answer=str(values[n]),
            near_misses=slips(values[n], *wrong),
            solution=f"From f(0) on, the values are {', '.join(map(str, values[: n + 1]))}.",
        )


def _single(rng: Random, n: int, a: int, c: int, base: int) -> Posed:
    """Pose a function that calls itself once."""
    values = [base]
    for k in range(1, n + 2):
        values.append(a * values[-1] + k + c)
    lines = [
        "def f(n):",
        "    if n == 0:",
        f"        return {base}",
        f"    return {a} * f(n - 1) + n" + (f" + {c}" if c else ""),
        "",
        f"print(f({n}))",
    ]
    return Posed(
        statement=asked(rng, lines),
        answer=str(values[n]),
        near_misses=slips(values[n], values[n - 1], values[n + 1], values[n] + n, a * values[n]),
        solution=f"From f(0) on, the values are {', '.join(map(str, values[: n + 1]))}.",
    )


def _mutual(rng: Random, n: int, a: int, b: int, c: int) -> Posed:
    """Pose two functions that call each other."""
    fs, gs = [a], [b]
    for k in range(1, n + 1):
        fs.append(gs[k - 1] * 2 + k)
        gs.append(fs[k - 1] - c)
    lines = [
        "def f(n):",
        f"    return {a} if n == 0 else 2 * g(n - 1) + n",
        "",
        "",
        "def g(n):",
        f"    return {b} if n == 0 else f(n - 1) - {c}",
        "",
        "",
        f"print(f({n}), g({n}))",
    ]
    text = f"{fs[n]} {gs[n]}"
    near = [f"{gs[n]} {fs[n]}", f"{fs[n - 1]} {gs[n - 1]}", f"{fs[n] + c} {gs[n]}", str(fs[n])]
    return Posed(
        statement=asked(rng, lines),
        answer=text,
        near_misses=slips(text, *near),
        solution=f"f gives {', '.join(map(str, fs))} and g gives {', '.join(map(str, gs))} for "
        f"0, 1, and so on.",
    )


def _halving(rng: Random, n: int, a: int, c: int) -> Posed:
    """Pose a function that goes different ways for even and odd numbers."""
    step = rng.choice((1, 3))
    value, calls, m = 0, 1, n
    path = [n]
    while m > 2:
        value += a if m % 2 == 0 else c
        m = m // 2 if m % 2 == 0 else m - step
        calls += 1
        path.append(m)
    value += m
    lines = [
        "calls = 0",
        "",
        "",
        "def f(n):",
        "    global calls",
        "    calls += 1",
        "    if n <= 2:",
        "        return n",
        "    if n % 2 == 0:",
        f"        return f(n // 2) + {a}",
        f"    return f(n - {step}) + {c}",
        "",
        "",
        f"print(f({n}), calls)",
    ]
    text = f"{value} {calls}"
    near = [f"{value} {calls - 1}", f"{value - m} {calls}", f"{value + a} {calls + 1}", str(value)]
    return Posed(
        statement=asked(rng, lines),
        answer=text,
        near_misses=slips(text, *near),
        solution=f"f is called with {', '.join(map(str, path))}; the last call returns {m}, and "
        f"the numbers added on the way back make {value}.",
    )
