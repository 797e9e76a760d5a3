"""Unit: one function to be judged, and what came of it."""

from collections.abc import Awaitable, Callable
from typing import NamedTuple

import msgspec

from etude.records import Problem, Reference

FUNCTION, CALLS = "function", "calls"


class Refused(Exception):  # noqa: N818  not a failure: the ordinary answer for many functions
    """A function is no problem; the message is the reason it is counted under."""


class Made(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A proved problem in its two parts."""

    problem: Problem
    reference: Reference


class UnitMade(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What one function gave."""

    made: tuple[Made, ...] = ()
    refused: dict[str, int] = {}
    """How many problems were refused, by reason."""


class Unit(NamedTuple):
    """One function to be judged."""

    kind: str
    """`function` or `calls`."""
    key: str
    """Names it among those of its kind and codebase; stable from run to run."""
    make: Callable[[], Awaitable[UnitMade]]
    """Raises `Refused` when nothing comes of it."""
