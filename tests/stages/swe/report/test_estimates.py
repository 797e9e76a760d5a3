from itertools import combinations

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.stages.swe.report import report_inputs as made

from etude.stages.swe.report.estimates import pass_at_k, wilson_interval
from etude.stages.swe.report.scores import AgentScores, standing


@pytest.mark.parametrize(("n", "c"), [(n, c) for n in range(1, 8) for c in range(n + 1)])
def test_pass_at_k_is_the_share_of_draws_with_a_solution(n: int, c: int) -> None:
    attempts = [True] * c + [False] * (n - c)
    for k in range(1, n + 1):
        draws = [any(draw) for draw in combinations(attempts, k)]
        assert pass_at_k(n, c, k) == pytest.approx(sum(draws) / len(draws))


@pytest.mark.parametrize(("n", "c", "k"), [(3, 4, 1), (3, -1, 1), (3, 1, 4), (3, 1, 0), (0, 0, 1)])
def test_pass_at_k_refuses_what_cannot_be_estimated(n: int, c: int, k: int) -> None:
    with pytest.raises(ValueError, match="pass@k needs"):
        pass_at_k(n, c, k)


def test_the_wilson_interval_agrees_with_published_values() -> None:
    # Newcombe 1998, Statistics in Medicine 17, table I, method 3.
    published = {(81, 263): (0.2553, 0.3662), (15, 148): (0.0624, 0.1605)}
    published |= {(0, 20): (0.0, 0.1611), (1, 29): (0.0061, 0.1718)}
    for (solved, n), bounds in published.items():
        assert wilson_interval(solved / n, n) == pytest.approx(bounds, abs=5e-5)


@given(st.integers(1, 500).flatmap(lambda n: st.tuples(st.integers(0, n), st.just(n))))
def test_the_wilson_interval_holds_the_share_and_stays_between_0_and_1(
    pair: tuple[int, int],
) -> None:
    solved, n = pair
    low, high = wilson_interval(solved / n, n)
    assert 0.0 <= low <= solved / n <= high <= 1.0


def test_faults_count_neither_for_nor_against_an_agent() -> None:
    tasks = [made.task(number, made.codebase()) for number in range(2)]
    outcomes = ((tasks[0], 1.0), (tasks[0], None), (tasks[1], 0.0), (tasks[1], 1.0))
    grades = tuple(made.grade(of, "a", n, score) for n, (of, score) in enumerate(outcomes))
    found = standing(AgentScores(agent="a", grades=grades, n_attempts=2))
    assert (found.n_tasks, found.n_verdicts, found.n_faults) == (2, 3, 1)
    assert found.n_solved_once == 2
    assert [(e.k, e.share, e.n_tasks) for e in found.estimates] == [(1, 0.75, 2), (2, 1.0, 1)]
