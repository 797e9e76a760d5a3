"""reasoning-gym's own scorers, guarded."""

from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from random import Random

import msgspec
import pytest

from etude.records import Grade, Reference
from etude.rollout.graders import Means
from etude.rollout.reward import Reward
from etude.stages.problems.families import families

STRICT, PARTIAL = '{"use": "reasoning_gym"}', '{"use": "reasoning_gym", "partial": true}'


def posed(dataset: str, grader: str = STRICT) -> Reference:
    family = families.make({"use": "reasoning_gym", "dataset": dataset})
    problem = family.pose(Random(7), 1)
    return Reference(problem_id="p", answer=problem.answer, grader=grader, data=problem.data)


Graded = Callable[[Sequence[tuple[str, Reference]]], list[Grade]]


@pytest.fixture(scope="module")
def grades() -> Iterator[Graded]:
    """Grades pairs of a response and a reference; its worker stays warm."""
    reward = Reward(Means(jobs=1))

    def graded(asked: Sequence[tuple[str, Reference]]) -> list[Grade]:
        return reward.grades([pair[0] for pair in asked], [pair[1] for pair in asked])

    yield graded
    reward.close()


def boxed(answer: str) -> str:
    return f"So it is \\boxed{{{answer}}}."


def test_right_answers_are_paid_and_others_are_not(grades: Graded) -> None:
    asked = []
    for name in ("chain_sum", "n_queens", "simple_integration", "bitwise_arithmetic", "arc_1d"):
        reference = posed(name)
        asked += [(boxed(reference.answer), reference), (boxed(f"{reference.answer} 1"), reference)]
    assert [grade.score for grade in grades(asked)] == [1.0, 0.0] * 5


def test_no_scorer_runs_what_was_answered(grades: Graded, tmp_path: Path) -> None:
    mark = tmp_path / "mark"
    attack = f"__import__('pathlib').Path({str(mark)!r}).touch() or [1]"
    # Every scorer that evaluates what it is given, or hands it to a parser that does.
    names = (
        "string_insertion", "spiral_matrix", "binary_matrix", "n_queens", "number_sorting",
        "simple_integration", "intermediate_integration", "polynomial_multiplication",
        "countdown", "puzzle24", "bitwise_arithmetic",
    )  # fmt: skip
    answers = (attack, f"[{attack}]", attack.replace("'", '"'))
    asked = [(boxed(answer), posed(name)) for name in names for answer in answers]
    assert {grade.score for grade in grades(asked)} == {0.0}
    assert not mark.exists()


def test_a_scorer_that_crashes_or_hangs_pays_nothing_and_is_no_fault(grades: Graded) -> None:
    factors, integral = posed("prime_factorization"), posed("simple_integration")
    slow = msgspec.structs.replace(integral, grader='{"use": "reasoning_gym", "timeout_s": 0.5}')
    grade, hung = grades([(boxed("no number"), factors), (boxed("9**9**9**9"), slow)])
    assert (grade.score, grade.fault) == (0.0, "")
    assert "ValueError" in grade.note
    assert (hung.score, hung.fault) == (0.0, "")
    assert "time limit" in hung.note


def test_partial_credit_is_paid_only_where_it_is_wanted(grades: Graded) -> None:
    answer = boxed("x")
    asked = [(answer, posed("propositional_logic", g)) for g in (STRICT, PARTIAL)]
    asked += [(boxed("2 \u00d7 2"), posed("prime_factorization", g)) for g in (STRICT, PARTIAL)]
    scores = [grade.score for grade in grades(asked)]
    assert scores[0] == scores[2] == 0.0
    assert scores[3] == 0.01


@pytest.mark.parametrize(
    "data",
    ["", "{}", '{"dataset": "composite", "entry": "{}"}', '{"dataset": "nowhere", "entry": "{}"}',
     '{"dataset": "gcd", "entry": "{}"}', '{"dataset": "gcd", "entry": "__import__(\'os\')"}'],
)  # fmt: skip
def test_a_broken_reference_is_a_fault(grades: Graded, data: str) -> None:
    reference = Reference(problem_id="p", grader=STRICT, data=data)
    (grade,) = grades([(boxed("1"), reference)])
    assert grade.score is None
    assert "GradeError" in grade.fault


@pytest.mark.parametrize("response", ["", "17", "\\boxed{}", "\\boxed{17", "\\boxed{\ud800}"])
def test_a_response_without_an_answer_is_worth_nothing(grades: Graded, response: str) -> None:
    (grade,) = grades([(response, posed("chain_sum"))])
    assert (grade.score, grade.fault) == (0.0, "")
