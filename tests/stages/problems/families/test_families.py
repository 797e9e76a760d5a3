"""What holds of every family that is ours: the laws of posing."""

import re
from collections.abc import Iterator
from fractions import Fraction
from random import Random

import pytest

from etude.errors import TaskError
from etude.stages.problems.families import Posed, families

OURS = [name for name in families.names() if name != "reasoning_gym"]
TOPICS = {
    *("arithmetic", "algebra", "equations", "number theory", "combinatorics", "geometry"),
    *("logic", "grids", "strings", "dates", "graphs", "programs"),
}


def some(name: str, count: int) -> Iterator[Posed]:
    """Give problems at mixed levels."""
    family = families.make(name)
    for seed in range(count):
        yield family.pose(Random(seed), seed % family.levels + 1)


def test_every_topic_has_at_least_three_families() -> None:
    topics = [families.load(name).topic for name in OURS]
    assert set(topics) == TOPICS
    assert min(topics.count(topic) for topic in TOPICS) >= 3
    assert len(OURS) >= 45


@pytest.mark.parametrize("name", OURS)
def test_the_same_seed_poses_the_same_problem(name: str) -> None:
    family = families.make(name)
    for level in range(1, family.levels + 1):
        assert family.pose(Random(f"{level}"), level) == family.pose(Random(f"{level}"), level)


@pytest.mark.parametrize("name", OURS)
def test_levels_pose_different_problems(name: str) -> None:
    family = families.make(name)
    for seed in range(3):
        assert len({family.pose(Random(seed), level).statement for level in range(1, 6)}) >= 3


@pytest.mark.parametrize("name", OURS)
@pytest.mark.parametrize("level", [0, 6, -1])
def test_a_level_that_there_is_not_is_refused(name: str, level: int) -> None:
    with pytest.raises(TaskError, match=f"no level {level}"):
        families.make(name).pose(Random(0), level)


@pytest.mark.parametrize("name", OURS)
def test_eighty_problems_are_mostly_different(name: str) -> None:
    assert len({posed.statement for posed in some(name, 80)}) >= 65


@pytest.mark.parametrize("name", OURS)
def test_statements_are_whole_and_tell_no_answer(name: str) -> None:
    for posed in some(name, 30):
        assert posed.statement.strip()
        assert posed.answer.strip()
        prose = re.sub(
            r"```.*?```|\$\$.*?\$\$|\$.*?\$|`[^`]*`", "", posed.statement, flags=re.DOTALL
        )
        assert not re.search(r"\{[a-z_]*\}", prose), posed.statement
        assert "  " not in re.sub(r"```.*?```", "", posed.statement, flags=re.DOTALL)
        assert not re.search(r"answer is\b|answer:", posed.statement, re.IGNORECASE)
        assert prose.count("$") == 0


@pytest.mark.parametrize("name", OURS)
def test_a_near_miss_is_never_right_and_nearly_always_there(name: str) -> None:
    count = 0
    for posed in some(name, 30):
        right = {value(text) for text in (posed.answer, *posed.spellings)}
        assert not right & {value(text) for text in posed.near_misses}, posed
        assert len(set(posed.near_misses)) == len(posed.near_misses)
        count += len(posed.near_misses)
    assert count >= 60


def value(text: str) -> Fraction | str:
    """Read a number, or take the letters."""
    try:
        return Fraction(text)
    except ValueError:
        return "".join(text.split()).casefold()
