"""ProblemSource: takes problems out of question-and-answer files that others made."""

from abc import abstractmethod
from collections.abc import Iterator
from pathlib import Path

import msgspec

from etude.plugins import Spec
from etude.records import BrokenRecord, CodeTest


class Taken(msgspec.Struct, frozen=True, kw_only=True):
    """One problem as it was found in a file."""

    place: str
    """Where in the file, such as `line 12`, or the file's own id of it."""
    statement: str
    answer: str = ""
    grader: str
    """Name and settings of what judges the answer, as JSON."""
    topic: str = ""
    level: int = 0
    solution: str = ""
    tests: tuple[CodeTest, ...] = ()
    entry: str = ""
    licence: str = ""
    """SPDX expression, where the file says one."""


class ProblemSource(Spec, frozen=True, kw_only=True):
    """Reads files of one layout. Its fields are its settings."""

    @abstractmethod
    def read(self, path: Path) -> Iterator[Taken | BrokenRecord]:
        """Yield every problem of a file, and what could not be read as a problem, with why.

        Raises:
            ConfigError: The file cannot be read at all, or is of another layout.
        """
        raise NotImplementedError
