import pytest

from etude.records import Grade


def test_a_grade_without_score_needs_a_fault() -> None:
    with pytest.raises(ValueError, match="either a score or a fault"):
        Grade(episode_id="e", task_id="t", score=None)
    assert not Grade(episode_id="e", task_id="t", score=None, fault="box gone").solved


def test_a_grade_with_a_score_has_no_fault() -> None:
    with pytest.raises(ValueError, match="not both"):
        Grade(episode_id="e", task_id="t", score=0.0, fault="box gone")


@pytest.mark.parametrize("score", [-0.01, 1.01, float("nan")])
def test_a_score_lies_between_zero_and_one(score: float) -> None:
    with pytest.raises(ValueError, match=r"must lie in \[0, 1\]"):
        Grade(episode_id="e", task_id="t", score=score)
