"""Family: poses problems of one sort, as hard as asked."""

from abc import abstractmethod
from collections.abc import Mapping
from random import Random
from typing import ClassVar

import msgspec

from etude.plugins import Spec
from etude.records import CodeTest


class Posed(msgspec.Struct, frozen=True, kw_only=True):
    """One problem as a family poses it."""

    statement: str
    """What is asked, in Markdown; formulas in LaTeX between dollar signs."""
    answer: str
    """The answer, without any wrapping; empty when only the grader can tell what is right."""
    spellings: tuple[str, ...] = ()
    """Further right answers that no rule of writing gives, such as another order."""
    near_misses: tuple[str, ...] = ()
    """Wrong answers that this very problem invites: the usual slips."""
    solution: str = ""
    """How the answer comes about, in Markdown; empty when the family does not say."""
    data: str = ""
    """What else the grader needs, as JSON; empty when nothing."""
    tests: tuple[CodeTest, ...] = ()
    entry: str = ""


class Family(Spec, frozen=True, kw_only=True):
    """Poses problems of one sort. Its fields are its settings."""

    topic: ClassVar[str]
    """Field that its problems belong to, such as `algebra`."""
    grader: ClassVar[Mapping[str, object]] = {"use": "maths"}
    """Name and settings of what judges the answers."""
    levels: ClassVar[int] = 5
    """How many levels of difficulty there are, from 1 on."""

    @classmethod
    def variants(cls) -> Mapping[str, Mapping[str, object]]:
        """Return the settings under which this is a family each, by name; most have one."""
        return {"": {}}

    @abstractmethod
    def pose(self, rng: Random, level: int) -> Posed:
        """Pose one problem; `rng` is the only source of chance.

        Raises:
            TaskError: No problem can be posed at that level.
        """
        raise NotImplementedError
