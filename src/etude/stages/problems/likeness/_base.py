"""Likeness: tells which problems are the same, in one sense of the word."""

from abc import abstractmethod
from collections.abc import Sequence
from typing import ClassVar

from etude.plugins import Spec


class Likeness(Spec, frozen=True, kw_only=True):
    """Finds problems that are alike. Its fields are its settings."""

    reason: ClassVar[str]
    """Why a problem that is like an earlier one is dropped, in a few words."""

    @abstractmethod
    def copies(self, statements: Sequence[str]) -> list[int]:
        """Return for each statement the place of an earlier one that it is like, or -1.

        The place is always one of a statement that is like none before it.
        """
        raise NotImplementedError
