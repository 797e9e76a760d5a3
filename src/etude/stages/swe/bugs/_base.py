"""BugMaker: proposes ways to break a working codebase."""

from abc import abstractmethod
from collections.abc import Iterator, Sequence
from random import Random

import msgspec

from etude.plugins import Spec
from etude.records import TextFile


class SourceFile(msgspec.Struct, frozen=True, kw_only=True):
    """One file of the project's own code, working."""

    path: str
    """Relative to the codebase root, with forward slashes."""
    text: str
    covered: frozenset[int]
    """Lines that at least one stable test runs, counted from 1."""


class Bug(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """One way to break a codebase."""

    maker: str
    kind: str
    """What sort of mistake it is, such as `off_by_one`."""
    files: tuple[TextFile, ...]
    """The broken files, whole."""
    path: str
    """The file that holds the first change."""
    line: int
    """First changed line of the healthy file, counted from 1."""
    last_line: int
    """Last changed line of the healthy file."""
    function: str
    """Qualified name of the function it is in; empty at module or class level."""


class BugMaker(Spec, frozen=True, kw_only=True):
    """Proposes bugs. Whether a bug is any good is decided by validation."""

    @abstractmethod
    def propose(self, files: Sequence[SourceFile], rng: Random) -> Iterator[Bug]:
        """Yield bugs, spread over files, functions and kinds from the first on; may yield none.

        Lazy: a caller that stops early pays only for what it took. Deterministic: the same files
        and the same `rng` state give the same bugs in the same order.
        """
        raise NotImplementedError
