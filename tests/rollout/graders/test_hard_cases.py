"""Published hard cases of answer equivalence, each with where it was seen and why it is so."""

import asyncio
import json
from pathlib import Path
from typing import TypedDict

from etude.records import Grade, Reference
from etude.rollout.bench import open_bench

_CASES = Path(__file__).with_name("hard_cases.jsonl")


class Case(TypedDict):
    """One line of the file."""

    reference: str
    answer: str
    right: bool | None
    """`None`: there must be no verdict, for the reference cannot be read."""
    why: str
    source: str


def _cases() -> list[Case]:
    return [json.loads(line) for line in _CASES.read_text("utf-8").splitlines()]


async def _grades(cases: list[Case]) -> list[Grade]:
    async with open_bench() as bench:
        return [
            await bench.grade(
                f"so it is \\boxed{{{case['answer']}}}.",
                Reference(problem_id="hard", answer=case["reference"]),
            )
            for case in cases
        ]


def test_every_hard_case_is_judged_as_its_file_says() -> None:
    cases = _cases()
    grades = asyncio.run(_grades(cases))
    wrong = [
        f"{case['reference']} | {case['answer']} | {case['why']} | {grade.note or grade.fault}"
        for case, grade in zip(cases, grades, strict=True)
        if grade.score != (None if case["right"] is None else float(case["right"]))
    ]
    assert wrong == []


def test_every_reference_that_can_be_read_accepts_itself() -> None:
    cases = _cases()
    itself = [{**case, "answer": case["reference"]} for case in cases if case["right"] is not None]
    grades = asyncio.run(_grades(itself))  # type: ignore[arg-type]
    assert [c["reference"] for c, g in zip(itself, grades, strict=True) if g.score != 1.0] == []


def test_a_pair_of_plain_cases_is_judged_the_same_both_ways_round() -> None:
    # Only values: names, units and forms are the reference's to ask for.
    cases = [
        case
        for case in _cases()
        if case["right"] is not None
        and "two readings" not in case["why"]
        and not set("=<>,;:%$") & set(case["reference"] + case["answer"])
        and not any(word in case["answer"] + case["reference"] for word in _NO_VALUES)
    ]
    assert len(cases) > 80
    turned = [{**c, "answer": c["reference"], "reference": c["answer"]} for c in cases]
    grades = asyncio.run(_grades(turned))  # type: ignore[arg-type]
    differ = [
        (case["reference"], case["answer"], grade.note or grade.fault)
        for case, grade in zip(turned, grades, strict=True)
        if (grade.score == 1.0) != case["right"]
    ]
    assert differ == []


_NO_VALUES = (
    *("le ", "ge", "ne ", "in ", "cm", "text", "m", "degrees", "circ", "or", "°", "answer", "€"),
    *("_", "!", "-03-"),
)


def test_there_are_enough_cases_and_each_says_where_it_is_from() -> None:
    cases = _cases()
    assert sum(case["source"] != "own" for case in cases) >= 150
    assert all(case["why"] and case["source"] for case in cases)
    assert len({(case["reference"], case["answer"]) for case in cases}) == len(cases)
