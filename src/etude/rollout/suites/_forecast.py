"""Candidate, Forecast: what many changed trees do to the tests, judged in one warm process."""

from typing import Literal

import msgspec


class Candidate(msgspec.Struct, frozen=True, kw_only=True):
    """One file changed, and the tests that could notice."""

    id: str
    path: str
    """Relative to the codebase root."""
    text: str
    """The changed file, whole."""
    tests: tuple[str, ...]
    most: int
    """The run may end when more tests than this have failed."""
    limit_s: float
    """For all of its tests together, by the clock."""


class Probe(msgspec.Struct, frozen=True, kw_only=True):
    """Tests to run once on the healthy tree, to learn which of them the warm way can judge by."""

    tests: tuple[str, ...]
    limit_s: float
    most: int = 1_000_000


class Forecast(msgspec.Struct, frozen=True, kw_only=True):
    """What the warm way says of one candidate, or of the healthy tree."""

    outcome: Literal["ran", "time-out", "broken off", "unjudged"]
    failed: dict[str, str] = {}
    """Test -> the beginning of what was said; errors of set-up and tear-down are failures."""
    other: dict[str, str] = {}
    """Tests that were skipped or expected to fail."""
    writers: tuple[str, ...] = ()
    """Of the healthy tree: tests that change its files."""
    spent: dict[str, float] = {}
    """Of the healthy tree: seconds by test."""
    text: str = ""
    """Why it was not judged."""
    duration_s: float = 0.0


class Forecasts(msgspec.Struct, frozen=True, kw_only=True):
    """What one warm process said."""

    by_id: dict[str, Forecast]
    """Candidates that it did not come to are missing."""
    probe: Forecast | None = None
    cold: str = ""
    """Why this codebase cannot be judged the warm way; empty when it can."""
    duration_s: float = 0.0
    warm_up_s: float = 0.0
    """Until the first candidate: imports and collection."""


class Line(msgspec.Struct, kw_only=True):
    """One line of the report of a warm process."""

    event: str
    id: str = ""
    outcome: Literal["ran", "time-out", "broken off", "unjudged", ""] = ""
    failed: dict[str, str] = {}
    other: dict[str, str] = {}
    writers: tuple[str, ...] = ()
    spent: dict[str, float] = {}
    text: str = ""
    duration_s: float = 0.0


def read_forecasts(lines: list[Line], duration_s: float) -> Forecasts:
    """Return what the lines of a report say."""
    by_id: dict[str, Forecast] = {}
    cold, warm = "", False
    for line in lines:
        warm |= line.event == "warm"
        if line.event == "cold":
            cold = line.text
        if line.event == "candidate" and line.outcome:
            by_id[line.id] = Forecast(
                outcome=line.outcome,
                failed=line.failed,
                other=line.other,
                writers=line.writers,
                spent=line.spent,
                text=line.text,
                duration_s=line.duration_s,
            )
    judging_s = sum(found.duration_s for found in by_id.values())
    return Forecasts(
        probe=by_id.pop("", None),
        by_id=by_id,
        cold=cold or ("" if warm else "its tests cannot be collected in one process"),
        duration_s=duration_s,
        warm_up_s=max(0.0, duration_s - judging_s),
    )
