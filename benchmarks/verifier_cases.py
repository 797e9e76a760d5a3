"""How many of the published hard cases of answer equivalence a verifier judges as their file says.

    python benchmarks/verifier_cases.py [--other]

With `--other`, math-verify judges them too; it is no dependency and must be installed beside.
"""

import argparse
import asyncio
import importlib
import json
import sys
from collections import Counter
from pathlib import Path

from etude.records import Reference
from etude.rollout.bench import open_bench

Case = dict[str, str | bool | None]

_CASES = Path(__file__).parent.parent / "tests" / "rollout" / "graders" / "hard_cases.jsonl"


async def _ours(cases: list[Case]) -> list[bool | None]:
    async with open_bench() as bench:
        grades = [
            await bench.grade(
                f"\\boxed{{{case['answer']}}}",
                Reference(problem_id="case", answer=str(case["reference"])),
            )
            for case in cases
        ]
    return [None if grade.score is None else grade.score == 1.0 for grade in grades]


def _math_verify(cases: list[Case]) -> list[bool | None]:
    library = importlib.import_module("math_verify")
    return [
        bool(
            library.verify(
                library.parse(f"\\boxed{{{case['reference']}}}"),
                library.parse(f"\\boxed{{{case['answer']}}}"),
            )
        )
        for case in cases
    ]


def _count(cases: list[Case], found: list[bool | None]) -> dict[str, int]:
    names: dict[tuple[object, object], str] = {
        (True, True): "right",
        (False, False): "right",
        (None, None): "right",
    }
    names |= {(False, True): "false_accepts", (True, False): "false_rejects"}
    counts = Counter(names.get((c["right"], f), "other") for c, f in zip(cases, found, strict=True))
    return {"n_cases": len(cases), **counts}


def _tell(cases: str, judge: str, counts: dict[str, int]) -> None:
    sys.stdout.write(json.dumps({"cases": cases, "by": judge, **counts}) + "\n")


def main() -> None:
    """Print the counts as JSON, of all cases and of those that have only one reading."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--other", action="store_true", help="judge by math-verify as well")
    other = parser.parse_args().other
    every = [json.loads(line) for line in _CASES.read_text("utf-8").splitlines()]
    plain = [case for case in every if "two readings" not in case["why"]]
    for name, cases in (("all", every), ("one_reading", plain)):
        _tell(name, "maths", _count(cases, asyncio.run(_ours(cases))))
        if other:
            _tell(name, "math-verify", _count(cases, _math_verify(cases)))


if __name__ == "__main__":
    main()
