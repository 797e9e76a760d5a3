"""What a family varies with its level."""

from typing import TypeVar

from etude.errors import TaskError

ValueT = TypeVar("ValueT")


def by_level(level: int, *values: ValueT) -> ValueT:
    """Return the value of a level; the first is that of level 1.

    Raises:
        TaskError: There is no such level.
    """
    if not 1 <= level <= len(values):
        raise TaskError(f"there is no level {level}; the levels go from 1 to {len(values)}")
    return values[level - 1]
