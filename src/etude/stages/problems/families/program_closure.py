"""Predicts what a Python program with nested functions prints."""

from collections.abc import Mapping
from random import Random
from typing import ClassVar

from etude.stages.problems.families._base import Family, Posed
from etude.stages.problems.families._level import by_level
from etude.stages.problems.families._program import GRADER, asked
from etude.stages.problems.families._slips import slips


class ProgramClosureFamily(Family, frozen=True, kw_only=True):
    """Functions that remember, late binding, default arguments and composed functions."""

    topic = "programs"
    grader: ClassVar[Mapping[str, object]] = GRADER

    def pose(self, rng: Random, level: int) -> Posed:
        """Pose one program."""
        return by_level(level, _adder, _counter, _late, _default, _composed)(rng)


def _adder(rng: Random) -> Posed:
    """A function that makes functions."""
    a, b, x, y = (rng.randint(2, 20) for _ in range(4))
    lines = ["def make(k):", "    def inner(x):", f"        return x * k + {b}", ""]
    lines += ["    return inner", "", "", f"f = make({a})", f"g = make({y})"]
    lines.append(f"print(f({x}) - g({x}))" if rng.random() < 0.5 else f"print(f(g({x})))")
    f, g = x * a + b, x * y + b
    answer = f - g if "-" in lines[-1] else g * a + b
    wrong = [f * y + b, g - f, f + g, g * a, answer + b, a * x]
    return _posed(rng, lines, str(answer), [str(w) for w in wrong], f"f(x) is {a}x + {b}.")


def _counter(rng: Random) -> Posed:
    """Two counters that do not share what they remember."""
    start, step, more = rng.randint(0, 9), rng.randint(2, 6), rng.randint(2, 6)
    calls = [rng.choice("ab") for _ in range(rng.randint(4, 7))]
    lines = ["def counter(n, step):", "    def tick():", "        nonlocal n", "        n += step"]
    lines += ["        return n", "", "    return tick", "", ""]
    lines += [f"a = counter({start}, {step})", f"b = counter({start}, {more})"]
    lines += [f"{name}()" for name in calls] + ["print(a(), b())"]
    a, b = start + step * (calls.count("a") + 1), start + more * (calls.count("b") + 1)
    shared = start + step * (calls.count("a") + 1) + more * calls.count("b")
    near = [f"{a - step} {b - more}", f"{shared} {shared + more}", f"{b} {a}", f"{a} {b - more}"]
    how = "Each counter keeps a number of its own, and the last line counts once more as well."
    return _posed(rng, lines, f"{a} {b}", near, how)


def _late(rng: Random) -> Posed:
    """Functions made in a loop, which see the last value of its variable."""
    n, x, k = rng.randint(3, 6), rng.randint(2, 12), rng.randint(1, 9)
    bound = rng.random() < 0.4
    lines = ["fs = []", f"for i in range({n}):"]
    lines.append(f"    fs.append(lambda x{', i=i' if bound else ''}: x * i + {k})")
    place = rng.randrange(n - 1)
    lines.append(f"print(fs[{place}]({x}), fs[-1]({x}))")
    late, early = x * (n - 1) + k, x * place + k
    answer = f"{early} {late}" if bound else f"{late} {late}"
    near = [f"{late} {late}", f"{early} {late}", f"{x * n + k} {x * n + k}", f"{early} {x * n + k}"]
    how = (
        "The default argument keeps the i of each round."
        if bound
        else (f"All functions look i up when they are called, and then it is {n - 1}.")
    )
    return _posed(rng, lines, answer, near, how)


def _default(rng: Random) -> Posed:
    """A list as default argument, which is made once."""
    values = [rng.randint(1, 20) for _ in range(rng.randint(3, 5))]
    own = rng.randrange(1, len(values))
    lines = ["def add(x, seen=[]):", "    seen.append(x)", "    return sum(seen)", "", ""]
    results, total = [], 0
    for i, value in enumerate(values):
        lines.append(f"r{i} = add({value}{', []' if i == own else ''})")
        total += 0 if i == own else value
        results.append(value if i == own else total)
    names = ", ".join(f"r{i}" for i in range(len(values)))
    lines.append(f"print({names})")
    running = [sum(values[: i + 1]) for i in range(len(values))]
    near = [" ".join(map(str, row)) for row in (values, running, results[::-1], results[:-1])]
    how = "The default list is made once and shared by all calls that pass none."
    return _posed(rng, lines, " ".join(map(str, results)), near, how)


def _composed(rng: Random) -> Posed:
    """Functions that are composed and repeated."""
    a, b, c, x = (rng.randint(2, 9) for _ in range(4))
    n, m = rng.randint(2, 4), rng.randint(2, 3)
    lines = ["def twice(f, n):", "    def run(x):", "        for _ in range(n):"]
    lines += ["            x = f(x)", "        return x", "", "    return run", "", ""]
    lines += [f"f = lambda x: {a} * x - {b}", f"g = lambda x: x % {10 * c} + {c}"]
    lines.append(f"h = twice(lambda x: g(f(x)), {n})")
    lines.append(f"print(h({x}), twice(g, {m})({x}))")
    first, swapped, states = x, x, [x]
    for _ in range(n):
        first = (a * first - b) % (10 * c) + c
        swapped = a * (swapped % (10 * c) + c) - b
        states.append(first)
    second = x
    for _ in range(m):
        second = second % (10 * c) + c
    near = [
        f"{swapped} {second}",
        f"{states[-2]} {second}",
        f"{first} {x + c}",
        f"{second} {first}",
    ]
    how = f"h takes x through {' → '.join(map(str, states))}; each step is g after f."
    return _posed(rng, lines, f"{first} {second}", near, how)


def _posed(rng: Random, lines: list[str], answer: str, near: list[str], how: str) -> Posed:
    """Put a problem together."""
    return Posed(
        statement=asked(rng, lines), answer=answer, near_misses=slips(answer, *near), solution=how
    )
