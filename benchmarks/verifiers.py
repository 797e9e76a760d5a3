"""Verifications per second per core: our grader `maths` beside math-verify, on the same pairs.

    .venv/bin/python benchmarks/verifiers.py [--each 3]

The pairs come from our own families of problems: each answer as it is, in another spelling, and
two near misses, so what is right is known by how it was made. Ours goes through its public door, a
bench with one worker; math-verify is called as most do, both sides parsed each time, in an
environment of its own, `.venv-peers/maths`, which is made when it is missing. One core each, one
after the other. Then both are given what does not end, with their own limit of five seconds.
"""

import argparse
import asyncio
import json
import os
import re
import resource
import subprocess
import sys
import time
import venv
from collections import Counter, defaultdict
from collections.abc import Iterator, Sequence
from pathlib import Path
from random import Random
from typing import NamedTuple

from etude.errors import TaskError
from etude.records import Reference
from etude.rollout import open_bench
from etude.rollout.graders import Means
from etude.stages.problems.audit import near_misses, spellings
from etude.stages.problems.families import families

PEERS = ("math-verify==0.9.0", "antlr4-python3-runtime==4.13.2")
HANGS = (
    ("16", "\\boxed{5^{5^{5^{5}}}}"),
    ("16", "\\boxed{\\dfrac{5^{\\left(5^{\\left(5^{5}\\right)}\\right)}-5}{16}}"),
    ("16", "\\boxed{9^{9^{9^{9}}}}"),
    ("16", "\\boxed{10000000!}"),
)
KILLED_AFTER_S = 60.0
CATEGORIES = (
    ("integer", r"-?\d+"),
    ("decimal", r"-?\d*\.\d+"),
    ("fraction", r"-?(\d+/\d+|\\d?frac\{-?\d+\}\{\d+\})"),
    ("unit or percent", r"-?[\d.]+\s?(\\?%|[a-zA-Z].*)"),
    ("matrix", r"\\begin.*"),
    ("set, tuple, interval", r"(\\\{|[(\[]).*,.*(\\\}|[)\]])"),
    ("expression", r".*"),
)


class Case(NamedTuple):
    """A pair, and whether the response is right."""

    gold: str
    response: str
    right: bool
    category: str


def cases(each: int) -> list[Case]:
    """Pose problems and answer them rightly and wrongly."""
    found: list[Case] = []
    for name in families.names():
        if name == "reasoning_gym" or families.load(name).grader != {"use": "maths"}:
            continue
        for variant in families.load(name).variants().values():
            family = families.make({"use": name, **variant})
            for number in range(each):
                rng = Random(f"{name}:{number}")
                try:
                    posed = family.pose(rng, 1 + number % family.levels)
                except TaskError:
                    continue
                reference = Reference(
                    problem_id="p", answer=posed.answer, near_misses=posed.near_misses
                )
                found += answered(reference, rng)
    return found


def answered(reference: Reference, rng: Random) -> Iterator[Case]:
    """Yield an answer as it is, in another spelling, and two near misses, each in one box."""
    category = next(
        name for name, form in CATEGORIES if re.fullmatch(form, reference.answer, re.DOTALL)
    )
    right = [r for r in spellings(reference, rng) if r.count("\\boxed") == 1]
    wrong = [r for r in near_misses(reference, rng) if r.count("\\boxed{") == 1 and len(r) < 500]
    for responses, is_right in ((right[:2], True), (wrong[:2], False)):
        for response in responses:
            yield Case(reference.answer, response, is_right, category)


class Judged(NamedTuple):
    """What one side said of one pair, and what it took."""

    right: bool | str
    cpu_s: float
    clock_s: float


async def ours(pairs: Sequence[tuple[str, str]]) -> list[Judged]:
    """Judge pairs with our grader. What its worker used is spread over all of them."""
    found = []
    async with open_bench(Means(jobs=1)) as bench:
        for _ in range(3):  # the worker starts with the first pair that needs it
            warm = Reference(problem_id="warm", answer="\\sin(x)^2 + \\cos(x)^2")
            await bench.grade("\\boxed{\\cos(0)}", warm)
        before = workers_cpu_s()
        for gold, response in pairs:
            started, used = time.perf_counter(), time.process_time()
            grade = await bench.grade(response, Reference(problem_id="p", answer=gold))
            took = (time.process_time() - used, time.perf_counter() - started)
            found.append(Judged(grade.score == 1.0, *took))
        share = (workers_cpu_s() - before) / len(pairs)
    return [judged._replace(cpu_s=judged.cpu_s + share) for judged in found]


def workers_cpu_s() -> float:
    """Return the CPU seconds of this process's children, dead and alive."""
    dead = sum(resource.getrusage(resource.RUSAGE_CHILDREN)[:2])
    alive = 0
    for children in Path("/proc/self/task").glob("*/children"):
        for pid in children.read_text().split():
            fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
            alive += int(fields[11]) + int(fields[12])
    return dead + alive / os.sysconf("SC_CLK_TCK")


def theirs(python: Path, pairs: Sequence[tuple[str, str]]) -> list[Judged]:
    """Judge pairs with math-verify; a pair that has to be killed ends the list."""
    lines = "".join(json.dumps(pair) + "\n" for pair in pairs)
    script = Path(__file__).with_name("verifiers_peer.py")
    try:
        done = subprocess.run(
            [python, script],
            input=lines,
            capture_output=True,
            text=True,
            check=False,
            timeout=KILLED_AFTER_S if len(pairs) == 1 else None,
        )
    except subprocess.TimeoutExpired:
        return [Judged("killed", KILLED_AFTER_S, KILLED_AFTER_S)]
    return [Judged(*json.loads(line)) for line in done.stdout.splitlines()]


def peer() -> Path | None:
    """Return the Python of math-verify's environment, which is made when it is missing."""
    folder = Path(__file__).parents[1] / ".venv-peers" / "maths"
    python = folder / "bin" / "python"
    if not python.exists():
        venv.create(folder, with_pip=True)
        done = subprocess.run([python, "-m", "pip", "install", "-q", *PEERS], check=False)
        if done.returncode:
            sys.stderr.write("math-verify could not be installed; only Etude is timed\n")
            return None
    return python


def speed_table(asked: Sequence[Case], sides: dict[str, list[Judged]]) -> Iterator[str]:
    """Lay out verifications per second of CPU, and how often each side is right."""
    heads = (f"{name}: per CPU second | wrong verdicts" for name in sides)
    yield "| answers | pairs | " + " | ".join(heads) + " |"
    yield "|---|---|" + "---|---|" * len(sides)
    for name in [*dict.fromkeys(case.category for case in asked), "all"]:
        rows = [n for n, case in enumerate(asked) if name in {case.category, "all"}]
        cells = []
        for found in sides.values():
            used = sum(found[n].cpu_s for n in rows)
            accepts = sum(found[n].right is True and not asked[n].right for n in rows)
            rejects = sum(found[n].right is not True and asked[n].right for n in rows)
            cells.append(f"{len(rows) / used:,.0f} | {accepts} false yes, {rejects} false no")
        yield f"| {name} | {len(rows)} | " + " | ".join(cells) + " |"


def differences(asked: Sequence[Case], one: list[Judged], other: list[Judged]) -> Iterator[str]:
    """Lay out where the two differ, and who is right there."""
    counted: Counter[tuple[str, str]] = Counter()
    examples = defaultdict(list)
    for case, mine, its in zip(asked, one, other, strict=True):
        if (mine.right is True) != (its.right is True):
            who = "Etude" if (mine.right is True) == case.right else "math-verify"
            counted[case.category, who] += 1
            box = case.response[case.response.rfind("\\boxed") :][:70]
            examples[case.category, who].append(f"`{box}` for `{case.gold[:40]}`")
    yield "| answers | differ | right there | such as |"
    yield "|---|---|---|---|"
    for (category, who), n in sorted(counted.items()):
        shown = "; ".join(examples[category, who][:2]).replace("\n", " ").replace("|", "\\|")
        yield f"| {category} | {n} | {who} | {shown} |"


def main() -> None:
    """Run it and print Markdown."""
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("--each", type=int, default=3, help="problems of each family")
    asked = cases(options.parse_args().each)
    # By category, for what the worker used is known for all that it was asked together.
    asked.sort(key=lambda case: [name for name, _ in CATEGORIES].index(case.category))
    groups = [
        [(case.gold, case.response) for case in asked if case.category == name]
        for name in dict.fromkeys(case.category for case in asked)
    ]
    say = sys.stdout.write
    sides = {"Etude": [judged for group in groups for judged in asyncio.run(ours(group))]}
    python = peer()
    if python is not None:
        sides["math-verify 0.9.0"] = theirs(python, [pair for group in groups for pair in group])
    say("\n".join(speed_table(asked, sides)) + "\n\n")
    if python is not None:
        say("\n".join(differences(asked, *sides.values())) + "\n\n")
    say("| what does not end, with a limit of 5 s | Etude | math-verify 0.9.0 |\n|---|---|---|\n")
    for hang in HANGS:
        (mine,) = asyncio.run(ours([hang]))
        its = theirs(python, [hang])[0] if python is not None else Judged("not asked", 0.0, 0.0)
        cells = [f"{judged.right}, {judged.clock_s:.2f} s" for judged in (mine, its)]
        say(f"| `{hang[1]}` | {cells[0]} | {cells[1]} |\n")


if __name__ == "__main__":
    main()
