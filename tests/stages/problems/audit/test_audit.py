"""Graders on right and wrong responses, and which families are refused."""

import asyncio
from collections.abc import Sequence
from random import Random

import pytest

from etude.errors import ConfigError
from etude.records import FamilyAudit, Grade, Origin, Problem, Reference
from etude.rollout import open_bench
from etude.rollout.graders import Means
from etude.stages.problems.audit import audit, near_misses, spellings, verdict_on
from etude.stages.problems.families import families

MATHS, TEXT, CHOICE = '{"use": "maths"}', '{"use": "text"}', '{"use": "choice"}'
GYM, UNGUARDED = '{"use": "reasoning_gym"}', '{"use": "reasoning_gym", "partial": true}'
ANSWERS = [
    ("17", MATHS), ("-1284", MATHS), ("0", MATHS), ("3.75", MATHS), ("-0.5", MATHS),
    ("7/3", MATHS), ("-\\frac{7}{30}", MATHS), ("3\\sqrt{17}", MATHS),
    ("\\frac{275\\pi}{12}", MATHS),
    ("4x^{3} - 5x + 1", MATHS), ("\\{-1, 5\\}", MATHS), ("\\{3\\}", MATHS), ("(2, -3)", MATHS),
    ("(7, -4, 11)", MATHS), ("(-\\infty, \\frac{1}{2}]", MATHS), ("[0, 1)", MATHS),
    ("\\begin{pmatrix} 1 & 2 \\\\ 3 & -4 \\end{pmatrix}", MATHS), ("36.8 km/h", MATHS),
    ("49%", MATHS), ("Rosa", TEXT), ("Elif, Rosa", TEXT), ("B", CHOICE),
]  # fmt: skip


def pair(answer: str, grader: str, number: int = 0) -> tuple[Problem, Reference]:
    problem = Problem(
        id=f"p{number}",
        origin=Origin(source="test", made_by="test"),
        statement="What comes next?",
    )
    return problem, Reference(problem_id=problem.id, answer=answer, grader=grader)


def gym_pairs(dataset: str, grader: str, n: int = 6) -> list[tuple[Problem, Reference]]:
    family = families.make({"use": "reasoning_gym", "dataset": dataset})
    pairs = []
    for number in range(n):
        posed = family.pose(Random(number), 1)
        problem, _ = pair("", grader, number)
        pairs.append((problem, Reference(
            problem_id=problem.id, answer=posed.answer, spellings=posed.spellings,
            grader=grader, data=posed.data,
        )))  # fmt: skip
    return pairs


def audited(*asked: tuple[str, Sequence[tuple[Problem, Reference]]]) -> list[FamilyAudit]:
    async def run() -> list[FamilyAudit]:
        async with open_bench(Means(jobs=1)) as bench:
            return [await audit(name, pairs, bench) for name, pairs in asked]

    return asyncio.run(run())


@pytest.mark.parametrize(("answer", "grader"), ANSWERS)
def test_there_are_ten_right_and_ten_wrong_responses_and_none_is_repeated(
    answer: str, grader: str
) -> None:
    _, reference = pair(answer, grader)
    for seed in range(20):
        right = spellings(reference, Random(seed))
        wrong = near_misses(reference, Random(seed), statement="What comes next?")
        assert len(set(right)) == len(right) == 10
        assert len(set(wrong)) == len(wrong) == 10
        assert not set(right) & set(wrong)


def test_the_same_chance_gives_the_same_responses() -> None:
    _, reference = pair("\\{-1, 5\\}", MATHS)
    assert spellings(reference, Random(3)) == spellings(reference, Random(3))
    assert near_misses(reference, Random(3)) == near_misses(reference, Random(3))
    assert near_misses(reference, Random(3)) != near_misses(reference, Random(4))


def test_our_graders_take_every_spelling_and_no_near_miss() -> None:
    pairs = [pair(*answer, number) for number, answer in enumerate(ANSWERS)]
    found = audited(("ours", pairs * 5))[0]
    assert (found.n_false_rejects, found.n_false_accepts, found.n_faults) == (0, 0, 0), found
    assert found.n_spellings == 10 * found.n_problems
    assert found.n_near_misses >= 10 * found.n_problems
    assert found.refused == ""


@pytest.mark.parametrize(
    ("answer", "wrong"),
    [
        ("0", "\\boxed{-0}"),
        ("\\{1, 1\\}", "\\boxed{\\{1\\}}"),
        ("(2, 2)", "\\boxed{(2, 2)}"),
        ("[1, 2, 1]", "\\boxed{[1, 2, 1]}"),
    ],
)
def test_what_is_right_after_all_is_no_near_miss(answer: str, wrong: str) -> None:
    _, reference = pair(answer, MATHS)
    for seed in range(50):
        assert wrong not in near_misses(reference, Random(seed))


def test_a_palindrome_mirrored_and_a_number_with_fewer_zeros_are_no_near_misses() -> None:
    for answer, right in (("0.50", "\\boxed{0.5}"), ("140.10°", "\\boxed{140.1}")):
        _, reference = pair(answer, GYM)
        assert all(right not in near_misses(reference, Random(seed)) for seed in range(50))


def test_scorers_that_pay_rubbish_are_refused_and_a_sound_one_is_not() -> None:
    halting, factors, logic, gcd = audited(
        ("game_of_life_halting", gym_pairs("game_of_life_halting", GYM)),
        ("prime_factorization", gym_pairs("prime_factorization", UNGUARDED)),
        ("propositional_logic", gym_pairs("propositional_logic", UNGUARDED)),
        ("gcd", gym_pairs("gcd", GYM)),
    )
    for found in (halting, factors, logic):
        assert found.n_false_accepts > 0
        assert found.refused.startswith("pays")
    assert (gcd.refused, gcd.n_false_accepts, gcd.n_false_rejects) == ("", 0, 0)


@pytest.mark.slow
def test_a_scorer_that_hangs_on_some_answers_is_refused_for_those_it_pays() -> None:
    (puzzle,) = audited(("puzzle24", gym_pairs("puzzle24", GYM, 20)))
    assert puzzle.n_false_accepts > 0
    assert puzzle.refused.startswith("pays")


def judged(n_right: int, n_refused: int, n_paid: int = 0, n_faults: int = 0) -> FamilyAudit:
    _, reference = pair("17", MATHS)

    def grade(score: float | None) -> Grade:
        fault = "broken" if score is None else ""
        return Grade(episode_id="e", task_id="p0", score=score, fault=fault, duration_s=0.0)

    rows = [("r", True, reference, grade(1.0))] * (n_right - n_refused)
    rows += [("r", True, reference, grade(0.0))] * n_refused
    rows += [("w", False, reference, grade(0.0))] * 100
    rows += [("w", False, reference, grade(0.01))] * n_paid
    rows += [("w", False, reference, grade(None))] * n_faults
    return verdict_on("family", 10, rows)


@pytest.mark.parametrize(
    ("found", "reason"),
    [
        (judged(1000, 10), ""),
        (judged(1000, 11), "refuses 1.1%"),
        (judged(1000, 0, n_paid=1), "pays 1 of 101 wrong responses"),
        (judged(1000, 0, n_faults=1), "no verdict on 1"),
        (judged(0, 0), "no right answer is known"),
    ],
)
def test_when_a_family_is_refused(found: FamilyAudit, reason: str) -> None:
    assert found.refused.startswith(reason)
    assert bool(found.refused) == bool(reason)


def test_examples_of_mistakes_are_at_most_ten_and_printable() -> None:
    found = judged(1000, 50, n_paid=50, n_faults=50)
    assert 0 < len(found.examples) <= 10
    assert all(example.isprintable() for example in found.examples)


def test_a_grader_that_cannot_be_had_is_the_users_to_mend() -> None:
    with pytest.raises(ConfigError, match="nowhere"):
        audited(("family", [pair("17", '{"use": "nowhere"}')]))
